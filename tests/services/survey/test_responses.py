"""Responses that partners bring."""

from datetime import timedelta

import pytest

from shared.events.answers import EventAccepted, EventRefused
from shared.events.envelope import EVENT_JSON, Faulty, dump_event, read_message, write_event
from shared.events.partner import Consent, SurveyResponseSubmitted
from shared.events.registry import InitiativeClosed, PartnerChanged
from shared.events.survey import ConsentsGiven, InitiativeDescribed, ResponseRecorded, ResponseReplaced
from tests.room import NOW

from .build import ANSWERS, campaign, initiative, response, tokens


def codes(answer: EventRefused) -> list[tuple[str, str]]:
    """Pointer and code of each fault."""
    assert isinstance(answer, EventRefused)
    return [(p.pointer, p.code) for p in answer.problems]


@pytest.fixture
async def room(room_of):
    """A survey with two initiatives and a campaign that is open."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/123"), initiative("i2", "omzien/456", "zorgnet/9"))
    await campaign(room)
    return room


# --- whose it is ---


async def test_by_the_partners_own_id(room):
    """A response named by externalId counts for the initiative that holds the claim."""
    answer = await room.take("omzien", response("123"))
    assert isinstance(answer, EventAccepted)
    assert (answer.outcome, answer.initiative_id, answer.warnings) == ("recorded", "i1", ())
    [fact] = await room.said(ResponseRecorded)
    assert (fact.initiative_id, fact.counted, fact.partner, fact.version) == ("i1", True, "omzien", 1)
    assert fact.answers == {"A2.postcode": "3705", "A2.gemeente": "GM0355", "A4": "stadsdorp"}
    assert fact.answered_at == NOW


async def test_by_the_platforms_id(room):
    """A response named by initiativeId counts for it, whichever partner brings it."""
    assert (await room.take("omzien", response(initiative_id="i2"))).initiative_id == "i2"


async def test_by_invitation(room):
    """A response with the token of an invitation counts for the initiative that was invited."""
    token = (await tokens(room))["i2"]
    assert (await room.take("omzien", response(invitation_token=token))).initiative_id == "i2"
    [row] = await room.fetch("SELECT invitation_id, named_initiative, external_id FROM response")
    assert row["invitation_id"]
    assert (row["named_initiative"], row["external_id"]) == ("i2", None)


async def test_another_partners_id_is_not_mine(room):
    """externalId is the partner's own: the same text from another partner names another initiative."""
    assert await room.take("zorgnet", response("123")) is None
    assert (await room.take("zorgnet", response("9"))).initiative_id == "i2"


async def test_a_response_waits_for_its_initiative(room):
    """A response that overtakes the fact of its initiative waits, and then counts as received when it came."""
    assert await room.take("omzien", response("789"), id="e1") is None
    room.clock.advance(timedelta(minutes=5))
    await room.hear(initiative("i3", "omzien/789"))
    [answer] = await room.answers("omzien")
    assert (answer.event.id, answer.initiative_id) == ("e1", "i3")
    [fact] = await room.said(ResponseRecorded)
    assert fact.answered_at == NOW


async def test_a_response_by_id_waits_too(room):
    """So does one that names the platform's id."""
    assert await room.take("omzien", response(initiative_id="i3")) is None
    await room.hear(initiative("i3"))
    assert [a.initiative_id for a in await room.answers("omzien")] == ["i3"]


async def test_an_initiative_that_never_comes_is_a_refusal(room):
    """After the waiting time the response is refused: the initiative is not known."""
    assert await room.take("omzien", response("789")) is None
    room.clock.advance(timedelta(minutes=16))
    await room.settle()
    [answer] = await room.answers("omzien")
    assert codes(answer) == [("/data/externalId", "unknown-initiative")]
    assert answer.problems[0].value == "789"
    assert await room.fetch("SELECT id FROM response") == []


# --- why not ---


async def test_a_campaign_that_does_not_exist(room):
    """It is refused, and does not wait: campaigns are the survey's own."""
    assert codes(await room.take("omzien", response("123", campaign_id="1999"))) == [
        ("/data/campaignId", "unknown-campaign")
    ]


def test_faults_beside_the_answers_do_not_hide_those_in_them():
    """A field that cannot be read and answers that do not fit are told in one refusal."""
    said = {**response("123").wire(), "answeredAt": "gisteren", "answers": {"A4": "kasteel", "E1": "ca. 60", "A1": "X"}}
    content = {**write_event(response("123"), source="urn:x", time=NOW), "data": said}
    [arrived] = read_message(dump_event(content), EVENT_JSON, {}, partner="omzien", routing_key=None, now=NOW)
    assert isinstance(arrived.event, Faulty)
    assert [(p.pointer, p.code, p.value) for p in arrived.event.problems] == [
        ("/data/answeredAt", "time", "gisteren"),
        ("/data/answers/A4", "not-in-list", None),
        ("/data/answers/E1", "number", None),
        ("/data/answers/A2.postcode", "answer-required", None),
    ]


