"""The same event again, whenever and however it comes, is done once."""

import pytest

from shared.events.answers import EventDelayed, EventRefused
from shared.events.envelope import dump_event, write_event
from shared.events.survey import SignalRecorded
from tests.room import source_of

from .conftest import MakeRoom
from .look import TRACE, codes, count, effects, inbox, wire
from .small.events import boarded, order


async def test_a_duplicate_changes_nothing(small: MakeRoom) -> None:
    """The same source, id and body again is answered as a duplicate; nothing is done or said twice."""
    room = await small()
    body = wire(room, order("hallo"), id="e1")
    for outcome in ("new", "duplicate", "duplicate"):
        [answer] = await room.take_raw("omzien", [body], ["e1"])
        assert answer.outcome == outcome
    assert await effects(room) == ["hallo"]
    assert len(await room.said(SignalRecorded)) == 1


async def test_a_duplicate_in_another_order_or_trace_is_the_same(small: MakeRoom) -> None:
    """The order of keys, and tracing, are no part of what was said."""
    room = await small()
    said = write_event(order("hallo"), source=source_of("omzien"), time=room.clock(), id="e1")
    await room.take_raw("omzien", [dump_event(said)], ["e1"])
    turned = {**dict(reversed(said.items())), "traceparent": TRACE}
    [answer] = await room.take_raw("omzien", [dump_event(turned)], ["e1"])
    assert answer.outcome == "duplicate"


async def test_twins_in_one_batch_are_done_once(small: MakeRoom) -> None:
    """Three times the same event in one batch: one effect, one acceptance, two duplicates."""
    room = await small()
    body = wire(room, order("hallo"), id="e1")
    await room.take_raw("omzien", [body] * 3, ["e1"] * 3)
    assert sorted(a.outcome for a in await room.answers("omzien")) == ["duplicate", "duplicate", "new"]
    assert await effects(room) == ["hallo"]


@pytest.mark.parametrize("together", [True, False])
async def test_a_duplicate_of_a_refused_event_is_refused_for_the_same_reasons(small: MakeRoom, together: bool) -> None:
    """In a later batch, and in the same one."""
    room = await small()
    body = wire(room, order("refuse:Z9"), id="e1")
    for batch in [[body, body]] if together else [[body], [body]]:
        await room.take_raw("omzien", batch, ["e1"] * len(batch))
    first, second = await room.answers("omzien")
    assert codes(first) == ["unknown-question", "type"]
    assert first.problems == second.problems
    assert await count(room, "refused") == 1


@pytest.mark.parametrize("together", [True, False])
async def test_a_duplicate_of_a_waiting_event_is_delayed(small: MakeRoom, together: bool) -> None:
    """It waits once; the final answer follows."""
    room = await small()
    body = wire(room, order("wait:7"), id="e1")
    for batch in [[body, body]] if together else [[body], [body]]:
        await room.take_raw("omzien", batch, ["e1"] * len(batch))
    assert [type(a) for a in await room.answers("omzien")] == [EventDelayed]
    assert await count(room, "waiting") == 1


async def test_the_same_id_with_another_body_is_refused(small: MakeRoom) -> None:
    """In a later batch and in the same one; what was done stays done."""
    room = await small()
    first, other = wire(room, order("een"), id="e1"), wire(room, order("twee"), id="e1")
    await room.take_raw("omzien", [first, other], ["e1", "e1"])
    await room.take_raw("omzien", [other], ["e1"])
    answers = await room.answers("omzien")
    assert sorted(type(a).__name__ for a in answers) == ["EventAccepted", "EventRefused", "EventRefused"]
    assert all(codes(a) == ["same-id-other-body"] for a in answers if isinstance(a, EventRefused))
    assert await effects(room) == ["een"]
    assert await inbox(room) == {"e1": "done"}


async def test_two_partners_may_use_the_same_id(small: MakeRoom) -> None:
    """An id is unique per source."""
    room = await small()
    await room.hear(boarded("zorgnet"))
    for partner in ("omzien", "zorgnet"):
        assert (await room.take(partner, order("hallo"), id="e1", source=source_of(partner))).outcome == "new"
