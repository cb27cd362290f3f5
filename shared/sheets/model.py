"""What a file of rows is read as: columns that were recognised, and rows with the event that each of them says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from shared.events.base import Event
from shared.events.codelists import Label
from shared.events.problems import Problem

Cell = str | int | float | bool | date | datetime | time | None
"""One cell as it stood; None where there was nothing. A CSV file has text only."""

WHY = Label("Waarom geweigerd", "Why refused")
"""The column that a file of refused rows has more; it is passed over when such a file comes back."""
CONSENTS = "/data/contact/consents"
PROOF = {
    "at": Label("Datum toestemming", "Date of consent"),
    "text": Label("Tekst toestemming", "Text of consent"),
}
"""The columns that a consent needs beside its own, by their field."""
MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 500


class SheetFault(Exception):
    """The file as a whole cannot be used, with every reason. Says them in Dutch."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(" ".join(p.nl for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Column:
    """One column with a heading. `pointer` is the field of the event that it fills ("/data/postcode"), None when it was not
    recognised; `title` is what we call such a column. `meant` is the title of the column that it resembles."""

    index: int
    heading: str
    pointer: str | None = None
    title: str | None = None
    meant: str | None = None

    @property
    def letter(self) -> str:
        """As a spreadsheet names it: A, B … AA."""
        n, letters = self.index + 1, ""
        while n:
            n, rest = divmod(n - 1, 26)
            letters = chr(ord("A") + rest) + letters
        return letters


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem of one row, and where in the file it is. `meant` is a value from the list that was probably meant; `advice`
    says in terms of columns what the problem says in those of fields."""

    row: int
    problem: Problem
    column: Column | None = None
    meant: str | None = None
    advice: Label | None = None

    @property
    def cell(self) -> str | None:
        """E12."""
        return f"{self.column.letter}{self.row}" if self.column else None

    @property
    def where(self) -> str:
        """ "rij 12, kolom Postcode (E12)"."""
        return f"rij {self.row}" + (f", kolom {self.column.heading} ({self.cell})" if self.column else "")

    @property
    def where_en(self) -> str:
        """ "row 12, column Postcode (E12)"."""
        return f"row {self.row}" + (f", column {self.column.heading} ({self.cell})" if self.column else "")

    @property
    def nl(self) -> str:
        """What is wrong and what to do, without where."""
        return (self.advice or self.problem).nl + (f" Bedoelde u {self.meant}?" if self.meant else "")

    @property
    def en(self) -> str:
        return (self.advice or self.problem).en + (f" Did you mean {self.meant}?" if self.meant else "")


@dataclass(frozen=True, slots=True)
class Row:
    """One row with something in it. `number` is that of the spreadsheet (the first row is 1); `data` what an event would
    carry; `event` is None when there are faults. `key` is the partner's own id of what the row is about, where it has one.

    A row that says what an earlier row says word for word has `repeats`, the number of that row, and is not sent.
    """

    number: int
    cells: tuple[Cell, ...]
    data: Mapping[str, Any]
    event: Event | None
    problems: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    sources: Mapping[str, Column] | None = None
    """By JSON Pointer, the column from which a part of the data came."""
    repeats: int | None = None

    @property
    def key(self) -> str | None:
        key = self.data.get("externalId")
        return key.strip() or None if isinstance(key, str) else None

    @property
    def name(self) -> str | None:
        """How people know what the row is about."""
        name = self.data.get("name")
        return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was read. `type` is the event type that its rows say (`initiative-reported.v1`); `notes` are warnings about
    the file as a whole: columns that were not recognised, worksheets that were not read, macros that were not run."""

    filename: str
    type: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Problem, ...] = ()

    @property
    def unrecognised(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.pointer is None)

    @property
    def of_refused(self) -> bool:
        """Whether this is a file of refused rows that was given back: part of a list, never all of it."""
        return any(c.title == WHY.nl for c in self.columns)

    @property
    def good(self) -> Iterator[Row]:
        """Rows to be sent."""
        return (r for r in self.rows if r.event is not None and r.repeats is None)

    @property
    def refused(self) -> tuple[Row, ...]:
        return tuple(r for r in self.rows if r.problems)

    def faults(self, row: Row, problems: Sequence[Problem]) -> tuple[Fault, ...]:
        """Problems as the platform says them of the event of a row, each at its column."""
        return tuple(locate(row.number, problem, row.sources or {}, self.columns) for problem in problems)


def locate(row: int, problem: Problem, sources: Mapping[str, Column], columns: Sequence[Column]) -> Fault:
    """A problem at the column from which the faulty value came, else at the column that should have filled the field, or the
    first that should have filled a part of it."""
    at = problem.pointer
    while at.count("/") > 1 or at in sources:
        if at in sources:
            return Fault(row, problem, sources[at], advice=_advice(problem, columns))
        at = at.rpartition("/")[0]
    places = [c for c in columns if c.pointer]
    below = f"{problem.pointer}/" if problem.pointer.count("/") > 1 else None
    column = next((c for c in places if c.pointer == problem.pointer), None)
    if column is None and below is not None:  # a part that this row fills, before one that it leaves empty
        column = next((c for pointer, c in sources.items() if pointer.startswith(below)), None)
    if column is None and below is not None:
        column = next((c for c in places if c.pointer and c.pointer.startswith(below)), None)
    return Fault(row, problem, column, advice=_advice(problem, columns))


def _advice(problem: Problem, columns: Sequence[Column]) -> Label | None:
    """Of what is missing: which column to fill in. Who keeps a list does not know the names of fields."""
    if problem.code != "missing" or not columns:
        return None
    part = problem.pointer.rpartition("/")[2]
    if problem.pointer.startswith(CONSENTS + "/") and part in PROOF:
        names = [[f"'{label[n]}'" for label in PROOF.values()] for n in (0, 1)]
        return Label(
            f"Vul ook de kolommen {' en '.join(names[0])} in: daaruit blijkt dat er toestemming is.",
            f"Fill in the columns {' and '.join(names[1])} too: they show that there is consent.",
        )
    column = next((c for c in columns if c.pointer == problem.pointer), None)
    if column is None:
        return None
    return Label(f"Vul de kolom '{column.heading}' in.", f"Fill in the column '{column.heading}'.")
