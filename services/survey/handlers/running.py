"""Bringing a campaign to where the clock says it is, and saying so."""

from services.survey.domain.campaign import Campaign
from services.survey.handlers import facts
from services.survey.handlers.inviting import invite
from services.survey.store import campaigns, invitations
from shared.events.survey import CampaignClosed, CampaignClosingSoon, CampaignOpened, CampaignScheduled
from shared.transaction import Tx

_FACTS = {"open": CampaignOpened, "closing-soon": CampaignClosingSoon, "close": CampaignClosed}


async def scheduled(tx: Tx, campaign: Campaign) -> None:
    """Writes a campaign that is planned, or planned otherwise, and says so."""
    await campaigns.save(tx, campaign)
    tx.emit(facts.of_campaign(CampaignScheduled, campaign, campaigns.Tally(0, 0)))


async def bring_up_to_date(tx: Tx, campaign: Campaign, *, public_url: str, at_once: int) -> Campaign:
    """Takes every step that is due, oldest first. On opening, up to `at_once` initiatives are invited in the same go."""
    while step := campaign.due(tx.now):
        campaign = campaign.after(step)
        await campaigns.save(tx, campaign)
        if step == "open":
            await invite_more(tx, campaign, public_url=public_url, at_once=at_once)
        if step == "close":
            await campaigns.forget_drafts(tx, campaign.id)
        tx.emit(facts.of_campaign(_FACTS[step], campaign, await campaigns.tally(tx, campaign.id)))
    return campaign


async def invite_more(tx: Tx, campaign: Campaign, *, public_url: str, at_once: int) -> int:
    """Invites active initiatives that have no invitation yet, up to `at_once`; gives how many."""
    if not campaign.is_open(tx.now):
        return 0
    found = await invitations.uninvited(tx, campaign.id, limit=at_once)
    if found:
        await invite(tx, campaign, found, public_url=public_url)
    return len(found)
