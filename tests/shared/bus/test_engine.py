"""Every event has one outcome, in one transaction with its effect, its facts and its answer."""

import asyncio
import hashlib
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import db
from shared.bus import keep
from shared.bus.answers import within_limit
from shared.bus.engine import MOST_ATTEMPTS, ROW_OF_FAILURES
from shared.events.answers import EventAccepted, EventDelayed, EventRefused
from shared.events.base import Event
from shared.events.codelists import codelist
from shared.events.envelope import dump_event, write_event
from shared.events.problems import problem
from shared.events.survey import SignalRecorded
from shared.events.tracing import trace_id
from shared.service import purge
from tests.room import Room, source_of

from .conftest import MakeRoom
from .small import handlers
from .small.events import boarded, initiative, order, response, suspended

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def effects(room: Room) -> list[str]:
    return [row["what"] for row in await room.fetch("SELECT what FROM effect ORDER BY id")]


async def inbox(room: Room) -> dict[str, str]:
    return {row["event_id"]: row["outcome"] for row in await room.fetch("SELECT event_id, outcome FROM bus.inbox")}


async def count(room: Room, table: str) -> int:
    found: int = await room.database.pool.fetchval(f"SELECT count(*) FROM bus.{table}")
    return found


def wire(room: Room, data: Event, partner: str = "omzien", **envelope: Any) -> bytes:
    said: dict[str, Any] = {"source": source_of(partner), "time": room.clock(), **envelope}
    return dump_event(write_event(data, **said))


def codes(answer: Any) -> list[str]:
    assert isinstance(answer, EventRefused)
    return [p.code for p in answer.problems]


# --- done -----------------------------------------------------------------------------------------------------------


async def test_effect_fact_and_answer_come_together(small: MakeRoom) -> None:
    """One event leaves its row, says its fact, and is answered with what became of it."""
    room = await small()
    answer = await room.take("omzien", order("hallo", initiative="7"), id="e1")
    assert isinstance(answer, EventAccepted)
    assert (answer.outcome, answer.initiative_id, answer.event.id) == ("new", "7", "e1")
    assert await effects(room) == ["hallo"]
    assert len(await room.said(SignalRecorded)) == 1
    assert await inbox(room) == {"e1": "done"}


async def test_a_handler_that_says_nothing_has_recorded(small: MakeRoom) -> None:
    """Without a word of the handler the answer is "recorded"."""
    room = await small()
    assert (await room.take("omzien", response())).outcome == "recorded"


async def test_an_unknown_field_is_accepted_with_a_warning(small: MakeRoom) -> None:
    """A misspelt field does no harm, and is named."""
    room = await small()
    said = write_event(order("hallo"), source=source_of("omzien"), time=room.clock(), id="e1")
    said["data"]["sevirity"] = "hoog"
    [answer] = await room.take_raw("omzien", [dump_event(said)], ["e1"])
    assert [(w.code, w.pointer) for w in answer.warnings] == [("unknown-field", "/data/sevirity")]


async def test_the_trace_goes_on_in_facts_and_answers(small: MakeRoom) -> None:
    """What an event causes has its trace id, each with a span of its own; a batch keeps them apart."""
    room = await small()
    await room.take("omzien", order("hallo"), traceparent=TRACE)
    carried = [said.envelope["traceparent"] for said in await room.outbox()]
    assert {trace_id(t) for t in carried} == {trace_id(TRACE)}
    assert len({*carried, TRACE}) == 3


async def test_one_trace_begins_where_none_came(small: MakeRoom) -> None:
    """Without a traceparent, or with one that cannot be read, fact and answer share a new trace."""
    room = await small()
    for came in (None, "00-nonsense"):
        await room.clear()
        await room.take("omzien", order("hallo"), traceparent=came)
        assert len({trace_id(said.envelope["traceparent"]) for said in await room.outbox()}) == 1


# --- duplicates -----------------------------------------------------------------------------------------------------


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


# --- the door -------------------------------------------------------------------------------------------------------


async def test_another_identity_is_refused(small: MakeRoom) -> None:
    """The broker says who spoke; the source must be one of that partner's."""
    room = await small()
    await room.hear(boarded("zorgnet"))
    answer = await room.take("omzien", order("hallo"), source=source_of("zorgnet"))
    assert codes(answer) == ["another-identity"]
    assert await effects(room) == []


