"""From the bytes of a file to its rows, each as an event or with every fault."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.events.base import PREFIX, Received
from shared.events.codelists import Label
from shared.events.envelope import read_event
from shared.events.partner import InitiativeReported, InitiativeWithdrawn
from shared.events.problems import Problem, problem

from . import archive, csvfile, headings, rows, sums, workbook
from .headings import Headings
from .model import CONSENTS, MOST_ROWS, Column, Fault, Row, Sheet, SheetFault, locate
from .table import Table, not_too_large, too_many_rows

MOST_NAMED = 10
"""Rows that are named in one fault."""
_ANY_MOMENT = datetime(2020, 1, 1, tzinfo=UTC)
_HTML = re.compile(rb"^\s*(<!doctype html|<html|<table|<\?xml)", re.IGNORECASE)


def read(
    content: bytes,
    filename: str,
    *,
    type: str | None = None,  # noqa: A002
    constants: Mapping[str, Any] | None = None,
) -> Sheet:
    """The rows of a CSV, Excel (.xlsx, .xlsm) or OpenDocument (.ods) file; what it is, is told by what is in it.

    `type` is the event type (`initiative-reported.v1`) when the sender says it; else it is told by the headings.
    `constants` are fields that every row gets where it says nothing itself (`{"campaignId": …}`).
    Raises SheetFault, and nothing else, for whatever keeps the file as a whole from being used.
    """
    not_too_large(content)
    archive.refuse_old(content)
    if archive.is_archive(content):
        table = workbook.read(content, headings.known_in)
    elif _HTML.match(content[:500]) or content[:4] == b"%PDF":
        detail = Label("een webpagina of een ander document", "a web page or another document")
        raise SheetFault(problem("file-kind", detail=detail))
    else:
        table = csvfile.read(content, headings.known_in)
    if not table.rows:
        raise SheetFault(problem("file-empty"))
    found = headings.find(table, type, set(constants or ()))
    body, sums_told = sums.passed_over((number, cells) for number, cells in table.rows if number > found.row)
    if len(body) > MOST_ROWS:
        raise too_many_rows()
    if not body:
        raise SheetFault(problem("file-empty"))
    columns = {c.index: c for c in found.columns}
    read_rows = [_row(number, cells, columns, found, table, constants or {}) for number, cells in body]
    numbered = next((c for c in found.columns if c.pointer == "/data/externalId"), None)
    notes = (*table.notes, *found.notes, *sums_told, *_consent_note(found), *_outside(body, columns))
    return Sheet(filename, found.type, found.columns, tuple(same_numbers(read_rows, found.type, numbered)), notes)


def _row(
    number: int,
    cells: tuple[Any, ...],
    columns: Mapping[int, Column],
    found: Headings,
    table: Table,
    constants: Mapping[str, Any],
) -> Row:
    made = rows.build(number, cells, columns, found.specs)
    data = {**constants, **made.data}
    event, problems = judge(found.type, data)
    faults = tuple(
        replace(locate(number, p, made.sources, found.columns), meant=made.meant.get(p.pointer)) for p in problems
    )
    failed = [
        Fault(number, problem("formula-error", column.pointer), column)
        for index, column in columns.items()
        if column.pointer and (number, index) in table.errors
    ]
    return Row(number, cells, data, event, faults, (*made.warnings, *failed), made.sources)


def judge(kind: str, data: Mapping[str, Any]) -> tuple[Any, tuple[Problem, ...]]:
    """The event that carries these data, or every fault, by the function that the platform itself judges events with."""
    envelope = {
        "specversion": "1.0",
        "id": "row",
        "source": "urn:burenbus:partner:row",
        "type": PREFIX + kind,
        "time": _ANY_MOMENT.isoformat(),
        "data": data,
    }
    event = read_event(envelope, partner="row", routing_key=None, now=_ANY_MOMENT).event
    return (event.data, ()) if isinstance(event, Received) else (None, event.problems)


def _consent_note(found: Headings) -> Sequence[Problem]:
    pointers = {spec.pointer for spec in found.specs.values()}
    asks = "/data/contact/email" in pointers and "/data/contact/published" not in pointers
    return (problem("no-consent-columns"),) if asks and not any(p.startswith(CONSENTS) for p in pointers) else ()


def _outside(body: Sequence[tuple[int, tuple[Any, ...]]], columns: Mapping[int, Column]) -> Sequence[Problem]:
    """Cells that stand under no heading at all."""
    places = (
        Column(i, "").letter + str(n)
        for n, cells in body
        for i, c in enumerate(cells)
        if c is not None and i not in columns
    )
    some = [place for place, _ in zip(places, range(4), strict=False)]
    return (problem("outside-columns", value=", ".join(some[:3]) + (" …" if len(some) > 3 else "")),) if some else ()


def same_numbers(rows_: Sequence[Row], kind: str, column: Column | None = None) -> list[Row]:
    """One number in two rows: either they say the same, and the first is enough, or nobody can tell which one holds.

    `column` is where the number stands; `kind` the event type.
    """
    if kind not in (InitiativeReported.type, InitiativeWithdrawn.type):
        return list(rows_)
    by_key: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows_:
        if row.key:
            by_key[row.key].append(row)
    result = []
    for row in rows_:
        twins = by_key[row.key] if row.key else [row]
        if len(twins) == 1:
            result.append(row)
        elif all(t.data == row.data for t in twins):
            result.append(row if row is twins[0] else replace(row, repeats=twins[0].number))
        else:
            numbers = ", ".join(str(t.number) for t in twins[:MOST_NAMED]) + (" …" if len(twins) > MOST_NAMED else "")
            fault = problem("same-number", "/data/externalId", value=row.key, rows=numbers)
            result.append(replace(row, event=None, problems=(*row.problems, Fault(row.number, fault, column))))
    return result
