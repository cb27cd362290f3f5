"""Charts as SVG: bars for one table, stacked bars for the rows of a matrix. Text stays text; the same block, the same bytes.

Written out by hand because a publication has some 350 of them: matplotlib took 15 s of a processor for what this does in
a tenth of a second (docs/decisions/0008).
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from shared.events.questionnaire import DO_NOT_KNOW

INK, SOFT, LINE, GREEN = "#1d2b27", "#4a5752", "#d8d1bf", "#0d5c4b"
SHADES = ("#0d5c4b", "#4f9a7f", "#a9d3bf", "#f4b63f", "#d9772b", "#8a3b12", "#5b5470")
GREY, NOT_SHOWN = "#9aa09c", "url(#niet-getoond)"
FONT = "'Noto Sans','Segoe UI','Helvetica Neue','Liberation Sans',Arial,sans-serif"

WIDTH, LABELS, RIGHT = 760, 250, 50
BARS = WIDTH - LABELS - RIGHT
ROW, BAR, LETTER, LINE_HEIGHT = 36, 22, 14, 16
TOP, BOTTOM, LEGEND_ROW, LEGEND_COLUMNS = 8, 30, 24, 3
LABEL_CHARACTERS, LEGEND_CHARACTERS = 34, 30


def draw(block: Mapping[str, Any]) -> str:
    """The chart of one block of a report that has tables."""
    if block["matrix"]:
        rows = [table for table in block["tables"] if table["base"]]
        legend = _legend(rows)
        top = TOP + LEGEND_ROW * -(-len(legend) // LEGEND_COLUMNS)
        body = "".join((*_drawn_legend(legend), *_axis(top, len(rows)), *_stacked(top, rows)))
    else:
        rows, top = block["tables"][0]["cells"], TOP
        body = "".join((*_axis(top, len(rows)), *_bars(top, rows)))
    height = top + ROW * len(rows) + BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="{FONT}" font-size="{LETTER}" fill="{INK}"><title>{escape(block["title"])}</title>'
        '<defs><pattern id="niet-getoond" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path fill="#e6e1d3" d="M0 0h7v7H0z"/><path fill="#b9b29c" d="M0 0h1.4v7H0z"/>'
        f"</pattern></defs>{body}</svg>"
    )


def _axis(top: int, rows: int) -> Iterator[str]:
    """Lines at every quarter, with their percentages beneath."""
    end = top + ROW * rows
    for share in range(0, 101, 25):
        x = _x(share)
        yield f'<path stroke="{LINE}" d="M{x} {top}V{end}"/>'
        yield f'<text x="{x}" y="{end + 18}" text-anchor="middle" fill="{SOFT}">{share}%</text>'


def _bars(top: int, cells: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A bar for each number that is shown; what is left out has its mark and no bar."""
    for place, cell in enumerate(cells):
        middle = top + ROW * place + ROW // 2
        share = cell["percentage"] or 0
        yield from _label(cell["label"], middle)
        yield _bar(0, share, middle, GREEN)
        text = f"{share}%" if cell["percentage"] is not None else cell["shown"]
        yield f'<text x="{LABELS + share * BARS // 100 + 6}" y="{middle + 5}">{escape(text)}</text>'


def _stacked(top: int, tables: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A bar for each row, in parts; what is left out is one hatched part at the end."""
    for place, table in enumerate(tables):
        middle = top + ROW * place + ROW // 2
        yield from _label(table["label"], middle)
        at = 0.0
        for nth, cell in enumerate(table["cells"]):
            share = 100 * (cell["number"] or 0) / table["base"]
            yield _bar(at, share, middle, _shade(nth, cell))
            at += share
        yield _bar(at, 100 - at, middle, NOT_SHOWN)


def _legend(tables: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Which colour is which option; what is left out only where something is."""
    options = [(_shade(nth, cell), cell["label"]) for nth, cell in enumerate(tables[0]["cells"])]
    left_out = any(cell["number"] is None for table in tables for cell in table["cells"])
    return [*options, (NOT_SHOWN, "niet getoond")] if left_out else options


def _drawn_legend(legend: Sequence[tuple[str, str]]) -> Iterator[str]:
    for nth, (shade, label) in enumerate(legend):
        x, y = 4 + WIDTH // LEGEND_COLUMNS * (nth % LEGEND_COLUMNS), TOP + LEGEND_ROW * (nth // LEGEND_COLUMNS)
        yield f'<path fill="{shade}" d="M{x} {y}h14v14h-14z"/>'
        yield f'<text x="{x + 22}" y="{y + 12}">{escape(textwrap.shorten(label, LEGEND_CHARACTERS, placeholder="…"))}</text>'


def _label(label: str, middle: int) -> Iterator[str]:
    lines = textwrap.wrap(label, LABEL_CHARACTERS) or [""]
    first = middle + 5 - LINE_HEIGHT * (len(lines) - 1) / 2
    for nth, line in enumerate(lines):
        yield f'<text x="{LABELS - 8}" y="{first + LINE_HEIGHT * nth:g}" text-anchor="end">{escape(line)}</text>'


def _bar(start: float, share: float, middle: int, shade: str) -> str:
    if round(share * BARS / 100, 1) <= 0:
        return ""
    return f'<path fill="{shade}" stroke="#fff" d="M{_x(start)} {middle - BAR // 2}H{_x(start + share)}v{BAR}H{_x(start)}z"/>'


def _shade(nth: int, cell: Mapping[str, Any]) -> str:
    return GREY if cell["option"] == DO_NOT_KNOW else SHADES[nth % len(SHADES)]


def _x(share: float) -> str:
    """Where a percentage lies, in pixels."""
    return f"{LABELS + share * BARS / 100:.1f}".removesuffix(".0")
