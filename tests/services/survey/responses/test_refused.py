"""Responses that partners bring: why they are not taken."""

from datetime import timedelta

import pytest

from shared.events.answers import EventAccepted
from shared.events.envelope import EVENT_JSON, Faulty, dump_event, read_message, write_event
from shared.events.partner import Consent
from shared.events.registry import InitiativeClosed
from tests.room import NOW
from tests.services.survey.build import ANSWERS, campaign, initiative, response, tokens

from .conftest import codes


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
