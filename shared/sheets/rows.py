"""One row of cells as the data of an event, with for each part the column that it came from."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shared.events.codelists import Label, codelist
from shared.events.problems import problem

from . import cells, moments
from . import choices as named
from .cells import Reading
from .columns import Form, Spec
from .model import CONSENTS, Cell, Column, Fault

_ONE_VALUE: Mapping[Form, Callable[[Cell], Reading]] = {
    Form.LINE: cells.line,
    Form.PROSE: cells.prose,
    Form.COUNT: cells.count,
    Form.NUMBER: cells.number,
    Form.YEAR: moments.year,
    Form.DAY: moments.day,
    Form.MOMENT: moments.moment,
    Form.DIGITS: cells.digits,
    Form.KVK: cells.kvk,
    Form.PHONE: cells.phone,
    Form.MAIL: cells.mail,
    Form.YES_OR_NO: cells.yes_or_no,
}
_PERSONAL = "/data/contact"
_WITH_DEGREE = re.compile(r"^(?P<activity>[^(:]+?)\s*(?:\((?P<brackets>[^)]*)\)|:\s*(?P<colon>.+))$")


@dataclass
class Made:
    """The data of one row as it is built up."""

    row: int
    data: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, Column] = field(default_factory=dict)
    warnings: list[Fault] = field(default_factory=list)
    meant: dict[str, str] = field(default_factory=dict)
    """By pointer, the choice that a text resembles."""

    def put(self, pointer: str, value: Any, column: Column) -> None:
        """Sets the value at a pointer below /data; `a/b` makes an object of `a`."""
        *above, last = pointer.removeprefix("/data/").split("/")
        at = self.data
        for name in above:
            at = at.setdefault(name, {})
        at[last] = value
        self.sources[pointer] = column

    def has(self, pointer: str) -> bool:
        return pointer in self.sources


def build(row: int, values: tuple[Cell, ...], columns: Mapping[int, Column], specs: Mapping[int, Spec]) -> Made:
    """Every cell of a row under the heading that it stands under. Never fails: what cannot be understood keeps its text."""
    made = Made(row)
    consents: dict[str, tuple[Any, Column]] = {}
    for index, spec in specs.items():
        cell = values[index] if index < len(values) else None
        if cell is None or spec.form is Form.IGNORED:
            continue
        if spec.pointer.startswith(CONSENTS + "/"):
            _collect(consents, spec, cell, made, columns[index])
        else:
            _fill(made, spec, cell, columns[index])
    _consents(made, consents)
    contact = made.data.get("contact")
    if contact is not None and contact.keys() <= {"published"}:
        del made.data["contact"]
    return made


def _fill(made: Made, spec: Spec, cell: Cell, column: Column) -> None:
    if spec.form in (Form.NAMES, Form.MANY, Form.ACTIVITIES):
        _fill_list(made, spec, cell, column)
        return
    reading = _read(spec, cell)
    if reading.value is None:
        _say_nothing_read(made, spec, cell, column)
        return
    if made.has(spec.pointer):
        if spec.joins:
            made.put(spec.pointer, f"{made.data[spec.pointer.rpartition('/')[2]]} {reading.value}", column)
        return
    made.put(spec.pointer, reading.value, column)
    _note(made, spec.pointer, reading, cell, column)
    if isinstance(cell, date) and spec.form in (Form.LINE, Form.DIGITS, Form.PHONE):
        made.warnings.append(_fault(made, "became-date", spec.pointer, column, value=cells.text_of(cell)))


def _read(spec: Spec, cell: Cell) -> Reading:
    if spec.form is Form.ONE:
        return named.one_of(cell, spec.choices or {})
    if spec.choices and (code := named.one_of(cell, spec.choices)).value in spec.choices and not code.read_as:
        return code  # a class of numbers, or "weet niet"
    return _ONE_VALUE[spec.form](cell)


def _fill_list(made: Made, spec: Spec, cell: Cell, column: Column) -> None:
    if cells.is_nothing(cell):
        _say_nothing_read(made, spec, cell, column)
        return
    text = cells.text_of(cell)
    if spec.form is Form.NAMES:
        whole = named.one_of(cell, spec.choices or {})
        known = bool(spec.choices) and whole.value in (spec.choices or {})
        made.put(spec.pointer, whole.value if known else named.divided(text, commas=False), column)
        return
    if spec.form is Form.ACTIVITIES:
        readings = [_activity(made, spec, part, n, column) for n, part in enumerate(named.divided(text, commas=True))]
        made.put(spec.pointer, readings, column)
        return
    items: list[Any] = []
    for reading in named.many_of(cell, spec.choices or {}):
        if reading.value not in items:  # the same twice in one cell is the same
            _note(made, f"{spec.pointer}/{len(items)}", reading, text, column)
            items.append(reading.value)
    made.put(spec.pointer, items, column)


def _activity(made: Made, spec: Spec, text: str, n: int, column: Column) -> dict[str, Any]:
    """ "vervoer (met professionele partner)", "vervoer: zelf", or the activity alone."""
    at = f"{spec.pointer}/{n}"
    choices, degree = spec.choices or {}, None
    if named.exact(text, choices) is None and (m := _WITH_DEGREE.match(text[: named.LONGEST_WORDS])):
        found = named.one_of(m["activity"], choices)
        degree = named.one_of(m["brackets"] or m["colon"], codelist("degree"))
    else:
        found = named.one_of(text, choices)
    _note(made, f"{at}/activity", found, text, column)
    if degree is None or degree.value is None:
        return {"activity": found.value}
    _note(made, f"{at}/degree", degree, text, column)
    return {"activity": found.value, "degree": degree.value}


def _collect(consents: dict[str, tuple[Any, Column]], spec: Spec, cell: Cell, made: Made, column: Column) -> None:
    reading = _read(spec, cell)
    if reading.value is not None:
        consents[spec.pointer.rpartition("/")[2]] = reading.value, column
        _note(made, spec.pointer, reading, cell, column)


def _consents(made: Made, given: dict[str, tuple[Any, Column]]) -> None:
    """Permissions as the row says them. A "no" without a date says only that none was given: then there is none to report."""
    proof = {part: given.pop(part) for part in ("at", "text", "channel") if part in given}
    said = [(p, value, column) for p, (value, column) in given.items() if value is not False or "at" in proof]
    if not said:
        return
    made.data.setdefault("contact", {})["consents"] = [
        {"purpose": purpose, "given": value, **{part: of for part, (of, _) in proof.items()}}
        for purpose, value, _ in said
    ]
    for n, (_, _, column) in enumerate(said):
        made.sources[f"{CONSENTS}/{n}"] = column
        made.sources |= {f"{CONSENTS}/{n}/{part}": where for part, (_, where) in proof.items()}


def _note(made: Made, pointer: str, reading: Reading, cell: Cell, column: Column) -> None:
    if reading.meant:
        made.meant[pointer] = reading.meant
    if reading.read_as:
        made.warnings.append(
            _fault(made, "read-as", pointer, column, value=cells.text_of(cell).strip(), now=reading.read_as)
        )


def _say_nothing_read(made: Made, spec: Spec, cell: Cell, column: Column) -> None:
    text = cells.text_of(cell).strip()
    if text and any(c.isalnum() for c in text):
        empty = Label("leeg", "empty")
        made.warnings.append(_fault(made, "read-as", spec.pointer, column, value=text, now=empty))


def _fault(made: Made, code: str, pointer: str, column: Column, *, value: str, **details: Any) -> Fault:
    personal = pointer.startswith(_PERSONAL)
    return Fault(made.row, problem(code, pointer, value=value, personal=personal, **details), column)
