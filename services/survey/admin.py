"""What staff do with campaigns from the command line: plan, look, open or close earlier than planned."""

from dataclasses import dataclass, replace

from services.survey.domain import campaign as domain
from services.survey.domain.campaign import Campaign, NotPossible
from services.survey.handlers.running import bring_up_to_date, scheduled
from services.survey.settings import Settings
from services.survey.store import campaigns
from services.survey.store.campaigns import Tally
from shared.dutch import date_and_time
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Overview:
    """A campaign and how many take part."""

    campaign: Campaign
    tally: Tally


async def plan(tx: Tx, campaign_id: str, *, title: str, questionnaire: str, opens: str, closes: str) -> Campaign:
    """Plans a campaign, or plans one otherwise that has not opened yet; times are Dutch. Raises NotPossible."""
    planned = domain.plan(campaign_id, title=title, questionnaire=questionnaire, opens=opens, closes=closes)
    if planned.closes <= tx.now:
        raise NotPossible(f"De sluiting ({date_and_time(planned.closes)}) is al voorbij.")
    held = await campaigns.lock_one(tx, campaign_id)
    if held and held.status != "scheduled":
        raise NotPossible(f"Inventarisatie {campaign_id} is al open geweest en kan niet anders worden gepland.")
    if held:
        planned = replace(planned, version=held.version + 1)
    await scheduled(tx, planned)
    return planned


async def overview(tx: Tx) -> list[Overview]:
    """Every campaign, in the order in which they open."""
    return [Overview(c, await campaigns.tally(tx, c.id)) for c in await campaigns.all_of_them(tx)]


async def show(tx: Tx, campaign_id: str) -> Overview:
    """One campaign. Raises NotPossible when there is none."""
    held = (await campaigns.find(tx, [campaign_id])).get(campaign_id)
    if held is None:
        raise NotPossible(f"Inventarisatie {campaign_id} bestaat niet.")
    return Overview(held, await campaigns.tally(tx, campaign_id))


async def open_now(tx: Tx, campaign_id: str, settings: Settings) -> Campaign:
    """Opens it now instead of when it was planned, and invites. Raises NotPossible."""
    held = await _held(tx, campaign_id)
    return await _go_on(tx, held.opened_at(tx.now), settings)


async def close_now(tx: Tx, campaign_id: str, settings: Settings) -> Campaign:
    """Closes it now instead of when it was planned. Raises NotPossible."""
    held = await _held(tx, campaign_id)
    return await _go_on(tx, held.closed_at(tx.now), settings)


async def _held(tx: Tx, campaign_id: str) -> Campaign:
    held = await campaigns.lock_one(tx, campaign_id)
    if held is None:
        raise NotPossible(f"Inventarisatie {campaign_id} bestaat niet.")
    return held


async def _go_on(tx: Tx, campaign: Campaign, settings: Settings) -> Campaign:
    return await bring_up_to_date(tx, campaign, public_url=settings.public_url, at_once=settings.invitations_at_once)
