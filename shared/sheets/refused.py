"""Refused rows as a file to mend and send again: as they stood, with one column more that says why (in Dutch).

What a spreadsheet could run as a formula is kept from it: by a quote in front in CSV, by cells of text in Excel. The reader
takes that quote away again.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

from shared.events.problems import Problem

from .cells import DEFUSED, text_of
from .model import WHY, Cell, Row, Sheet

_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
MOST_IN_A_CELL = 32_767
"""Characters, in Excel."""


def refused_as_csv(sheet: Sheet, answered: Mapping[int, Sequence[Problem]] | None = None) -> bytes:
    """The rows with faults, and those (by their number) that the platform refused, with its problems. UTF-8 with a mark and
    semicolons, as Excel in Dutch opens them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    headings, width = _headings(sheet)
    writer.writerow([_defused(text) for text in headings])
    for row, why in _refused(sheet, answered or {}):
        texts = [_defused(text_of(cell)) for cell in row.cells[:width]]
        writer.writerow([*texts, *[""] * (width - len(texts)), _defused(why)])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def refused_as_xlsx(sheet: Sheet, answered: Mapping[int, Sequence[Problem]] | None = None) -> bytes:
    """As `refused_as_csv`, in Excel: numbers stay numbers and dates dates. A cell keeps its first 32,766 characters."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet("Geweigerd")
        bold, as_date = book.add_format({"bold": True}), book.add_format({"num_format": "dd-mm-yyyy"})
        as_moment = book.add_format({"num_format": "dd-mm-yyyy hh:mm:ss"})
        headings, width = _headings(sheet)
        for column, text in enumerate(headings):
            page.write_string(0, column, text[:MOST_IN_A_CELL], bold)
        page.freeze_panes(1, 0)
        page.set_column(width, width, 80)
        for n, (row, why) in enumerate(_refused(sheet, answered or {}), 1):
            for column, cell in enumerate(row.cells[:width]):
                _write(page, n, column, cell, {"date": as_date, "moment": as_moment})
            page.write_string(n, width, why[:MOST_IN_A_CELL])
    return out.getvalue()


def _write(page: Any, row: int, column: int, cell: Cell, formats: Mapping[str, Any]) -> None:
    match cell:
        case None:
            return
        case bool():
            page.write_boolean(row, column, cell)
        case int() | float() if abs(cell) < 1e15:
            page.write_number(row, column, cell)
        case datetime() if cell.year >= 1900:
            page.write_datetime(row, column, cell.replace(tzinfo=None), formats["moment"])
        case date() if cell.year >= 1900:
            page.write_datetime(row, column, cell, formats["date"])
        case _:
            text = text_of(cell)[: MOST_IN_A_CELL - 1]
            page.write_string(row, column, "'" + text if DEFUSED.match(text) else text)  # the reader takes one away


def _headings(sheet: Sheet) -> tuple[list[str], int]:
    """The headings at their places, the last one says why; and how many there are before it. A file that was refused before
    loses its earlier reasons."""
    kept = [c for c in sheet.columns if c.title != WHY.nl]
    width = max((c.index for c in kept), default=-1) + 1
    headings = [""] * width
    for column in kept:
        headings[column.index] = column.heading
    return [*headings, WHY.nl], width


def _refused(sheet: Sheet, answered: Mapping[int, Sequence[Problem]]) -> list[tuple[Row, str]]:
    rows = []
    for row in sheet.rows:
        faults = row.problems or sheet.faults(row, answered.get(row.number, ()))
        if faults:
            reasons = [f"{f.column.heading}: {f.nl}" if f.column else f.nl for f in faults]
            rows.append((row, " | ".join(dict.fromkeys(reasons))))
    return rows


def _defused(text: str) -> str:
    return "'" + text if _FORMULA.match(text) else text
