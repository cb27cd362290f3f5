"""Charts, drawn in a process of their own that ends afterwards: matplotlib never enters the service.

`python -m services.reporting.charts` reads one block of a report per line (JSON) from standard input, and writes its chart per
line (a JSON string of SVG) to standard output, in the same order. The same block always gives the same bytes.
"""

import asyncio
import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from shared.events.questionnaire import DO_NOT_KNOW

INK, SOFT, LINE, GREEN = "#1d2b27", "#4a5752", "#d8d1bf", "#0d5c4b"
SHADES = ("#0d5c4b", "#4f9a7f", "#a9d3bf", "#f4b63f", "#d9772b", "#8a3b12", "#5b5470")
GREY, NOT_SHOWN = "#9aa09c", "#e6e1d3"
WIDTH_IN, LABELS_IN, RIGHT_IN, ROW_IN, TOP_IN, BOTTOM_IN = 7.6, 2.7, 0.5, 0.36, 0.08, 0.32
LEGEND_ROW_IN, LEGEND_COLUMNS = 0.25, 3
MEASURED_IN = "'DejaVu Sans'"
"""The font that matplotlib brings along: the layout is the same on every machine."""
SHOWN_IN = "'Noto Sans', 'Segoe UI', 'Liberation Sans', Arial, 'DejaVu Sans', sans-serif"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


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
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    mpl.rcParams.update({**STYLE, "svg.hashsalt": block["code"]})
    matrix = block["matrix"]
    rows = [t for t in block["tables"] if t["base"]] if matrix else block["tables"][0]["cells"]
    legend_in = LEGEND_ROW_IN * ((len(rows[0]["cells"]) + 1) // LEGEND_COLUMNS + 1) if matrix else 0
    height = TOP_IN + legend_in + ROW_IN * len(rows) + BOTTOM_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    axes = figure.add_axes(
        (LABELS_IN / WIDTH_IN, BOTTOM_IN / height, 1 - (LABELS_IN + RIGHT_IN) / WIDTH_IN, ROW_IN * len(rows) / height)
    )
    (_stacked if matrix else _bars)(axes, rows)
    axes.set_xlim(0, 100)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_axis_off()  # ticks cost two thirds of the time
    axes.vlines(range(0, 101, 25), -0.5, len(rows) - 0.5, color=LINE, linewidth=0.8, zorder=0)
    for share in range(0, 101, 25):
        axes.text(share, len(rows) - 0.35, f"{share}%", ha="center", va="top", color=SOFT)
    for place, row in enumerate(rows):
        lines = textwrap.wrap(row["label"], 32) or [""]
        for nth, line in enumerate(lines):  # each line by itself, so that it ends where it should in any font
            axes.text(-1.5, place + 0.42 * (nth - (len(lines) - 1) / 2), line, ha="right", va="center")
    made = StringIO()
    FigureCanvasSVG(figure).print_svg(  # type: ignore[no-untyped-call]
        made, metadata={"Date": None, "Creator": None, "Title": block["title"]}
    )
    return made.getvalue().replace(MEASURED_IN, SHOWN_IN)


def _bars(axes: Any, cells: Sequence[Mapping[str, Any]]) -> None:
    """A bar for each number that is shown; what is left out has its mark and no bar."""
    shares = [c["percentage"] or 0 for c in cells]
    axes.barh(range(len(cells)), shares, color=GREEN, height=0.66)
    for row, (cell, share) in enumerate(zip(cells, shares, strict=True)):
        text = f"{cell['percentage']}%" if cell["percentage"] is not None else cell["shown"]
        axes.text(share + 1.2, row, text, va="center", color=INK)


def _stacked(axes: Any, tables: Sequence[Mapping[str, Any]]) -> None:
    """A bar for each row, in parts; what is left out is one pale part at the end."""
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
            color=GREY if first["option"] == DO_NOT_KNOW else SHADES[place % len(SHADES)],
            edgecolor="white",
            linewidth=0.8,
            height=0.66,
            label=first["label"],
        )
    known = [sum(100 * (c["number"] or 0) / t["base"] for c in t["cells"]) for t in tables]
    rest = [100 - k if 100 - k > 0.01 else 0 for k in known]
    if any(rest):
        axes.barh(
            range(len(tables)),
            rest,
            left=known,
            color=NOT_SHOWN,
            hatch="///",
            edgecolor="#b9b29c",
            linewidth=0,
            height=0.66,
            label="niet getoond",
        )
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0 + RIGHT_IN / (WIDTH_IN - LABELS_IN - RIGHT_IN), 1.0),
        ncols=LEGEND_COLUMNS,
        frameon=False,
        borderaxespad=0.3,
        columnspacing=1.2,
        handlelength=1.2,
        fontsize=9.5,
    )


def _main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(draw(json.loads(line))) + "\n")


if __name__ == "__main__":
    _main()
