"""Responses that partners bring: what becomes of them."""

from datetime import timedelta

import pytest

from shared.events.envelope import dump_event, write_event
from shared.events.partner import Consent, SurveyResponseSubmitted
from shared.events.registry import PartnerChanged
from shared.events.survey import ConsentsGiven, InitiativeDescribed, ResponseRecorded, ResponseReplaced
from tests.room import NOW
from tests.services.survey.build import ANSWERS, response

from .conftest import codes


async def test_a_former_municipality_is_kept_as_the_present_one(room):
    """Names and former codes come down to the code of today."""
    await room.take("omzien", response("123", answers={"A1": "x", "A2.gemeente": "Loppersum"}))
    [fact] = await room.said(ResponseRecorded)
    assert fact.answers["A2.gemeente"] == "GM1979"


async def test_a_later_response_replaces_an_earlier_one(room):
    """Until closing the latest counts: both are told, each with its version, and the counted one alone stands."""
    await room.take("omzien", response("456"))
    room.clock.advance(timedelta(hours=1))
    answer = await room.take("zorgnet", response("9", answers={**ANSWERS, "A4": "burennetwerk"}))
    assert (answer.outcome, answer.initiative_id) == ("replaced", "i2")
    first, second = await room.said(ResponseRecorded)
    [replaced] = await room.said(ResponseReplaced)
    assert (replaced.response_id, replaced.version, replaced.counted) == (first.response_id, 2, False)
    assert replaced.replaced_by == second.response_id
    assert [r["answers"]["A4"] for r in await room.fetch("SELECT answers FROM response WHERE counted")] == [
        "burennetwerk"
    ]


async def test_one_that_was_answered_earlier_does_not_replace(room):
    """A paper form that was sent on late is kept and answered, with the warning that a newer one counts."""
    await room.take("omzien", response("123", answered_at=NOW - timedelta(days=1)))
    answer = await room.take("omzien", response("123", answered_at=NOW - timedelta(days=3)))
    assert answer.outcome == "recorded"
    assert [w.code for w in answer.warnings] == ["superseded"]
    assert len(await room.said(ResponseRecorded)) == 1
    [old] = await room.said(ResponseReplaced)
    assert (old.counted, old.version) == (False, 1)


async def test_several_for_one_initiative_in_one_batch(room):
    """In one batch the order of answering decides as it does between batches; each gets its own answer."""
    said = [response("456", answered_at=NOW - timedelta(hours=h)) for h in (3, 1, 2)]
    answers = await room.take_many("omzien", said)
    assert [a.outcome for a in answers] == ["recorded", "replaced", "recorded"]
    assert [[w.code for w in a.warnings] for a in answers] == [[], [], ["superseded"]]
    [row] = await room.fetch("SELECT answered_at FROM response WHERE counted")
    assert row["answered_at"] == NOW - timedelta(hours=1)
    assert len(await room.said(ResponseRecorded)) == 1


async def test_a_batch_of_good_and_bad(room):
    """Each event of a batch stands and falls alone."""
    answers = await room.take_many(
        "omzien", [response("123"), response("123", answers={}), response("zzz"), response("456")]
    )
    assert [type(a).__name__ for a in answers] == ["EventAccepted", "EventRefused", "NoneType", "EventAccepted"]
    assert len(await room.said(ResponseRecorded)) == 2


async def test_words_and_permissions_are_kept_apart(room):
    """Words and permissions lie beside the answers by code, in a table of their own; no fact carries words."""
    said = {**ANSWERS, "H.toelichting": "De ambtenaar zei nee.", "K.loting": True, "K.nieuwsbrief": False}
    await room.take("omzien", response("123", answers=said))
    [row] = await room.fetch("SELECT answers FROM response")
    assert set(row["answers"]) == {"A2.postcode", "A2.gemeente", "A4"}
    [apart] = await room.fetch("SELECT words, permissions FROM response_apart")
    assert sorted(apart["words"]) == ["A1", "A2.plaats", "H.toelichting"]
    assert {p["purpose"]: (p["given"], p["channel"]) for p in apart["permissions"]} == {
        "loting": (True, "partner"),
        "nieuwsbrief": (False, "partner"),
    }
    assert all("ambtenaar" not in str(s.envelope) for s in await room.outbox())


async def test_what_it_says_of_itself_and_allows_is_told(room):
    """Registry hears the fields that were answered, and each permission with its proof."""
    proof = Consent(purpose="op-de-kaart", at=NOW - timedelta(days=2), text="Formulier 3", channel="papier")
    await room.take("omzien", response("123", answers={**ANSWERS, "K.loting": False}, consents=(proof,)))
    [described] = await room.said(InitiativeDescribed)
    assert described.initiative_id == "i1"
    assert described.fields["name"] == "Buurtzorg Zeist"
    proved, ticked = await room.said(ConsentsGiven)
    assert (proved.given, proved.withheld, proved.text, proved.channel) == (
        ("op-de-kaart",),
        (),
        "Formulier 3",
        "papier",
    )
    assert (ticked.given, ticked.withheld, ticked.at) == ((), ("loting",), NOW)
    assert "2026.1" in ticked.text


async def test_a_response_that_does_not_count_describes_nothing(room):
    """Only the latest word of an initiative about itself is passed on."""
    await room.take("omzien", response("123"))
    await room.clear()
    await room.take("omzien", response("123", answered_at=NOW - timedelta(days=3)))
    assert await room.said(InitiativeDescribed) == []
    assert await room.said(ConsentsGiven) == []


async def test_an_unknown_field_is_a_warning(room):
    """A misspelt field is named, and the response is taken."""

    wire = write_event(response("123"), source="urn:burenbus:partner:omzien", time=NOW, id="e1")
    wire["data"]["answerdAt"] = "2026-09-19T10:00:00Z"
    [answer] = await room.take_raw("omzien", [dump_event(wire)], ["e1"])
    assert [(w.pointer, w.code) for w in answer.warnings] == [("/data/answerdAt", "unknown-field")]


async def test_who_tries_things_out_changes_nothing(room):
    """A sandbox partner gets the very answers, and nothing of it enters."""
    state = PartnerChanged(
        partner="omzien", version=2, title="Omzien", sources=("urn:burenbus:partner:omzien",), sandbox=True
    )
    await room.hear(state)
    assert (await room.take("omzien", response("anything"))).outcome == "recorded"
    assert codes(await room.take("omzien", response("anything", answers={}))) != []
    assert await room.fetch("SELECT id FROM response") == []
    assert await room.said(ResponseRecorded) == []


async def test_the_same_event_twice_is_one_response(room):
    """A repeated event is a duplicate, not a second response."""
    said = response("123")
    await room.take("omzien", said, id="e1")
    answer = await room.take("omzien", said, id="e1")
    assert answer.outcome == "duplicate"
    assert len(await room.fetch("SELECT id FROM response")) == 1


async def test_the_trace_goes_on(room):
    """The facts of a response carry the trace of the event that brought it."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await room.take("omzien", response("123"), traceparent=trace)
    traces = {
        s.envelope["traceparent"].split("-")[1]
        for s in await room.outbox()
        if isinstance(s.data, ResponseRecorded | InitiativeDescribed)
    }
    assert traces == {trace.split("-")[1]}


def test_a_response_names_its_initiative_in_one_way():
    """Two ways to name the initiative might contradict each other."""
    with pytest.raises(ValueError):
        response("123", initiative_id="i1")
    assert isinstance(response("123"), SurveyResponseSubmitted)
