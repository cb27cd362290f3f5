"""A process may die at any moment of a transaction: the end is that of events that came once, in order, one by one."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.events.envelope import dump_event, write_event
from shared.events.survey import SignalRecorded
from tests.room import NOW, Room, source_of

from .conftest import MakeRoom
from .small.events import initiative, order, response

MOST_DEATHS = 2
"""One more, and an innocent event that was there each time may be taken for the one that kills."""
_LEASE = timedelta(seconds=61)
"""What a process that died had taken from those that wait is then anybody's."""
BECOMES = {
    "hallo": "done",
    "wait:7": "done",
    "refuse:x": "refused",
    "fail": "set-aside",
    "response": "done",
    "closed": "refused",
}


class Died(BaseException):
    """The process is no more; what it had begun on its connection is rolled back by the server."""


@contextlib.contextmanager
def dies_at(statement: int, *, answered: bool) -> Iterator[None]:
    """The process dies at its nth statement: before it was sent, or once it was done and nobody knows (`answered`)."""
    count = 0
    names = ("execute", "executemany", "fetch", "fetchrow", "fetchval")
    usual = {name: getattr(asyncpg.Connection, name) for name in names}

    def deadly(name: str) -> Any:
        async def run(self: Any, *args: Any, **more: Any) -> Any:
            nonlocal count
            count += "pg_advisory_unlock_all" not in str(args[0])  # the pool's own, when it gets a connection back
            mine = count == statement
            if mine and not answered:
                raise Died
            found = await usual[name](self, *args, **more)
            if mine:
                raise Died
            return found

        return run

    for name in names:
        setattr(asyncpg.Connection, name, deadly(name))
    try:
        yield
    finally:
        for name in names:
            setattr(asyncpg.Connection, name, usual[name])


@pytest_asyncio.fixture
async def room(small: MakeRoom) -> AsyncIterator[Room]:
    """Whose connections nobody gives back in the end: those of a process that died."""
    one = await small()
    yield one
    one.database.pool.terminate()


async def empty(room: Room) -> None:
    room.clock.now = NOW
    await room.database.pool.execute(
        "TRUNCATE effect, known, bus.inbox, bus.outbox, bus.waiting, bus.refused, bus.set_aside, bus.attempt"
    )


def wire(room: Room, name: str, text: str) -> bytes:
    said: dict[str, Any] = {"source": source_of("omzien"), "time": NOW, "id": name}
    if text in ("response", "closed"):
        return dump_event(write_event(response(text), **said))
    return dump_event(write_event(order(text), **said))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_dying_anywhere_loses_nothing_and_does_nothing_twice(room: Room, data: st.DataObject) -> None:
    """Events in any order, in batches of any size, some repeated; a process that dies at any statement, before or after
    it, twice at most; what it had not acknowledged is delivered again."""
    await empty(room)
    texts = data.draw(st.lists(st.sampled_from(sorted(BECOMES)), min_size=1, max_size=8))
    named = {f"e{n}": text for n, text in enumerate(texts)}
    bodies = [wire(room, name, text) for name, text in named.items()]
    fact = dump_event(write_event(initiative("7"), source="urn:burenbus:service:registry", time=NOW, id="fact"))
    again = data.draw(st.lists(st.sampled_from(bodies), max_size=3))
    stream = [(body, False) for body in data.draw(st.permutations([*bodies, *again, fact]))]
    deaths = 0
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        batch, stream = stream[:size], stream[size:]
        items = [
            room.item(
                body,
                partner=None if body is fact else "omzien",
                origin="platform" if body is fact else "omzien",
                redelivered=redelivered,
            )
            for body, redelivered in batch
        ]
        dies = deaths < MOST_DEATHS and data.draw(st.booleans())
        try:
            with dies_at(data.draw(st.integers(1, 30)) if dies else 0, answered=data.draw(st.booleans())):
                await room.engine.process(items)
                await room.settle()
        except Died:
            deaths += 1
            room.engine = room.service.use(room.database)
            room.clock.advance(_LEASE)
            stream = [(body, True) for body, _ in batch] + stream
    room.clock.advance(_LEASE)
    await room.settle()
    outcomes = {r["event_id"]: r["outcome"] for r in await room.fetch("SELECT event_id, outcome FROM bus.inbox")}
    assert outcomes == {name: BECOMES[text] for name, text in named.items()} | {"fact": "done"}
    effects = {"hallo": "hallo", "wait:7": "wait:7", "response": "response"}
    done = sorted(effects[text] for text in texts if text in effects)
    assert sorted(r["what"] for r in await room.fetch("SELECT what FROM effect")) == done
    assert len(await room.said(SignalRecorded)) == sum(text in ("hallo", "wait:7") for text in texts)
    for table, outcome in (("refused", "refused"), ("set_aside", "set-aside")):
        kept = [r["event_id"] for r in await room.fetch(f"SELECT event_id FROM bus.{table} ORDER BY event_id")]
        assert kept == sorted(name for name, text in named.items() if BECOMES[text] == outcome)
    assert await room.fetch("SELECT * FROM bus.waiting") == []
    decided = [a for a in await room.answers("omzien") if getattr(a, "outcome", None) not in ("duplicate", None)]
    assert sorted(a.event.id for a in decided) == sorted(n for n, text in named.items() if BECOMES[text] == "done")