async def test_before_the_opening(room_of):
    """Too early is refused, with the opening in local time."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/123"))
    await campaign(room, opens="2026-10-01", closes="2026-10-31")
    answer = await room.take("omzien", response("123"))
    assert codes(answer) == [("/data/campaignId", "campaign-not-open")]
    assert "2026-10-01T00:00+02:00" in answer.problems[0].nl


async def test_the_last_second_in_amsterdam_counts(room):
    """What is received a second before midnight, Dutch winter time, counts; a second later it is late."""
    room.clock.now = NOW.replace(month=10, day=31, hour=22, minute=59, second=59)
    assert isinstance(await room.take("omzien", response("123")), EventAccepted)
    room.clock.advance(timedelta(seconds=1))
    answer = await room.take("omzien", response("456"))
    assert codes(answer) == [("/data/campaignId", "campaign-closed")]
    assert "2026-11-01T00:00+01:00" in answer.problems[0].nl


async def test_time_of_receipt_decides_and_not_the_status(room):
    """The campaign is closed by its period, also while its closing has not been announced."""
    room.clock.now = NOW.replace(month=11, day=2)
    assert codes(await room.take("omzien", response("123"))) == [("/data/campaignId", "campaign-closed")]


async def test_what_was_received_in_time_counts_also_when_it_waited(room):
    """A response that came before closing, and waited for its initiative until after, counts."""
    room.clock.now = NOW.replace(month=10, day=31, hour=22, minute=59)
    assert await room.take("omzien", response("789")) is None
    room.clock.advance(timedelta(minutes=5))
    await room.hear(initiative("i3", "omzien/789"))
    [answer] = await room.answers("omzien")
    assert isinstance(answer, EventAccepted)


async def test_every_reason_at_once(room):
    """Late, another questionnaire, wrong answers, a contradicted consent, an unknown token: all are named."""
    room.clock.now = NOW.replace(month=11, day=2)
    said = response(
        invitation_token="nobody-has-this",
        answers={"E1": "ca. 60", "C": ["x"], "K.loting": True},
        consents=(Consent(purpose="loting", given=False, at=NOW, text="t"),),
        answered_at=NOW + timedelta(days=90),
    )
    found = codes(await room.take("omzien", said))
    assert set(found) == {
        ("/data/campaignId", "campaign-closed"),
        ("/data/answers/E1", "number"),
        ("/data/answers/C/0", "not-in-list"),
        ("/data/answers/A1", "answer-required"),
        ("/data/answers/A2.postcode", "answer-required"),
        ("/data/consents/0", "inconsistent"),
        ("/data/answeredAt", "future"),
        ("/data/invitationToken", "unknown-invitation"),
    }


async def test_a_refusal_says_nothing_personal(room):
    """Neither answers nor tokens are repeated in a refusal."""
    said = response(invitation_token="nobody-has-this", answers={**ANSWERS, "E1": "Jan", "A3": "Piet"})
    answer = await room.take("omzien", said)
    text = answer.model_dump_json()
    assert "Jan" not in text
    assert "Piet" not in text
    assert "nobody-has-this" not in text


@pytest.mark.parametrize("version", ["2025.1", "nonsense"])
async def test_another_questionnaire(room, version):
    """Answers to another version are refused."""
    assert codes(await room.take("omzien", response("123", questionnaire=version))) == [
        ("/data/questionnaire", "questionnaire-version")
    ]


async def test_an_invitation_to_another_campaign(room):
    """A token opens its own campaign only."""
    token = (await tokens(room))["i1"]
    await campaign(room, "2026-b")
    answer = await room.take("omzien", response(campaign_id="2026-b", invitation_token=token))
    assert codes(answer) == [("/data/invitationToken", "inconsistent")]


async def test_the_invitation_of_an_initiative_that_has_closed(room):
    """Its invitation was withdrawn: a response with it is refused."""
    token = (await tokens(room))["i1"]
    await room.hear(initiative("i1", version=2, kind=InitiativeClosed, status="closed"))
    answer = await room.take("omzien", response(invitation_token=token))
    assert codes(answer) == [("/data/invitationToken", "withdrawn-invitation")]


async def test_networks_are_those_of_the_platform(room):
    """A network that is not on the bus is not in the list."""
    good = {**ANSWERS, "A8": ["zorgnet"]}
    assert isinstance(await room.take("omzien", response("123", answers=good)), EventAccepted)
    bad = response("123", answers={**ANSWERS, "A8": ["elders"]})
    assert codes(await room.take("omzien", bad)) == [("/data/answers/A8/0", "not-in-list")]


# --- what becomes of it ---


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
    """Answers by code, words and permissions lie in tables of their own; no fact carries words."""
    said = {**ANSWERS, "H.toelichting": "De ambtenaar zei nee.", "K.loting": True, "K.nieuwsbrief": False}
    await room.take("omzien", response("123", answers=said))
    [row] = await room.fetch("SELECT answers FROM response")
    assert set(row["answers"]) == {"A2.postcode", "A2.gemeente", "A4"}
    words = await room.fetch("SELECT code, text FROM response_text ORDER BY code")
    assert [w["code"] for w in words] == ["A1", "A2.plaats", "H.toelichting"]
    consents = await room.fetch("SELECT purpose, given, channel FROM consent ORDER BY purpose")
    assert consents == [
        {"purpose": "loting", "given": True, "channel": "partner"},
        {"purpose": "nieuwsbrief", "given": False, "channel": "partner"},
    ]
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
    from shared.events.envelope import dump_event, write_event

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
