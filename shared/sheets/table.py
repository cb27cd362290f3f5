"""A file as rows of cells, before anything is known of what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.events.codelists import Label
from shared.events.problems import Problem, problem

from .model import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Cell, SheetFault

MOST_TITLE_ROWS = 30
"""So many rows may stand above the headings."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of cells. `rows` has each row that is not empty with its number, as the spreadsheet counts them (from 1);
    `name` is the worksheet's; `errors` are cells (row, column from 0) whose formula failed."""

    rows: Sequence[tuple[int, tuple[Cell, ...]]]
    name: str | None = None
    notes: tuple[Problem, ...] = ()
    errors: frozenset[tuple[int, int]] = frozenset()


def not_too_large(content: bytes) -> None:
    """Raises SheetFault."""
    if len(content) > MOST_BYTES:
        raise SheetFault(problem("file-too-large", limit=f"{MOST_BYTES // (1024 * 1024)} MB"))


def too_many_rows() -> SheetFault:
    count = f"{MOST_ROWS:,}"
    limit = Label(f"{count.replace(',', '.')} rijen", f"{count} rows")
    return SheetFault(problem("file-too-large", limit=limit))


def too_many_columns() -> SheetFault:
    return SheetFault(problem("file-too-large", limit=Label(f"{MOST_COLUMNS} kolommen", f"{MOST_COLUMNS} columns")))


def unreadable(nl: str, en: str) -> SheetFault:
    return SheetFault(problem("file-unreadable", detail=Label(nl, en)))


def damaged() -> SheetFault:
    return unreadable("het is beschadigd", "it is damaged")


def tidy(row: Sequence[Cell]) -> tuple[Cell, ...]:
    """Without the empty cells behind the last that holds something."""
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return tuple(row[:end])
