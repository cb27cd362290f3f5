"""An event that names what is not there yet is kept, and run when that comes."""

import asyncio
from datetime import timedelta

import pytest

from shared.bus import keep
from shared.events.base import Event
from shared.events.tracing import trace_id

from .conftest import MakeRoom
from .look import TRACE, codes, count, effects, inbox
from .small.events import initiative, order, response


async def test_what_waits_is_done_when_it_arrives(small: MakeRoom) -> None:
    """No answer yet; then the fact comes, and with it the effect, the fact and the answer, in the event's own trace."""
    room = await small()
    assert await room.take("omzien", order("wait:7"), id="e1", traceparent=TRACE) is None
    assert await inbox(room) == {"e1": "waiting"}
    await room.hear(initiative("7"))
    assert [a.outcome for a in await room.answers("omzien")] == ["new"]
    assert {trace_id(s.envelope["traceparent"]) for s in await room.outbox()} == {trace_id(TRACE)}
    assert await effects(room) == ["wait:7"]
    assert await count(room, "waiting") == 0
    assert (await inbox(room))["e1"] == "done"


@pytest.mark.parametrize("data", [order("wait:7"), response("later")])
async def test_what_never_comes_is_refused_with_what_was_missing(small: MakeRoom, data: Event) -> None:
    """After 15 minutes, not before; for single and batch handlers."""
    room = await small()
    await room.take("omzien", data, id="e1")
    room.clock.advance(timedelta(minutes=14, seconds=59))
    await room.settle()
    assert await room.answers("omzien") == []
    room.clock.advance(timedelta(seconds=1))
    await room.settle()
    [answer] = await room.answers("omzien")
    assert codes(answer) in (["unknown-initiative"], ["unknown-campaign"])
    assert await count(room, "waiting") == 0
    assert await inbox(room) == {"e1": "refused"}


async def test_an_arrival_that_was_missed_is_found_all_the_same(small: MakeRoom) -> None:
    """The fact is committed between the look and the wait: the event is tried again by itself, within seconds."""
    room = await small()
    await room.take("omzien", order("wait:7"))
    await room.database.pool.execute("INSERT INTO known VALUES ('7', 1)")
    room.clock.advance(timedelta(seconds=2))
    await room.settle()
    assert [a.outcome for a in await room.answers("omzien")] == ["new"]


async def test_two_replicas_do_not_run_a_waiting_event_both(small: MakeRoom) -> None:
    """Whoever takes it holds it: the other passes over it, while the first is still at work."""
    one, two = await small(), await small()
    await one.take_many("omzien", [order("wait:7") for _ in range(3)])
    await one.database.pool.execute("INSERT INTO known VALUES ('7', 1)")
    now = one.clock() + timedelta(seconds=2)
    async with one.tx() as first, two.tx() as second:
        assert len(await keep.due(first.connection, now, 2)) == 2
        assert len(await keep.due(second.connection, now, 2)) == 1
    for room in (one, two):
        room.clock.advance(timedelta(minutes=2))
    await asyncio.gather(one.settle(), two.settle())
    assert await effects(one) == ["wait:7"] * 3
    assert len(await one.answers("omzien")) == 3
