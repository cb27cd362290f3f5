"""What a partner hands to the platform itself (HTTP, an upload) goes the way of all its events: over the broker, to the taker.

What can be refused without memory is refused here, with the very answer that the taker would have given, and is not
published: its id is free for the event that is mended.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.registry.domain import foresight
from services.registry.gateway import Publisher
from services.registry.store import history
from services.registry.store.history import Sent
from services.registry.store.tokens import TokenOwner
from shared import db
from shared.bus import answers, door
from shared.bus.directory import Partner
from shared.bus.item import Item
from shared.events.base import Event, Received
from shared.events.envelope import Arrived, Faulty
from shared.events.problems import Problem
from shared.logs import get_logger
from shared.transaction import Database

_log = get_logger(__name__)
_ALL_OF_IT = frozenset({"not-json", "too-large", "too-deep", "batch-size", "not-cloudevent", "content-type"})
"""Faults with which nothing of a message can be told apart."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One event of a request, and every fault that can be told without memory."""

    arrived: Arrived
    problems: tuple[Problem, ...]

    @property
    def event(self) -> Received[Event] | Faulty:
        """The event as it was read."""
        return self.arrived.event

    @property
    def readable(self) -> bool:
        """Whether it is an event at all, that an answer can be about."""
        return not (
            isinstance(self.event, Faulty) and any(p.code in _ALL_OF_IT and not p.pointer for p in self.event.problems)
        )


def judge(owner: TokenOwner, arrivals: Sequence[Arrived]) -> list[Judged]:
    """What can be said of these events of a partner before anything is done with them."""
    partner = Partner(owner.name, frozenset(owner.sources), "suspended" if owner.status == "suspended" else "active")
    return [Judged(one, _problems(partner, one)) for one in arrivals]


def foresee(one: Judged) -> tuple[Sequence[Problem], Sequence[Problem]]:
    """The faults and warnings that the taker would find without looking anything up."""
    if isinstance(one.event, Faulty):
        return one.problems, ()
    faults, doubts = foresight.foresee(one.event)
    every = (*one.problems, *faults)
    return every, () if every else doubts


async def take_in(database: Database, publisher: Publisher, partner: str, judged: Sequence[Judged]) -> None:
    """Publishes what is without fault, and answers the rest; returns when the broker has confirmed.

    Raises DoorFull and BrokerAway, and WorldAway; then nothing was answered, and all of it can be sent again.
    """
    by_type: dict[str, list[Judged]] = {}
    for one in judged:
        if not one.problems and isinstance(one.event, Received):
            by_type.setdefault(one.event.data.wire_type(), []).append(one)
    for kind, group in by_type.items():
        await publisher.publish(partner, [_on_the_wire(one.arrived) for one in group], kind)
    try:
        with db.world():
            await _write_down(database, partner, judged)
    except db.WorldAway as error:
        if not by_type:
            raise
        _log.warning("published, and not written down", partner=partner, error=repr(error))


async def _write_down(database: Database, partner: str, judged: Sequence[Judged]) -> None:
    sent = [Sent(e.source, e.id, e.data.wire_type(), _subject(e)) for e in (_good(j) for j in judged) if e]
    refused = [
        (Item(j.arrived, partner, partner, queue="registry.http"), j.problems)
        for j in judged
        if j.problems and j.readable
    ]
    async with database.transaction() as tx:
        if sent:
            await history.set_out(tx, partner, sent)
        await answers.refuse(tx, {partner}, refused)


def _problems(partner: Partner, arrived: Arrived) -> tuple[Problem, ...]:
    event = arrived.event
    faults = event.problems if isinstance(event, Faulty) else ()
    return (*faults, *door.faults_of_sender(partner, event.source))


def _good(one: Judged) -> Received[Event] | None:
    return one.event if isinstance(one.event, Received) and not one.problems else None


def _subject(event: Received[Event]) -> str | None:
    return event.data.subject()[:300] or None


def _on_the_wire(arrived: Arrived) -> bytes:
    """The event with its trace, which is no part of its canonical text."""
    assert arrived.event.traceparent
    return b'{"traceparent":"' + arrived.event.traceparent.encode() + b'",' + arrived.body[1:]
