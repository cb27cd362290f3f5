"""A file, and what is to be sent of it: pure, given what was said before."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from deploy.offline import Judged, Sender, judge_lines, lines
from shared.events.base import Event
from shared.events.envelope import dump_event, split_batches
from shared.events.faults import unknown_fields
from shared.events.partner import InitiativeReported, InitiativeWithdrawn, SurveyResponseSubmitted
from shared.events.problems import Problem, problem
from shared.sheets import Fault, Plan, Row, Said, Sheet, envelopes, plan, sha256_of, withdrawals
from shared.sheets.sheet import judge, same_numbers

JSON_LINES = (".jsonl", ".ndjson", ".json")
BATCH = 100


@dataclass(frozen=True, slots=True)
class Item:
    """One event to be sent, ready for the wire. `number` is its row or line; None of a withdrawal that was asked for."""

    id: str
    type: str
    body: bytes
    number: int | None
    about: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one event: an outcome of `event-accepted`, or `refused`; with faults or warnings."""

    outcome: str
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        return self.outcome == "refused"


@dataclass(frozen=True, slots=True)
class Lines:
    """JSON Lines of whole events: their ids are their own, so there is nothing to compare."""

    good: tuple[Item, ...]
    refused: tuple[Judged, ...]
    repeated: int
    remarks: tuple[Fault, ...] = ()
    """Of the good ones."""


def read_lines(content: bytes, sender: Sender, now: datetime) -> Lines:
    """The events of a file, as they stand there."""
    bodies = dict(lines(content))
    judged = list(judge_lines(content, sender, now))
    good = [one for one in judged if not one.refused and one.repeats is None]
    return Lines(
        tuple(_line_item(one, bodies[one.number]) for one in good),
        tuple(one for one in judged if one.refused),
        sum(1 for one in judged if not one.refused and one.repeats is not None),
        tuple(warning for one in good for warning in one.warnings),
    )


def _line_item(one: Judged, body: bytes) -> Item:
    said = from_json(body)
    return Item(said["id"], said["type"], body, one.number, one.subject or "")


def sheet_of_lines(content: bytes, name: str, type_: str) -> Sheet:
    """JSON Lines of bare data, as if they were the rows of a sheet."""
    rows = []
    for number, line in lines(content):
        try:
            data = from_json(line, allow_inf_nan=False)
        except ValueError:
            data = None
        event, problems = judge(type_, data)
        given: Mapping[str, Any] = data if isinstance(data, dict) else {}
        unknown = unknown_fields(type(event), data, "/data") if event is not None else ()
        faults = tuple(Fault(number, p) for p in problems)
        remarks = tuple(Fault(number, problem("unknown-field", at)) for at in unknown)
        rows.append(Row(number, (), given, event, faults, remarks))
    return Sheet(name, type_, (), tuple(same_numbers(rows, type_)))


def compare(sheet: Sheet, held: Mapping[str, Said] | None, said: Mapping[str, str]) -> Plan:
    """What sending the sheet would change. `held` is what the platform holds, None when it could not be asked; `said` what
    was said from this file before (hashes, by `about`), for what the platform keeps no word of."""
    if sheet.type == InitiativeReported.type:
        return plan(sheet, {key: Said(sha) for key, sha in said.items()} if held is None else held)
    rows = plan(sheet, {})
    if sheet.type == InitiativeWithdrawn.type and held is not None:
        same = [r for r in rows.new if (h := held.get(r.key or "")) and h.withdrawn]
    else:
        same = [r for r, about in zip(rows.new, abouts(rows.new), strict=True) if said.get(about) == _sha(r)]
    numbers = {row.number for row in same}
    new = [row for row in rows.new if row.number not in numbers]
    return Plan(new=tuple(new), same=tuple(same), refused=rows.refused, repeated=rows.repeated)


def abouts(rows: Sequence[Row]) -> list[str]:
    """What each row is about: an initiative, a survey response of one, or itself, the n-th of the same content."""
    seen: Counter[str] = Counter()
    found = []
    for row in rows:
        event = row.event
        if isinstance(event, InitiativeReported | InitiativeWithdrawn):
            about = event.external_id
        elif isinstance(event, SurveyResponseSubmitted):
            whose = event.external_id or event.initiative_id or event.invitation_token
            about = f"{event.campaign_id}/{whose}"
        else:
            about = _sha(row)
        seen[about] += 1
        found.append(about if seen[about] == 1 else f"{about}/{seen[about]}")
    return found


def _sha(row: Row) -> str:
    assert row.event is not None
    return sha256_of(row.event)


def items(rows: Sequence[Row], *, source: str, run: str, time: datetime) -> list[Item]:
    """The events of rows, ready for the wire."""
    events = [row.event for row in rows if row.event is not None]
    made = _made(events, source, run, time)
    return [
        Item(i.id, i.type, i.body, row.number, about, _sha(row))
        for i, row, about in zip(made, rows, abouts(rows), strict=True)
    ]


def missing_items(keys: Sequence[str], reason: str, *, source: str, run: str, time: datetime) -> list[Item]:
    """The withdrawals of what no longer stands in the file."""
    return _made(withdrawals(keys, reason), source, run, time)


def _made(events: Sequence[Event], source: str, run: str, time: datetime) -> list[Item]:
    wires = envelopes(events, source=source, run=run, time=time)
    return [Item(w["id"], w["type"], dump_event(w), None, w["subject"]) for w in wires]


def batches(wanted: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """In their order, as messages of one type that keep the limits."""
    run: list[Item] = []
    for item in [*wanted, None]:
        if run and (item is None or item.type != run[0].type):
            for cut in split_batches([len(i.body) for i in run], limit=BATCH):
                yield run[cut]
            run = []
        if item is not None:
            run.append(item)


def is_lines(file: Path) -> bool:
    return file.suffix.lower() in JSON_LINES
