"""Excel (.xlsx, .xlsm) and OpenDocument (.ods) workbooks: the values that their cells show, from one worksheet.

Formulas are not computed and macros are not run: what is read is what the spreadsheet last showed.
"""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from shared.events.codelists import Label
from shared.events.problems import Problem, problem

from . import archive, scan
from .cells import cleaned
from .model import Cell, SheetFault
from .table import MOST_TITLE_ROWS, Table, tidy


def read(content: bytes, recognised: Callable[[Sequence[str]], int]) -> Table:
    """The rows of the first visible worksheet with headings that are `recognised`. Raises SheetFault."""
    files = archive.unpacked(content)
    errors: Mapping[str, frozenset[tuple[int, int]]] = {}
    if "xl/workbook.xml" in files:
        scanned = scan.excel(files)
        names = _worksheet_files(files)
        errors = {sheet: frozenset(scanned[f].errors) for sheet, f in names.items() if f in scanned}
    elif "content.xml" in files:
        if b"encryption-data" in files.get("meta-inf/manifest.xml", b""):
            raise SheetFault(problem("file-password"))
        scan.parse(files["content.xml"], scan.OpenDocument())
    else:
        raise SheetFault(problem("file-kind", detail=Label("geen werkmap die wij kennen", "no workbook that we know")))
    notes = (problem("macros"),) if any(name.endswith("vbaproject.bin") for name in files) else ()
    tables = [
        Table(rows, name, errors=errors.get(name, frozenset())) for name, rows in _worksheets(content) if rows
    ]  # fmt: skip
    if not tables:
        raise SheetFault(problem("file-empty"))
    best = max(tables, key=lambda table: _headings(table, recognised))
    unread: list[Problem] = [problem("unread-sheet", value=t.name) for t in tables if t is not best]
    return Table(best.rows, best.name, (*notes, *unread[:20]), best.errors)


def _headings(table: Table, recognised: Callable[[Sequence[str]], int]) -> int:
    tops = (row for _, row in table.rows[:MOST_TITLE_ROWS])
    return max((recognised([c if isinstance(c, str) else "" for c in row]) for row in tops), default=0)


def _worksheets(content: bytes) -> list[tuple[str, list[tuple[int, tuple[Cell, ...]]]]]:
    """Every visible worksheet, with its rows that are not empty."""
    try:
        with CalamineWorkbook.from_filelike(BytesIO(content)) as book:
            return [
                (meta.name, _rows(book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)))
                for meta in book.sheets_metadata
                if meta.typ is SheetTypeEnum.WorkSheet and meta.visible is SheetVisibleEnum.Visible
            ]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a fault inside the library comes as pyo3's PanicException, which is no Exception
        detail = Label("het is beschadigd of geen werkmap", "it is damaged, or no workbook")
        raise SheetFault(problem("file-unreadable", detail=detail)) from error


def _rows(grid: list[list[Any]]) -> list[tuple[int, tuple[Cell, ...]]]:
    rows = ((n, tidy([_cell(value) for value in row])) for n, row in enumerate(grid, 1))
    return [(n, row) for n, row in rows if row]


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return cleaned(value.replace("\r\n", "\n"))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value if isinstance(value, int | float) or hasattr(value, "isoformat") else str(value)


class _Book(scan.Visitor):
    """The names of the worksheets, and where they lie, as workbook.xml and its relations say."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            self.ids[attributes.get("name", "")] = attributes.get("id", "")
        elif name == "Relationship":
            target = attributes.get("Target", "").lower()
            self.targets[attributes.get("Id", "")] = "xl/" + target.removeprefix("/xl/")


def _worksheet_files(files: Mapping[str, bytes]) -> dict[str, str]:
    """From the name of a worksheet to its file in the archive."""
    book = _Book()
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        if part in files:
            scan.parse(files[part], book)
    return {name: book.targets[at] for name, at in book.ids.items() if at in book.targets}
