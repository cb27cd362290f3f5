"""Time passes: campaigns open, are about to close, and close; and nobody is forgotten."""

from services.survey.handlers.running import bring_up_to_date, invite_more
from services.survey.store import campaigns
from shared.schedule import every
from shared.transaction import Tx


@every(seconds=15)
async def follow_the_clock(tx: Tx, *, public_url: str, invitations_at_once: int) -> None:
    """A campaign opens and closes by the clock, and a week before closing that is said, once."""
    for campaign in await campaigns.lock_unfinished(tx):
        if campaign.due(tx.now):
            await bring_up_to_date(tx, campaign, public_url=public_url, at_once=invitations_at_once)


@every(seconds=15)
async def invite_who_was_missed(tx: Tx, *, public_url: str, invitations_at_once: int) -> None:
    """While a campaign is open, every active initiative gets its invitation: also the last thousand of a million."""
    for campaign in await campaigns.lock_unfinished(tx):
        if campaign.status == "open":
            await invite_more(tx, campaign, public_url=public_url, at_once=invitations_at_once)
