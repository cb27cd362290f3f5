"""What was set aside: run again through its own reaction with what came in, or dropped with an answer."""

import asyncio

import asyncpg
import pytest

from shared import db
from shared.bus import dead
from tests.room import Room

from .conftest import MakeRoom
from .small import handlers
from .small.events import initiative, order


async def set_aside(room: Room, *texts: str) -> list[int]:
    handlers.BROKEN["now"] = True
    for n, text in enumerate(texts):
        answer = await room.take("omzien", order(f"while-broken:{text}"), id=f"e{n}")
        assert answer.type == "event-delayed.v1"
    async with room.tx() as tx:
        return [row.id for row in await dead.listed(tx)]


async def test_what_is_run_again_is_answered(small: MakeRoom) -> None:
    """Once mended it is done with its own payload, once, and the partner hears what became of it."""
    room = await small()
    [row] = await set_aside(room, "hallo")
    handlers.BROKEN["now"] = False
    async with room.tx() as tx:
        assert await dead.ask_replay(tx, [row], "els") == 1
    assert await room.engine.retry_replays() == 1
    assert [e["what"] for e in await room.fetch("SELECT what FROM effect")] == ["while-broken:hallo"]
    assert [a.type for a in await room.answers("omzien")] == ["event-delayed.v1", "event-accepted.v1"]
    async with room.tx() as tx:
        assert await dead.listed(tx) == []
    assert await room.engine.retry_replays() == 0


async def test_what_fails_again_stays(small: MakeRoom) -> None:
    """With how often it failed; it is not tried again by itself, and the partner is told nothing new."""
    room = await small()
    [row] = await set_aside(room, "hallo")
    async with room.tx() as tx:
        await dead.ask_replay(tx, [row], "els")
    assert await room.engine.retry_replays() == 1
    assert await room.engine.retry_replays() == 0
    async with room.tx() as tx:
        [left] = await dead.listed(tx)
    assert (left.id, left.times, left.replay_at, left.replay_by) == (row, 2, None, "els")
    assert len(await room.answers("omzien")) == 1


async def test_a_row_of_replays_that_fail_pauses_nothing(small: MakeRoom) -> None:
    """The operator tries twelve, all fail: that says nothing about the queue."""
    room = await small()
    handlers.BROKEN["now"] = True
    rows = []
    for n in range(12):
        if n == 6:
            await room.take("omzien", order("hallo"), id="good")
        await room.take("omzien", order(f"while-broken:{n}"), id=f"e{n}")
    await room.take("omzien", order("hallo"), id="good too")
    async with room.tx() as tx:
        rows = [row.id for row in await dead.listed(tx)]
        await dead.ask_replay(tx, rows, "els")
    assert await room.engine.retry_replays() == 12
    report = await room.engine.process([room.item(b"{}", partner="omzien", origin="omzien")])
    assert report.paused == set()
    assert await room.fetch("SELECT true FROM bus.set_aside WHERE pausing") == []


async def test_two_replicas_run_it_once(small: MakeRoom) -> None:
    """Both hold the same event at the same time: the second finds it finished."""
    one, other = await small(), await small()
    [row] = await set_aside(one, "hallo")
    handlers.BROKEN["now"] = False
    await asyncio.gather(one.engine.replay([row]), other.engine.replay([row]))
    assert [e["what"] for e in await one.fetch("SELECT what FROM effect")] == ["while-broken:hallo"]
    assert len(await one.answers("omzien")) == 2


async def test_a_replay_that_never_ends_is_given_up(small: MakeRoom) -> None:
    """Its process dies each time: after the third begin it waits for the operator again."""
    room = await small()
    [row] = await set_aside(room, "hallo")
    async with room.tx() as tx:
        await dead.ask_replay(tx, [row], "els")
    begun = 0
    for _ in range(5):
        begun += await dead.take_replay(room.database.pool, room.clock()) is not None
        room.clock.advance(dead.LEASE)
    assert begun == dead.MOST_TRIES


async def test_what_is_dropped_is_refused(small: MakeRoom) -> None:
    """The partner hears so, now and when it sends the same again; who dropped it is kept."""
    room = await small()
    [row] = await set_aside(room, "hallo")
    async with room.tx() as tx:
        assert await dead.drop(tx, [row], "els") == 1
    [_, refused] = await room.answers("omzien")
    assert [p.code for p in refused.problems] == ["dropped"]
    assert refused.event.id == "e0"
    [kept] = await room.fetch("SELECT event_id, dropped_by, cause FROM bus.dropped")
    assert (kept["event_id"], kept["dropped_by"]) == ("e0", "els")
    assert kept["cause"].startswith("LookupError")
    [body] = [r["body"] for r in await room.fetch("SELECT body FROM bus.refused")]
    again = (await room.take_raw("omzien", [body], ["e0"]))[0]
    assert [p.code for p in again.problems] == ["dropped"]
    assert await room.fetch("SELECT * FROM bus.set_aside") == []
    assert await room.fetch("SELECT * FROM effect") == []


async def test_what_waits_is_tried_again_soon_when_the_world_was_away(small: MakeRoom) -> None:
    """Taken to be run, and met by a deadlock: its turn comes again at once, not when the minute for which it was taken is
    over."""
    room = await small()
    await room.take("omzien", order("wait:7"), id="e1")
    [reaction] = [r for r in room.engine.reactions if r.name == "do_as_it_says"]
    run, deadlocks = reaction.run, 1

    async def once(what: object, tx: object) -> None:
        nonlocal deadlocks
        deadlocks -= 1
        if deadlocks >= 0:
            raise asyncpg.DeadlockDetectedError
        await run(what, tx)

    object.__setattr__(reaction, "run", once)
    with pytest.raises(db.WorldAway):
        await room.hear(initiative("7"))
    await room.settle()
    assert [e["what"] for e in await room.fetch("SELECT what FROM effect")] == ["wait:7"]
