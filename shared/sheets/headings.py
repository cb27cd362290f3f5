"""The row of headings found, and every column told: what it fills, or what it may have been meant for."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.events.codelists import Label
from shared.events.problems import Problem, problem

from .cells import plain, text_of
from .choices import nearest
from .columns import COLUMNS, Form, Spec
from .model import Cell, Column, SheetFault
from .recognising import by_heading, recognise
from .table import MOST_TITLE_ROWS, Table

FEWEST = 2
"""Headings that are recognised in the row that is taken for the headings: a title may hold one such word by chance."""


@dataclass(frozen=True, slots=True)
class Headings:
    """Which row holds them, and the columns in their order; `specs` says how a recognised one is read."""

    type: str
    row: int
    columns: tuple[Column, ...]
    specs: Mapping[int, Spec]
    notes: tuple[Problem, ...]


def known_in(row: Sequence[str]) -> int:
    """How many different columns are recognised in a row, for the event type that knows most of them."""
    return max(_score(row, kind)[0] for kind in COLUMNS)


def find(table: Table, kind: str | None, given: Collection[str] = ()) -> Headings:
    """The headings of a table. `kind` is the event type when the sender said it, else that which fits best; `given` are
    fields that are known without a column.

    Raises SheetFault, with everything that keeps all rows from being used.
    """
    best: tuple[int, int, int, str] = (0, 0, 0, "")
    for n, (_, cells) in enumerate(table.rows[:MOST_TITLE_ROWS]):
        texts = [cell if isinstance(cell, str) else "" for cell in cells]
        for order, name in enumerate(COLUMNS):
            if kind in (None, name):
                found, needed = _score(texts, name)
                # of two types that know as many headings, that of which none is missing; the most usual first
                best = max(best, (found + needed, -n, -order, name))
    _, at, _, name = best
    row, cells = table.rows[-at]
    if not name or _score([text_of(cell) for cell in cells], name)[0] < FEWEST:
        raise SheetFault(_none(kind))
    return _headings(row, cells, name, given)


def _none(kind: str | None) -> Problem:
    titles = [spec.title for spec in COLUMNS[kind or next(iter(COLUMNS))]() if spec.form is not Form.IGNORED][:8]
    return problem("no-headings", known=[t.nl for t in titles])


def _score(row: Sequence[str], kind: str) -> tuple[int, int]:
    specs = {spec.pointer: spec for text in row if text.strip() and (spec := recognise(text, kind))}
    return len(specs), sum(1 for spec in specs.values() if spec.required)


def _headings(row: int, cells: Sequence[Cell], kind: str, given: Collection[str]) -> Headings:
    columns: list[Column] = []
    specs: dict[int, Spec] = {}
    at: defaultdict[Spec, list[Column]] = defaultdict(list)
    for index, cell in enumerate(cells):
        heading = " ".join(text_of(cell).split())
        if not heading:
            continue
        spec = recognise(heading, kind)
        if spec is None:
            columns.append(Column(index, heading, meant=_resembled(heading, kind)))
            continue
        columns.append(Column(index, heading, spec.pointer, spec.title.nl))
        specs[index] = spec
        at[spec].append(columns[-1])
    faults = [
        problem("missing-column", spec.pointer, column=spec.title, detail=spec.required)
        for spec in COLUMNS[kind]()
        if spec.required and spec not in at and spec.pointer.removeprefix("/data/") not in given
    ]
    passed_over = {column: titled for spec, found in at.items() for column, titled in _outdone(spec, found).items()}
    for spec, found in at.items():
        at[spec] = [column for column in found if column not in passed_over]
    columns = [Column(c.index, c.heading) if c in passed_over else c for c in columns]
    specs = {index: spec for index, spec in specs.items() if index not in {c.index for c in passed_over}}
    several = {spec: found for spec, found in at.items() if len(found) > 1 and spec.form is not Form.IGNORED}
    faults += [
        problem("column-twice", spec.pointer, column=spec.title, value=_named(found))
        for spec, found in several.items()
        if not spec.parts
    ]
    instead = {column.index: titled for column, titled in passed_over.items()}
    unknown = [_unknown(column, instead.get(column.index)) for column in columns if column.pointer is None]
    if faults:
        raise SheetFault(*faults, *unknown)
    notes = [problem("columns-together", spec.pointer, value=_named(found)) for spec, found in several.items()]
    return Headings(kind, row, tuple(columns), specs, (*notes, *unknown))


def _named(columns: Sequence[Column]) -> str:
    return ", ".join(f"{c.heading} ({c.letter})" for c in columns)


def _outdone(spec: Spec, found: Sequence[Column]) -> Mapping[Column, Column]:
    """Columns that are called otherwise, beside one that has the very title: that one counts. Of two numbers nobody can tell
    which is the initiative's, and a "Naam" beside an "Organisatie" may be a person's; where several may fill a field, all count.
    """
    titled = [c for c in found if plain(c.heading) in (plain(spec.title.nl), plain(spec.title.en))]
    if len(titled) != 1 or spec.parts or spec.joins or spec.required or spec.form is Form.IGNORED:
        return {}
    return {column: titled[0] for column in found if column is not titled[0]}


def _unknown(column: Column, instead: Column | None) -> Problem:
    detail = Label("", "")
    if instead:
        name = _named([instead])
        detail = Label(f" Daarvoor telt de kolom {name}.", f" Column {name} is used for that.")
    elif column.meant:
        detail = Label(f" Bedoelde u {column.meant}?", f" Did you mean {column.meant}?")
    return problem("unknown-column", value=f"{column.heading} ({column.letter})", detail=detail)


def _resembled(heading: str, kind: str) -> str | None:
    return nearest(
        heading, {name: spec.title.nl for name, spec in by_heading(kind).items() if len(name) > 3 and plain(name)}
    )
