"""An event that succeeds: its effect, its facts and its answer are one transaction."""

from shared.events.answers import EventAccepted
from shared.events.envelope import dump_event, write_event
from shared.events.survey import SignalRecorded
from shared.events.tracing import trace_id
from tests.room import source_of

from .conftest import MakeRoom
from .look import TRACE, effects, inbox
from .small.events import order, response


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
