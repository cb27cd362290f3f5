"""What survey says: campaigns, invitations, responses, signals."""

from collections.abc import Sequence

from services.notify.domain import notices
from services.notify.handlers.registry import AT_ONCE
from services.notify.post import INVITATION_MAILS, PostOffice
from services.notify.store import deliveries, invitations, movement
from shared.bus import on
from shared.events.base import Received
from shared.events.survey import (
    CampaignClosed,
    CampaignClosingSoon,
    CampaignOpened,
    CampaignScheduled,
    CampaignState,
    InvitationIssued,
    InvitationWithdrawn,
    ResponseRecorded,
    ResponseReplaced,
    ResponseState,
    SignalRecorded,
)
from shared.transaction import Tx


@on(CampaignScheduled, CampaignOpened, CampaignClosingSoon, CampaignClosed)
async def tell_of_campaign(event: Received[CampaignState], tx: Tx, *, post: PostOffice) -> None:
    """Staff hear that a campaign has opened, that it closes soon, and that it has closed, with the response so far."""
    campaign = event.data
    await movement.remember_campaign(tx, campaign)
    match campaign:
        case CampaignOpened():
            await post.announce(tx, [notices.campaign_opened(campaign)])
        case CampaignClosingSoon():
            rates = await movement.rates_by_province(tx, campaign.campaign_id)
            await post.announce(tx, [notices.campaign_closing_soon(campaign, rates)])
        case CampaignClosed():
            rates = await movement.rates_by_province(tx, campaign.campaign_id)
            reach = await invitations.reach(tx, campaign.campaign_id)
            await post.announce(tx, [notices.campaign_closed(campaign, rates, reach)])


@on(ResponseRecorded, ResponseReplaced, batch=True)
async def stop_reminding(events: Sequence[Received[ResponseState]], tx: Tx) -> None:
    """Who has answered, by whatever channel, is not asked again."""
    await invitations.lock_asking(tx)
    await movement.remember_responses(tx, [event.data for event in events])
    answered = sorted({(e.data.campaign_id, e.data.initiative_id) for e in events if e.data.counted})
    if answered:
        await deliveries.withdraw_answered(tx, answered, "answered")


@on(InvitationIssued, batch=True)
async def invite(events: Sequence[Received[InvitationIssued]], tx: Tx, *, post: PostOffice) -> None:
    """An initiative whose address may be used is invited at once; the others wait until there is an address."""
    await invitations.lock_asking(tx)
    await invitations.issue(tx, [event.data for event in events])
    asked = sorted({event.data.initiative_id for event in events})
    await post.invite(tx, "invitation", await invitations.lock_ready(tx, asked, AT_ONCE))


@on(InvitationWithdrawn, batch=True)
async def stop_inviting(events: Sequence[Received[InvitationWithdrawn]], tx: Tx) -> None:
    """A withdrawn invitation is mailed no more."""
    await invitations.lock_asking(tx)
    ended = await invitations.withdraw(tx, [event.data for event in events])
    if ended:
        await deliveries.withdraw(tx, INVITATION_MAILS, ended, "withdrawn")


@on(SignalRecorded)
async def tell_of_signal(event: Received[SignalRecorded], tx: Tx, *, post: PostOffice) -> None:
    """Staff in the region hear of a bottleneck, a solution, a success or a dream."""
    initiative = event.data.initiative_id
    name = await movement.name_of(tx, initiative) if initiative else None
    await post.announce(tx, [notices.signal(event.data, name)])
