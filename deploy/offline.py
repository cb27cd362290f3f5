"""The answers that the platform would give to a file, as far as it can give them without its memory: no network, no database.

Every judgement is the platform's own: the envelope's reader, the door's look at the sender, and what the takers of each
type check before they look anything up.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from services.registry.domain.foresight import foresee, foresee_row
from shared.bus.directory import Partner
from shared.bus.door import faults_of_sender
from shared.events.base import PREFIX, Received
from shared.events.envelope import EVENT_JSON, Arrived, Faulty, new_id, read_message
from shared.events.problems import Problem, problem
from shared.sheets import Fault, Row, Sheet

NOBODY = "partner"
"""Stands for the partner where the sender did not say who it is."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who would send it. Without `sources` its identity is not looked at."""

    name: str = NOBODY
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judged:
    """What would become of one event. `number` is the line or the row; `where` names it to people, fault by fault."""

    number: int
    id: str | None
    subject: str | None
    problems: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    repeats: int | None = None
    """The line or row that said this very thing before: it is taken once."""

    @property
    def refused(self) -> bool:
        return bool(self.problems)


def judge(arrived: Arrived, sender: Sender) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Every fault and every warning of one event."""
    event = arrived.event
    problems = list(event.problems) if isinstance(event, Faulty) else []
    if sender.sources:
        problems += faults_of_sender(Partner(sender.name, sender.sources, "active"), event.source)
    if isinstance(event, Faulty):
        return tuple(problems), ()
    faults, doubts = foresee(event)
    problems += faults
    return tuple(problems), () if problems else tuple(doubts)


def judge_row(sheet: Sheet, row: Row, now: datetime) -> Judged:
    """One row of a sheet."""
    seen = foresee_row(sheet, row, now)
    subject = row.event.subject() or None if row.event else row.key
    return Judged(row.number, None, subject, seen.problems, seen.warnings, row.repeats)


def judge_lines(content: bytes, sender: Sender, now: datetime, type_: str | None = None) -> Iterator[Judged]:
    """The events of a file with one JSON object a line, or with one list of them. With `type_` the objects are the data
    of such events, without an envelope."""
    seen: dict[tuple[str, str], tuple[int, bytes]] = {}
    for number, line in lines(content):
        body = enveloped(line, sender, type_, now) if type_ else line
        for arrived in read_message(body, EVENT_JSON, {}, partner=sender.name, routing_key=None, now=now):
            yield _judge_line(number, arrived, sender, seen)


def _judge_line(
    number: int, arrived: Arrived, sender: Sender, seen: dict[tuple[str, str], tuple[int, bytes]]
) -> Judged:
    event = arrived.event
    problems, warnings = judge(arrived, sender)
    repeats = None
    if event.id and event.source:
        before = seen.setdefault((event.source, event.id), (number, arrived.sha256))
        if before[1] != arrived.sha256:
            problems = (*problems, problem("same-id-other-body", "/id", value=event.id))
        elif before[0] != number:
            repeats = before[0]
    subject = event.data.subject() or None if isinstance(event, Received) else None
    at = [tuple(Fault(number, p) for p in found) for found in (problems, warnings)]
    return Judged(number, event.id, subject, at[0], at[1], repeats)


def lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line that is not empty with its number; of a file that is one JSON list, each element with its place in it."""
    text = content.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip()[:1] == b"[":
        try:
            elements = from_json(text, allow_inf_nan=False)
        except ValueError:
            pass  # then it is not one list, and its lines tell what is wrong
        else:
            yield from ((n, _dumped(element)) for n, element in enumerate(elements, 1))
            return
    yield from ((n, line.strip()) for n, line in enumerate(text.split(b"\n"), 1) if line.strip())


def enveloped(data: bytes, sender: Sender, type_: str, now: datetime) -> bytes:
    """Bare data as an event. What is no JSON stays as it is: the reader says so."""
    try:
        said = from_json(data, allow_inf_nan=False)
    except ValueError:
        return data
    source = min(sender.sources, default=f"urn:burenbus:partner:{sender.name}")
    envelope: Mapping[str, Any] = {
        "specversion": "1.0",
        "id": new_id(),
        "source": source,
        "type": PREFIX + type_.removeprefix(PREFIX),
        "time": now.isoformat(),
        "data": said,
    }
    return _dumped(envelope)


def _dumped(value: Any) -> bytes:
    import json

    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def by_cause(judged: Collection[Judged]) -> dict[str, list[Fault]]:
    """Faults that say the same, together, one of a row: the most frequent first."""
    found: dict[str, dict[int, Fault]] = {}
    for one in judged:
        for fault in one.problems:
            name = fault.column.heading if fault.column else fault.problem.pointer
            found.setdefault(f"{fault.problem.code} {name}", {}).setdefault(fault.row, fault)
    return dict(sorted(((k, list(v.values())) for k, v in found.items()), key=lambda item: -len(item[1])))