async def test_a_suspended_partner_is_refused_and_told(small: MakeRoom) -> None:
    """From the moment that the fact of it is heard; an older fact does not undo it."""
    room = await small()
    await room.hear(suspended("omzien", version=3))
    await room.hear(boarded("omzien", version=2))
    assert codes(await room.take("omzien", order("hallo"))) == ["suspended"]


async def test_a_change_by_another_process_holds_at_once(small: MakeRoom) -> None:
    """Partners are asked of the database for each batch, not remembered."""
    room = await small()
    await room.take("omzien", order("hallo"))
    await room.database.pool.execute("UPDATE bus.partner SET status = 'suspended'")
    assert codes(await room.take("omzien", order("nog een"))) == ["suspended"]


async def test_an_unknown_partner_waits_to_be_heard_of(small: MakeRoom) -> None:
    """It may have been boarded a second ago: what it said is done when the fact of it comes."""
    room = await small()
    assert await room.take("nieuw", order("hallo")) is None
    assert await effects(room) == []
    await room.hear(boarded("nieuw"))
    assert await effects(room) == ["hallo"]
    assert [a.outcome for a in await room.answers("nieuw")] == ["new"]


async def test_a_partner_and_its_first_event_may_come_in_one_batch(small: MakeRoom) -> None:
    """Facts about partners are remembered before who speaks is judged."""
    room = await small()
    fact = room.item(
        wire(room, boarded("nieuw"), source="urn:burenbus:service:registry"), partner=None, origin="platform"
    )
    said = room.item(wire(room, order("hallo"), partner="nieuw"), partner="nieuw", origin="nieuw")
    await room.engine.process([said, fact])
    assert await effects(room) == ["hallo"]


async def test_a_partner_that_never_comes_is_refused(small: MakeRoom) -> None:
    """After the waiting time; it is not answered, since there is nobody to answer."""
    room = await small()
    await room.take("nieuw", order("hallo"), id="e1")
    room.clock.advance(timedelta(minutes=15))
    await room.settle()
    assert await inbox(room) == {"e1": "refused"}
    assert await room.answers("nieuw") == []


async def test_a_fact_is_believed_of_its_owner_alone(small: MakeRoom) -> None:
    """Survey cannot say that an initiative was registered."""
    room = await small()
    body = wire(room, initiative("7"), source="urn:burenbus:service:survey", id="f1")
    await room.engine.process([room.item(body, partner=None, origin="platform")])
    assert await inbox(room) == {"f1": "refused"}
    assert await room.fetch("SELECT * FROM known") == []


async def test_a_type_without_a_taker_here_is_refused(small: MakeRoom) -> None:
    """A valid event in the wrong queue is answered all the same."""
    room = await small()
    said = write_event(order("hallo"), source=source_of("omzien"), time=room.clock(), id="e1")
    said["type"] = said["type"].replace("signal-reported", "match-answered")
    said["data"] = {"matchId": "m1", "answer": next(iter(codelist("match")))}
    [answer] = await room.take_raw("omzien", [dump_event(said)], ["e1"])
    assert codes(answer) == ["unknown-type"]


@pytest.mark.parametrize(
    ("body", "code"), [(b"\xff", "not-json"), (b"[]", "not-cloudevent"), (b'{"id":"e1"}', "missing")]
)
async def test_what_cannot_be_read_is_refused_and_kept(small: MakeRoom, body: bytes, code: str) -> None:
    """With its payload and every reason, and answered as far as it could be read."""
    room = await small()
    await room.engine.process([room.item(body, partner="omzien", origin="omzien")])
    [answer] = await room.answers("omzien")
    assert code in codes(answer)
    assert len(await room.fetch("SELECT body FROM bus.refused")) == 1


async def test_what_a_message_is_found_by_is_not_an_id_in_the_inbox(small: MakeRoom) -> None:
    """An event may come later under an id that stood in a list which was refused as a whole."""
    room = await small()
    listed = b"[" + wire(room, order("hallo"), id="e1") + b"]"
    await room.engine.process([room.item(listed, partner="omzien", origin="omzien")])
    [answer] = await room.answers("omzien")
    assert (answer.event.id, answer.event.sha256) == ("e1", hashlib.sha256(listed).hexdigest())
    assert await inbox(room) == {}
    [answer] = await room.take_raw("omzien", [wire(room, order("hallo"), id="e1")], ["e1"])
    assert isinstance(answer, EventAccepted)


