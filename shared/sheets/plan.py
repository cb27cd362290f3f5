"""What a sheet would change, given what this partner said last; and the events that make it so."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.base import Event
from shared.events.content import content_sha256
from shared.events.envelope import write_event
from shared.events.partner import InitiativeReported, InitiativeWithdrawn

from .model import Row, Sheet

_IDS = uuid.UUID("6f0c1a52-7f0e-5d0c-9c1e-2f5b6a1d8e11")


@dataclass(frozen=True, slots=True)
class Said:
    """What this partner said last of one initiative: the hash of its content (hex), and whether it was withdrawn since."""

    sha256: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of a sheet by what sending them would do. `vanished` are the ids that were said before and no longer stand in
    the file, not even in a row with faults; they are withdrawn only when somebody asks for it."""

    new: tuple[Row, ...] = ()
    changed: tuple[Row, ...] = ()
    same: tuple[Row, ...] = ()
    refused: tuple[Row, ...] = ()
    repeated: tuple[Row, ...] = ()
    vanished: tuple[str, ...] = ()

    @property
    def to_send(self) -> tuple[Row, ...]:
        """In the order of the file."""
        return tuple(sorted((*self.new, *self.changed), key=lambda row: row.number))


def plan(sheet: Sheet, said: Mapping[str, Said]) -> Plan:
    """Sorts the rows. `said` holds what the partner said last, by external id; it is used for initiatives that are reported:
    of other events every row is new. In a file of refused rows nothing vanished: it was never a whole list."""
    parts: dict[str, list[Row]] = {name: [] for name in ("new", "changed", "same", "refused", "repeated")}
    for row in sheet.rows:
        parts[_part(row, said)].append(row)
    reports = sheet.type == InitiativeReported.type and not sheet.of_refused
    there = {row.key for row in sheet.rows}
    vanished = [key for key, word in said.items() if not word.withdrawn and key not in there] if reports else []
    return Plan(**{name: tuple(rows) for name, rows in parts.items()}, vanished=tuple(sorted(vanished)))


def _part(row: Row, said: Mapping[str, Said]) -> str:
    if row.event is None:
        return "refused"
    if row.repeats is not None:
        return "repeated"
    if not isinstance(row.event, InitiativeReported):
        return "new"
    before = said.get(row.event.external_id)
    if before is None:
        return "new"
    return "same" if before.sha256 == sha256_of(row.event) and not before.withdrawn else "changed"


def sha256_of(event: Event) -> str:
    """The hash (hex) of what an event says, as the platform remembers it of a claim."""
    if isinstance(event, InitiativeReported):
        return content_sha256(event).hex()
    return hashlib.sha256(event.model_dump_json(by_alias=True, exclude_none=True).encode()).hexdigest()


def withdrawals(keys: Iterable[str], reason: str) -> list[InitiativeWithdrawn]:
    """The events that withdraw what vanished. Raises pydantic's ValidationError for a reason that is not in the list."""
    return [InitiativeWithdrawn(external_id=key, reason=reason) for key in keys]


def envelopes(events: Sequence[Event], *, source: str, run: str, time: datetime) -> list[dict[str, Any]]:
    """The CloudEvents of one run, in order of `events`.

    `run` is made once for each time that somebody sends a file, and `time` is when: the same run gives the same ids and
    bodies, so that whatever was interrupted can be sent again without being said twice; another run gives other ids, so
    that a value that was changed and changed back is news each time.
    """
    seen: Counter[str] = Counter()
    made = []
    for event in events:
        what = f"{run}/{event.type}/{event.subject()}/{sha256_of(event)}"
        seen[what] += 1
        made.append(write_event(event, source=source, time=time, id=str(uuid.uuid5(_IDS, f"{what}/{seen[what]}"))))
    return made
