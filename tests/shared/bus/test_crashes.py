"""A process may die at any await of the engine: the end is that of events that came once, in order, one by one."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import db
from shared.bus.engine import Engine
from shared.events.envelope import dump_event, join_batch, write_event
from shared.transaction import Database
from tests.room import NOW, Room, source_of
from tests.waiting import until

from .conftest import MakeRoom
from .endstate import EndState, clear, end_state
from .mortal import Life
from .small.events import initiative, order, response

MOST_DEATHS = 2
"""One more, and an innocent event that was there each time may be taken for the one that kills."""
LEASE = timedelta(seconds=61)
"""What a process that died had taken from those that wait is then anybody's."""
TEXTS = ["closed", "fail", "hallo", "refuse:x", "response", "wait:7"]
FACT = "fact"
MORTAL = "mortal"
Delivery = tuple[str, bytes, bool]
"""Id, body, and whether it came before."""


@pytest_asyncio.fixture
async def room(small: MakeRoom) -> Room:
    return await small()


def body_of(name: str, text: str) -> bytes:
    """The event of this name; FACT is the fact that "wait:7" waits for."""
    if name == FACT:
        return dump_event(write_event(initiative("7"), source="urn:burenbus:service:registry", time=NOW, id=FACT))
    said: dict[str, Any] = {"source": source_of("omzien"), "time": NOW, "id": name}
    data = response(text) if text in ("response", "closed") else order(text)
    return dump_event(write_event(data, **said))


async def live(room: Room, batches: Sequence[Sequence[Delivery]], life: Life) -> int:
    """A process on connections of its own takes batches, and what waits; gives how many batches it could acknowledge."""
    acknowledged = 0

    async def process(url: str) -> None:
        nonlocal acknowledged
        pool = await db.create_pool(url, max_size=2, application=MORTAL)
        try:
            database = Database(pool, service="survey", clock=room.clock)
            engine = Engine(database, room.service.reactions, clock=room.clock, telemetry=room.service.telemetry)
            life.begin()
            for batch in batches:
                await engine.process([_item(room, *delivery) for delivery in batch])
                acknowledged += 1
                while await engine.retry_waiting():
                    pass
        finally:
            pool.terminate()

    await life.live(process, room.service.settings.database_url)
    await until(lambda: _gone(room), "the server has noticed that the process is gone")
    return acknowledged


def _item(room: Room, name: str, body: bytes, redelivered: bool) -> Any:
    partner = None if name == FACT else "omzien"
    return room.item(body, partner=partner, origin=partner or "platform", redelivered=redelivered)


async def _gone(room: Room) -> bool:
    return not await room.database.pool.fetchval(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1)",
        MORTAL,
    )


async def take(room: Room, batch: Sequence[Delivery]) -> None:
    """A process that does not die takes a batch, and what waits."""
    room.engine = room.service.use(room.database)
    await room.engine.process([_item(room, *delivery) for delivery in batch])
    await room.settle()


async def undisturbed(room: Room, events: dict[str, str]) -> EndState:
    """The fact first, each event once and by itself, and nobody dies."""
    await begin_anew(room)
    for name in sorted(events, key=lambda name: name != FACT):
        await take(room, [first_time(name, events[name])])
    return await end(room)


async def begin_anew(room: Room) -> None:
    room.clock.now = NOW
    await clear(room.database.pool)


async def end(room: Room) -> EndState:
    rows = await room.database.pool.fetch("SELECT body FROM bus.outbox")
    return await end_state(
        room.database.pool, [event for row in rows for event in json.loads(join_batch([row["body"]]))]
    )


def first_time(name: str, text: str) -> Delivery:
    return name, body_of(name, text), False


def again(batches: Sequence[Sequence[Delivery]]) -> list[Delivery]:
    return [(name, body, True) for batch in batches for name, body, _ in batch]


ONE_OF_EACH = {
    "a batch that succeeds": [["response", "hallo", "refuse:x", "closed"]],
    "a batch that fails, and is run one by one": [["hallo", "fail"]],
    "one that waits, and what it waits for": [["wait:7"], [FACT]],
}


@pytest.mark.parametrize("texts", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
async def test_dying_at_every_await(room: Room, texts: list[list[str]]) -> None:
    """The process dies at its first await, at its second, and so on to the last: each time what it had not acknowledged
    comes again, and the end is the same."""
    events = {text: text for batch in texts for text in batch}
    batches = [[first_time(text, text) for text in batch] for batch in texts]
    expected = await undisturbed(room, events)
    await begin_anew(room)
    whole = Life()
    assert await live(room, batches, whole) == len(batches)
    assert await end(room) == expected
    assert whole.awaits >= 20
    for dies_at in range(1, whole.awaits + 1):
        await begin_anew(room)
        done = await live(room, batches, Life(dies_at))
        room.clock.advance(LEASE)
        await take(room, again(batches[done:]))
        assert await end(room) == expected, f"died at await {dies_at} of {whole.awaits}"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
async def test_dying_anywhere_loses_nothing_and_does_nothing_twice(room: Room, data: st.DataObject) -> None:
    """Events in any order, in batches of any size, some repeated, and a process that dies anywhere, twice at most."""
    texts = data.draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8), label="texts")
    events = {f"e{n}": text for n, text in enumerate(texts)} | {FACT: ""}
    deliveries = [first_time(name, text) for name, text in events.items()]
    more = data.draw(st.lists(st.sampled_from(deliveries), max_size=4), label="again")
    left = list(data.draw(st.permutations(deliveries + more), label="order"))
    expected = await undisturbed(room, events)
    await begin_anew(room)
    for _ in range(data.draw(st.integers(0, MOST_DEATHS), label="deaths")):
        batches = _cut(left, data)
        life = Life(data.draw(st.integers(1, 80), label="dies at"), answered=data.draw(st.booleans(), label="answered"))
        left = again(batches[await live(room, batches, life) :])
        room.clock.advance(LEASE)
    for batch in _cut(left, data):
        await take(room, batch)
    await take(room, [])
    assert await end(room) == expected


def _cut(deliveries: list[Delivery], data: st.DataObject) -> list[list[Delivery]]:
    batches = []
    while deliveries:
        size = data.draw(st.integers(1, len(deliveries)), label="size")
        batches.append(deliveries[:size])
        deliveries = deliveries[size:]
    return batches