async def test_an_answer_to_thousands_of_faults_fits_in_an_event(small: MakeRoom) -> None:
    """As many as fit, and how many more there are; such an answer can be read by whoever gets it."""
    room = await small()
    said = write_event(order("hallo"), source=source_of("omzien"), time=room.clock(), id="e1")
    said["data"] |= {f"veld{n}": n for n in range(3000)}
    await room.take_raw("omzien", [dump_event(said)], ["e1"])
    [answer] = await room.answers("omzien")
    assert answer.warnings[-1].code == "more"
    assert str(3000 - len(answer.warnings) + 1) in answer.warnings[-1].nl
    assert max(len(json.dumps(s.envelope)) for s in await room.outbox()) < 64 * 1024


# --- refused by a handler -------------------------------------------------------------------------------------------


async def test_a_batch_handler_refuses_one_and_goes_on(small: MakeRoom) -> None:
    """Of ten responses, those to a closed campaign are refused and the others are counted."""
    room = await small()
    campaigns = ["closed" if n % 3 == 0 else "2026" for n in range(10)]
    answers = await room.take_many("omzien", [response(c) for c in campaigns])
    assert [isinstance(a, EventRefused) for a in answers] == [c == "closed" for c in campaigns]
    assert await effects(room) == ["2026"] * 6


async def test_refusing_after_a_write_is_a_fault_of_ours(small: MakeRoom) -> None:
    """The write would stay: the event is set aside, nothing of it remains."""
    room = await small()
    answer = await room.take("omzien", order("refuse-late"))
    assert isinstance(answer, EventDelayed)
    assert await effects(room) == []
    [row] = await room.fetch("SELECT detail FROM bus.set_aside")
    assert "wrote before it refused" in row["detail"]


# --- waiting --------------------------------------------------------------------------------------------------------


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


# --- set aside ------------------------------------------------------------------------------------------------------


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


# --- redelivery -----------------------------------------------------------------------------------------------------


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


# --- the world away -------------------------------------------------------------------------------------------------


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


# --- whatever comes, in whatever order ------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def room(small: MakeRoom) -> Room:
    return await small()


TEXTS = ["hallo", "refuse:x", "wait:7", "fail", "refuse-late"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_order_batches_and_repeats_do_not_matter(room: Room, data: st.DataObject) -> None:
    """The same events, cut into batches anyhow, repeated and shuffled, with the fact they wait for anywhere: one end state."""
    await room.database.pool.execute(
        "TRUNCATE effect, known, bus.inbox, bus.outbox, bus.waiting, bus.refused, bus.set_aside, bus.attempt"
    )
    said = [(f"e{n}", text) for n, text in enumerate(data.draw(st.lists(st.sampled_from(TEXTS), max_size=8)))]
    bodies = [wire(room, order(text), id=name) for name, text in said]
    stream = data.draw(st.permutations(bodies * data.draw(st.integers(1, 3)) + [b"the fact"]))
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        batch, stream = stream[:size], stream[size:]
        fact = wire(room, initiative("7"), source="urn:burenbus:service:registry", id="fact")
        await room.engine.process(
            [
                room.item(fact, partner=None, origin="platform")
                if body == b"the fact"
                else room.item(body, partner="omzien", origin="omzien")
                for body in batch
            ]
        )
        await room.settle()
    done = sorted(text for _, text in said if text in ("hallo", "wait:7"))
    assert sorted(await effects(room)) == done
    assert len(await room.said(SignalRecorded)) == len(done)
    expected = {
        "hallo": "done",
        "wait:7": "done",
        "refuse:x": "refused",
        "fail": "set-aside",
        "refuse-late": "set-aside",
    }
    assert await inbox(room) == {name: expected[text] for name, text in said} | {"fact": "done"}
    assert await count(room, "refused") == sum(text == "refuse:x" for _, text in said)
    assert await count(room, "set_aside") == sum(expected[text] == "set-aside" for _, text in said)
    assert await count(room, "waiting") == 0


def test_the_same_problem_fits_within_the_limit() -> None:
    """Few problems are given whole."""
    few = [problem("missing", "/id")] * 3
    assert within_limit(few) == tuple(few)
