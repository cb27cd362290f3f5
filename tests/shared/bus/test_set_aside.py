"""A fault of ours costs the event that meets it, and no other."""

from collections import Counter
from datetime import timedelta

import pytest

from shared.bus.engine import ROW_OF_FAILURES
from shared.db import WorldAway
from shared.events.answers import EventAccepted, EventDelayed, EventRefused
from shared.service import purge

from .conftest import MakeRoom
from .look import count, effects, wire
from .small import handlers
from .small.events import order, response


async def test_one_bad_event_among_a_hundred_is_set_aside_alone(small: MakeRoom) -> None:
    """The others are done; it is answered as delayed, and done by a replay once the fault is mended."""
    room = await small()
    handlers.BROKEN["now"] = True
    orders = [order("while-broken" if n == 42 else f"hallo {n}") for n in range(100)]
    answers = await room.take_many("omzien", orders)
    assert Counter(type(a) for a in answers) == {EventAccepted: 99, EventDelayed: 1}
    assert isinstance(answers[42], EventDelayed)
    assert len(await effects(room)) == 99
    [row] = await room.fetch("SELECT id, cause, detail, partner FROM bus.set_aside")
    assert row["cause"].startswith("LookupError at do_as_it_says:")
    assert "Traceback" in row["detail"]

    await room.engine.replay([row["id"]])
    assert await count(room, "set_aside") == 1, "it fails again, and keeps its row"
    handlers.BROKEN["now"] = False
    await room.clear()
    await room.engine.replay([row["id"]])
    assert [a.outcome for a in await room.answers("omzien")] == ["new"]
    assert len(await effects(room)) == 100
    assert await count(room, "set_aside") == 0


async def test_what_the_database_will_not_take_has_our_own_place_for_cause(small: MakeRoom) -> None:
    """Not the one through which all statements go: other faults would have that cause as well."""
    room = await small()
    await room.take("omzien", order("wrong-parameter"))
    [row] = await room.fetch("SELECT cause FROM bus.set_aside")
    assert row["cause"].startswith("DataError at do_as_it_says:")


async def test_a_batch_handler_that_breaks_is_run_one_by_one(small: MakeRoom) -> None:
    """Only the event that breaks it is set aside."""
    room = await small()
    answers = await room.take_many("omzien", [response(c) for c in ("2026", "broken", "closed", "2026")])
    assert [type(a) for a in answers] == [EventAccepted, EventDelayed, EventRefused, EventAccepted]
    assert await effects(room) == ["2026", "2026"]


@pytest.mark.parametrize("text", ["wrong-parameter", "too-few-parameters", "missing-file:x"])
async def test_a_mistake_of_ours_is_not_taken_for_a_world_that_is_away(small: MakeRoom, text: str) -> None:
    """asyncpg and Python put these under the same errors as a lost connection; they would be tried for ever."""
    room = await small()
    assert isinstance(await room.take("omzien", order(text)), EventDelayed)


@pytest.mark.parametrize("text", ["sleep:30", "sleep-on:30"])
async def test_a_handler_that_takes_too_long_is_stopped(small: MakeRoom, text: str) -> None:
    """In Python or in the database: its event is set aside, the others go on."""
    room = await small(handler_timeout_s=0.2)
    answers = await room.take_many("omzien", [order("hallo"), order(text)])
    assert [type(a) for a in answers] == [EventAccepted, EventDelayed]
    [row] = await room.fetch("SELECT detail FROM bus.set_aside")
    assert "took longer than 0.2 s" in row["detail"]


async def test_a_lock_that_somebody_else_keeps_is_no_fault_of_the_event(small: MakeRoom) -> None:
    """A replica that hangs in the middle of a transaction keeps its locks: who waits for them blames no event, and tries
    again until they are free."""
    room = await small(handler_timeout_s=0.4)
    body = wire(room, order("hallo"), id="e1")
    async with room.tx() as tx:
        await tx.execute("LOCK TABLE effect IN SHARE MODE")
        with pytest.raises(WorldAway):
            await room.take_raw("omzien", [body], ["e1"])
    [answer] = await room.take_raw("omzien", [body], ["e1"])
    assert isinstance(answer, EventAccepted)
    assert await count(room, "set_aside") == 0


async def test_a_duplicate_of_what_was_set_aside_is_delayed(small: MakeRoom) -> None:
    """It is ours to mend; sending it again does not run it again."""
    room = await small()
    body = wire(room, order("fail"), id="e1")
    for _ in range(2):
        [answer] = await room.take_raw("omzien", [body], ["e1"])
        assert isinstance(answer, EventDelayed)
    assert await count(room, "set_aside") == 1


async def test_ten_failures_in_a_row_pause_the_queue(small: MakeRoom) -> None:
    """They are no event's fault: the rest is left alone, and the ten are done when the queue goes on."""
    room = await small()
    handlers.BROKEN["now"] = True
    items = [
        room.item(wire(room, order("while-broken"), id=f"e{n}"), partner="omzien", origin="omzien") for n in range(30)
    ]
    report = await room.engine.process(items)
    assert report.paused == {"survey.test"}
    assert [i.settled for i in items] == [True] * ROW_OF_FAILURES + [False] * (30 - ROW_OF_FAILURES)
    again = await room.engine.process(items)
    assert again.paused == {"survey.test"}, "one that is tried fails, and the pause goes on"
    assert sum(i.settled for i in items) == ROW_OF_FAILURES + 1

    handlers.BROKEN["now"] = False
    await room.engine.process(items)
    await room.engine.replay_pausing()
    assert len(await effects(room)) == 30
    assert await count(room, "set_aside") == 0
    finals = [a.event.id for a in await room.answers("omzien") if isinstance(a, EventAccepted)]
    assert {*finals} == {f"e{n}" for n in range(30)}
    assert len(finals) == 30


async def test_failures_with_a_success_between_do_not_pause(small: MakeRoom) -> None:
    """The handler works: it is those events."""
    room = await small()
    texts = ["fail" if n % 2 else "hallo" for n in range(4 * ROW_OF_FAILURES)]
    items = [room.item(wire(room, order(text)), partner="omzien", origin="omzien") for text in texts]
    assert (await room.engine.process(items)).paused == set()
    assert await count(room, "set_aside") == 2 * ROW_OF_FAILURES


async def test_payloads_are_kept_thirty_days(small: MakeRoom) -> None:
    """Refused and set aside ones; within that time a duplicate is known, and what waits is never forgotten."""
    room = await small()
    said = [order("hallo"), order("refuse:x"), order("fail"), order("wait:7")]
    await room.take_many("omzien", said)
    room.clock.advance(timedelta(days=30))
    for gone in (False, True):
        async with room.tx() as tx:
            await purge(tx)
        left = {table: await count(room, table) for table in ("inbox", "refused", "set_aside", "waiting")}
        assert left == (
            {"inbox": 1, "refused": 0, "set_aside": 0, "waiting": 1}
            if gone
            else {"inbox": 4, "refused": 1, "set_aside": 1, "waiting": 1}
        )
        room.clock.advance(timedelta(seconds=1))
