"""Responses that partners bring: about whom."""

from datetime import timedelta

from shared.events.answers import EventAccepted
from shared.events.survey import ResponseRecorded
from tests.room import NOW
from tests.services.survey.build import initiative, response, tokens

from .conftest import codes


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
