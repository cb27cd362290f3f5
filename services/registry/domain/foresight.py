"""What the taker of an event will say of it, as far as that can be told without its memory: for whoever looks before sending."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.events.alone import faults_alone
from shared.events.base import Event, Received
from shared.events.partner import InitiativeReported
from shared.events.problems import Problem, problem
from shared.sheets import Row, Sheet

from .claims import warnings


def foresee(event: Received[Event]) -> tuple[Sequence[Problem], Sequence[Problem]]:
    """Every fault; or, where there is none, every warning."""
    faults = faults_alone(event)
    if faults:
        return faults, ()
    if isinstance(event.data, InitiativeReported):
        return (), warnings(event.data, event.unknown, year=event.time.year)
    return (), [problem("unknown-field", at) for at in event.unknown]


def foresee_row(sheet: Sheet, row: Row, now: datetime) -> Row:
    """A row of a sheet with what the taker will say of it, each at its column. One that it will refuse has no event."""
    if row.event is None:
        return row
    event: Received[Event] = Received(data=row.event, id="row", source="", partner="row", time=now, received_at=now)
    faults, doubts = foresee(event)
    if faults:
        return replace(row, event=None, problems=sheet.faults(row, faults))
    return replace(row, warnings=(*row.warnings, *sheet.faults(row, doubts)))


def foreseen(sheet: Sheet, now: datetime) -> Sheet:
    """A whole sheet so."""
    return replace(sheet, rows=tuple(foresee_row(sheet, row, now) for row in sheet.rows))
