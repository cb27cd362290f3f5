"""What comes again after a death or a lost connection, and a world that is away."""

import asyncio

import asyncpg
import pytest

from shared import db
from shared.bus import keep
from shared.bus.engine import MOST_ATTEMPTS

from .conftest import MakeRoom
from .look import count, effects, inbox, wire
from .small.events import order


async def test_a_redelivered_event_is_run_alone_and_set_aside_at_the_third_attempt(small: MakeRoom) -> None:
    """Attempts are committed before they are made: what kills the process each time does not do so for ever."""
    room = await small()
    body = wire(room, order("hallo"), id="killer")
    for _ in range(MOST_ATTEMPTS):  # the process died in each of these
        killer = room.item(body, partner="omzien", origin="omzien")
        await keep.count_attempts(room.database.pool, [killer], room.clock())
    neighbours = [wire(room, order(f"buur {n}"), id=f"n{n}") for n in range(5)]
    items = [
        room.item(b, partner="omzien", origin="omzien", redelivered=True)
        for b in [*neighbours[:2], body, *neighbours[2:]]
    ]
    await room.engine.process(items)
    assert await effects(room) == [f"buur {n}" for n in range(5)]
    [row] = await room.fetch("SELECT event_id, cause FROM bus.set_aside")
    assert dict(row) == {"event_id": "killer", "cause": "process-died"}
    assert await count(room, "attempt") == 0


async def test_after_a_lost_connection_what_comes_again_is_run_together(small: MakeRoom) -> None:
    """Hundreds come again and none is at fault: one transaction, its try written down before; twins are one event still."""
    room = await small()
    bodies = [wire(room, order(f"{n}"), id=f"e{n}") for n in range(50)]
    items = [room.item(b, partner="omzien", origin="omzien", redelivered=True) for b in [*bodies, bodies[0]]]
    await room.engine.process(items)
    assert await effects(room) == [f"{n}" for n in range(50)]
    assert len(await room.fetch("SELECT DISTINCT xmin::text FROM effect")) == 1
    assert await count(room, "attempt") == 0


async def test_after_a_death_they_are_tried_one_by_one(small: MakeRoom) -> None:
    """Each in a transaction of its own, so that only the one that kills is blamed."""
    room = await small()
    items = [
        room.item(wire(room, order(f"{n}")), partner="omzien", origin="omzien", redelivered=True) for n in range(3)
    ]
    await keep.count_attempts(room.database.pool, items, room.clock())  # and then the process died
    await room.engine.process(items)
    assert len(await room.fetch("SELECT DISTINCT xmin::text FROM effect")) == 3
    assert await count(room, "attempt") == 0


async def test_whoever_waits_for_a_lock_is_not_what_kills(small: MakeRoom) -> None:
    """A lock is kept for longer than events are tried: the process lives, and nobody is set aside."""
    room = await small(handler_timeout_s=0.2)
    items = [
        room.item(wire(room, order(f"{n}")), partner="omzien", origin="omzien", redelivered=True) for n in range(3)
    ]
    await keep.count_attempts(room.database.pool, items[:1], room.clock())  # and then the process died
    other = await asyncpg.connect(room.service.settings.database_url)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE effect IN SHARE MODE")
            for _ in range(MOST_ATTEMPTS + 1):
                with pytest.raises(db.WorldAway):
                    await room.engine.process(items)
            assert [r["attempts"] for r in await room.fetch("SELECT attempts FROM bus.attempt")] == [1]
    finally:
        await other.close()
    await room.engine.process(items)
    assert sorted(await effects(room)) == ["0", "1", "2"]
    assert await count(room, "set_aside") == await count(room, "attempt") == 0


async def test_a_redelivered_event_that_was_done_is_a_duplicate(small: MakeRoom) -> None:
    """The process died between commit and acknowledgement: nothing is done twice, and no attempt is counted."""
    room = await small()
    body = wire(room, order("hallo"), id="e1")
    for redelivered in (False, True):
        await room.engine.process([room.item(body, partner="omzien", origin="omzien", redelivered=redelivered)])
    assert await effects(room) == ["hallo"]
    assert await count(room, "attempt") == 0


async def test_what_the_broker_gave_up_is_set_aside_unless_it_was_done(small: MakeRoom) -> None:
    """A dead message may hold events that were done before it died; those stay done."""
    room = await small()
    bodies = [wire(room, order(f"hallo {n}"), id=f"e{n}") for n in range(2)]
    await room.take_raw("omzien", bodies[:1], ["e0"])
    await room.engine.bury([room.item(b, partner="omzien", origin="omzien") for b in bodies])
    assert await inbox(room) == {"e0": "done", "e1": "set-aside"}


async def test_a_world_that_is_away_leaves_nothing_behind(small: MakeRoom) -> None:
    """A deadlock on the third of three: nothing happened to any, and all are done when tried again."""
    room = await small()
    bodies = [wire(room, order(text), id=text) for text in ("een", "twee", "deadlock")]
    items = [room.item(b, partner="omzien", origin="omzien") for b in bodies]
    with pytest.raises(db.WorldAway):
        await room.engine.process(items)
    assert await effects(room) == []
    assert await inbox(room) == {}
    assert not any(i.settled for i in items)


async def test_what_was_settled_before_the_world_went_is_not_done_again(small: MakeRoom) -> None:
    """One by one, after a bad event: the world goes at the third, and the first two are not called duplicates."""
    room = await small()
    texts = ["een", "fail", "deadlock"]
    items = [room.item(wire(room, order(t), id=t), partner="omzien", origin="omzien") for t in texts]
    for _ in range(2):
        with pytest.raises(db.WorldAway):
            await room.engine.process(items)
        assert [i.settled for i in items] == [True, True, False]
    kinds = [type(a).__name__ for a in await room.answers("omzien")]
    assert sorted(kinds) == ["EventAccepted", "EventDelayed"]


async def test_a_lost_connection_is_a_world_that_is_away(small: MakeRoom, postgres: str) -> None:
    """The server ends every session: nothing happened; with a new connection all goes on."""
    room = await small()
    item = room.item(wire(room, order("sleep-on:30"), id="e1"), partner="omzien", origin="omzien")
    running = asyncio.create_task(room.engine.process([item]))
    admin = await asyncpg.connect(postgres)
    try:
        ended = 0
        while not ended:
            ended = await admin.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = $1 AND query LIKE 'SELECT pg_sleep%' AND state = 'active'",
                room.service.settings.database_url.rpartition("/")[2],
            )
            await asyncio.sleep(0.01)
    finally:
        await admin.close()
    with pytest.raises(db.WorldAway):
        await running
    assert (await room.take("omzien", order("hallo"))).outcome == "new"
