"""What a page about a region needs, read in one transaction."""

from dataclasses import dataclass
from typing import Any

from services.reporting.domain import overview, regions, report
from services.reporting.domain.listing import LISTED
from services.reporting.domain.overview import Overview
from services.reporting.store import figures, publications
from services.reporting.store.figures import Campaign
from services.reporting.store.publications import Publication
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class RegionView:
    """The live figures of a region, and its page of one publication."""

    code: str
    name: str
    overview: Overview
    campaign: Campaign | None
    response: dict[str, int | None]
    publications: list[Publication]
    publication: Publication | None
    report: dict[str, Any] | None


async def region(tx: Tx, code: str, campaign_id: str | None = None) -> RegionView | None:
    """Everything about a region; `campaign_id` chooses a publication, else it is the latest. None if there is no such one."""
    inside = None if code == regions.COUNTRY else overview.inside(code)
    totals = await figures.totals(tx, figures.REGISTER, inside)
    listed = await figures.item_by_region(tx, figures.REGISTER, LISTED)
    campaign = await figures.latest_campaign(tx)
    counted = await figures.totals(tx, campaign.id, inside) if campaign else {}
    published = await publications.all_of_them(tx)
    chosen = next((p for p in published if campaign_id in (None, p.campaign_id)), None)
    if campaign_id is not None and chosen is None:
        return None
    return RegionView(
        code=code,
        name=regions.name(code),
        overview=overview.overview(code, totals, listed),
        campaign=campaign,
        response=report.rate(counted),
        publications=published,
        publication=chosen,
        report=await publications.page(tx, chosen.id, code) if chosen else None,
    )
