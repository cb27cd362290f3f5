"""Charts, drawn in a process of their own that ends afterwards: matplotlib never enters the service.

`python -m services.reporting.charts` reads one block of a report per line (JSON) from standard input, and writes its chart per
line (a JSON string of SVG) to standard output, in the same order. The same block always gives the same bytes.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

INK, SOFT, LINE, GREEN = "#1d2b27", "#4a5752", "#d8d1bf", "#0d5c4b"
SHADES = ("#0d5c4b", "#4f9a7f", "#a9d3bf", "#f4b63f", "#d9772b", "#8a3b12", "#5b5470")
UNKNOWN = "#e6e1d3"
WIDTH_IN, ROW_IN, EDGE_IN = 7.2, 0.34, 0.75


class ChartsFailed(RuntimeError):
    """The process that draws gave an error, or fewer charts than blocks."""


async def draw_all(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """An SVG for each block, drawn by processes that end when this returns. Raises ChartsFailed."""
    half = (len(blocks) + 1) // 2
    parts = await asyncio.gather(*(_worker(part) for part in (blocks[:half], blocks[half:]) if part))
    return [svg for part in parts for svg in part]


async def _worker(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.reporting.charts",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    lines = "".join(json.dumps(block) + "\n" for block in blocks)
    out, err = await process.communicate(lines.encode())
    charts = [json.loads(line) for line in out.splitlines()]
    if process.returncode or len(charts) != len(blocks):
        raise ChartsFailed(err.decode(errors="replace")[-2000:] or f"{len(charts)} charts for {len(blocks)} blocks")
    return charts


def draw(block: Mapping[str, Any]) -> str:
    """One chart, as SVG: bars for one table, stacked bars for the rows of a matrix."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib.figure import Figure

    mpl.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": block["code"],
            "font.family": ["Liberation Sans", "Arial", "Helvetica", "DejaVu Sans", "sans-serif"],
            "font.size": 10.5,
            "text.color": INK,
            "axes.labelcolor": INK,
            "xtick.color": SOFT,
            "ytick.color": INK,
        }
    )
    rows = [t for t in block["tables"] if t["base"]] if block["matrix"] else block["tables"][0]["cells"]
    figure = Figure(figsize=(WIDTH_IN, EDGE_IN + ROW_IN * max(len(rows), 1) + (0.35 if block["matrix"] else 0)))
    axes = figure.add_subplot()
    (_stacked if block["matrix"] else _bars)(axes, rows)
    axes.set_xlim(0, 100 if block["matrix"] else 112)
    axes.xaxis.set_major_formatter("{x:.0f}%")
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.invert_yaxis()
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    made = StringIO()
    figure.savefig(
        made,
        format="svg",
        bbox_inches="tight",
        pad_inches=0.08,
        transparent=True,
        metadata={"Date": None, "Creator": None, "Title": block["title"]},
    )
    return made.getvalue()


def _bars(axes: Any, cells: Sequence[Mapping[str, Any]]) -> None:
    """A bar for each number that is shown; what is left out has its mark and no bar."""
    shares = [c["percentage"] or 0 for c in cells]
    axes.barh(range(len(cells)), shares, color=GREEN, height=0.66)
    axes.set_yticks(range(len(cells)), [_wrapped(c["label"]) for c in cells])
    for row, (cell, share) in enumerate(zip(cells, shares, strict=True)):
        text = f"{cell['percentage']}%" if cell["percentage"] is not None else cell["shown"]
        axes.text(share + 1.2, row, text, va="center", color=INK)


def _stacked(axes: Any, tables: Sequence[Mapping[str, Any]]) -> None:
    """A bar for each row, in parts; what is left out is one pale part at the end."""
    axes.set_yticks(range(len(tables)), [_wrapped(t["label"]) for t in tables])
    if not tables:
        return
    for place, first in enumerate(tables[0]["cells"]):
        starts, shares = [], []
        for table in tables:
            parts = [100 * (c["number"] or 0) / table["base"] for c in table["cells"]]
            starts.append(sum(parts[:place]))
            shares.append(parts[place])
        axes.barh(
            range(len(tables)),
            shares,
            left=starts,
            color=SHADES[place % len(SHADES)],
            edgecolor="white",
            linewidth=0.8,
            height=0.66,
            label=_wrapped(first["label"], 40),
        )
    known = [sum(100 * (c["number"] or 0) / t["base"] for c in t["cells"]) for t in tables]
    rest = [100 - k if 100 - k > 0.01 else 0 for k in known]
    if any(rest):
        axes.barh(
            range(len(tables)),
            rest,
            left=known,
            color=UNKNOWN,
            hatch="///",
            edgecolor="#b9b29c",
            linewidth=0,
            height=0.66,
            label="niet getoond",
        )
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False, borderaxespad=0.2, fontsize=9.5)


def _wrapped(label: str, width: int = 34) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(label, width)) or label


def _main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(draw(json.loads(line))) + "\n")


if __name__ == "__main__":
    _main()
