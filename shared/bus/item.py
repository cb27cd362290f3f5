"""One event on its way through the engine, and what became of the events of one transaction."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from shared.events.base import Event, Received
from shared.events.envelope import Arrived, Faulty
from shared.events.problems import Problem
from shared.inbox import Key, Outcome
from shared.transaction import Accepted, Refused, Verdict, Waits

from .reactions import Reaction

PLATFORM = "platform"
"""The origin of facts and answers in the inbox."""
AT_THE_DOOR = "partner"
"""The inbox's reaction for all that partners send: one taker, one reaction a type."""
TRIED_OUT = "sandbox"
"""The inbox's reaction for what a partner in the sandbox sends: what it tried out is new once it takes part."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of bus.waiting."""

    id: int
    origin: str
    partner: str | None
    body: bytes
    traceparent: str | None
    received_at: datetime
    expires_at: datetime
    tries: int


@dataclass(slots=True, eq=False)
class Item:
    """One event on its way through the engine. `settled` once its outcome has been committed."""

    arrived: Arrived
    origin: str
    partner: str | None
    queue: str
    redelivered: bool = False
    waiting: Waiting | None = None
    replayed: int | None = None
    reaction: Reaction | None = None
    settled: bool = False
    sandbox: bool = False
    """Its partner tries things out: it is judged and answered, and nothing of it stays."""

    @property
    def event(self) -> Received[Event] | Faulty:
        return self.arrived.event

    @property
    def received(self) -> Received[Event] | None:
        """The event, where it could be read."""
        return self.event if isinstance(self.event, Received) else None

    @property
    def taken_before(self) -> bool:
        """It stands in the inbox because it waited or was set aside, and is run again."""
        return self.waiting is not None or self.replayed is not None

    @property
    def type(self) -> str | None:
        return self.event.data.wire_type() if isinstance(self.event, Received) else self.event.type

    @property
    def subject(self) -> str | None:
        return self.event.data.subject()[:300] if isinstance(self.event, Received) else self.event.subject

    def received_at(self, now: datetime) -> datetime:
        """When it came in; one that could not be read came just now."""
        return self.event.received_at if isinstance(self.event, Received) else now

    @property
    def label(self) -> str:
        """The reaction, for metrics and logs."""
        return self.reaction.name if self.reaction else "-"

    @property
    def reaction_name(self) -> str:
        """The reaction, for the inbox."""
        if self.partner is None:
            return self.label
        return TRIED_OUT if self.sandbox and self.waiting is None else AT_THE_DOOR

    def key(self) -> Key | None:
        """What makes it this event; None if it has no id or source that can be read."""
        if self.event.id is None or self.event.source is None:
            return None
        return Key(self.reaction_name, self.origin, self.event.source, self.event.id)


@dataclass(slots=True)
class Outcomes:
    """What became of the events of one transaction. `ran` holds the reactions that came through."""

    accepted: list[tuple[Item, Accepted]] = field(default_factory=list)
    waits: list[tuple[Item, Waits]] = field(default_factory=list)
    refused: list[tuple[Item, tuple[Problem, ...]]] = field(default_factory=list)
    duplicates: list[tuple[Item, Outcome]] = field(default_factory=list)
    twins: list[tuple[Item, Item]] = field(default_factory=list)
    conflicts: set[Item] = field(default_factory=set)
    ran: set[str] = field(default_factory=set)

    def add(self, item: Item, verdict: Verdict, now: datetime) -> None:
        """One that has waited its time and must wait still is refused for what it waited for."""
        if isinstance(verdict, Waits) and item.waiting is not None and now >= item.waiting.expires_at:
            verdict = Refused(verdict.problem)
        match verdict:
            case Accepted():
                self.accepted.append((item, verdict))
            case Waits():
                self.waits.append((item, verdict))
            case Refused():
                self.refused.append((item, verdict.problems))

    def resolve_twins(self) -> None:
        """An event that came twice in one batch shares the outcome of the first."""
        refused, waits = {item for item, _ in self.refused}, {item for item, _ in self.waits}
        for twin, first in self.twins:
            outcome: Outcome = "refused" if first in refused else "waiting" if first in waits else "done"
            self.duplicates.append((twin, outcome))

    def to_mark(self) -> list[tuple[Key, Outcome]]:
        """What the inbox should say where it does not say `done` already."""
        marks: list[tuple[Key | None, Outcome]] = [(i.key(), "waiting") for i, _ in self.waits]
        marks += [(i.key(), "refused") for i, _ in self.refused if i not in self.conflicts]
        marks += [(i.key(), "done") for i, _ in self.accepted if i.taken_before]
        return [(key, outcome) for key, outcome in marks if key is not None]

    def counts(self) -> Counter[tuple[str, str]]:
        """By (reaction, outcome); an event that goes on waiting is not counted again."""
        counts = Counter((i.label, "done") for i, _ in self.accepted)
        counts.update((i.label, "waiting") for i, _ in self.waits if i.waiting is None)
        counts.update((i.label, "refused") for i, _ in self.refused)
        counts.update((i.label, "duplicate") for i, _ in self.duplicates)
        return counts
