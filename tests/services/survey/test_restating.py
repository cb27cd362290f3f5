"""Saying the present state again."""

from datetime import timedelta

from services.survey.handlers.restating import restate
from shared.events.partner import SignalReported
from shared.events.survey import CampaignOpened, InvitationIssued, InvitationWithdrawn, ResponseState, SignalRecorded

from .build import campaign, initiative, merged, response


async def test_the_whole_state_goes_to_one_service(room_of):
    """Campaigns, invitations without tokens, responses, signals as they stand now go to the one that asked."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1"), initiative("i2", "omzien/2"))
    await campaign(room)
    await campaign(room, "2027", opens="2027-09-14", closes="2027-10-31")
    await room.take("omzien", response("1"))
    room.clock.advance(timedelta(hours=1))
    await room.take("omzien", response("2"))
    await room.take("omzien", SignalReported(kind="droom", category="ruimte", text="geheim"))
    await room.hear(merged("i2", "i1"))
    before = {f.response_id: f for f in [s.data for s in await room.outbox()] if isinstance(f, ResponseState)}
    await room.clear()
    async with room.tx() as tx:
        said = await restate(tx, "reporting")
    again = await room.outbox()
    assert len(again) == said
    assert {s.exchange for s in again} == {"restate"}
    assert all(s.routing_key == f"reporting.{s.data.type}" for s in again)
    assert [c.campaign_id for c in await room.said(CampaignOpened)] == ["2026"]
    invitations = await room.said(InvitationIssued)
    assert {i.initiative_id for i in invitations} == {"i1", "i2"}
    assert all(i.token is None and i.url is None for i in invitations)
    assert [i.initiative_id for i in await room.said(InvitationWithdrawn)] == ["i2"]
    responses = {s.data.response_id: s.data for s in again if isinstance(s.data, ResponseState)}
    assert responses == {i: type(responses[i]).model_validate(f.model_dump()) for i, f in before.items()}
    assert len(await room.said(SignalRecorded)) == 1
    assert all("geheim" not in str(s.envelope) for s in again)
