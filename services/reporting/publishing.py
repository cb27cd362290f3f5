"""Publishing the results of a campaign: one frozen snapshot of all tables and charts, in one transaction."""

from collections.abc import Callable

import uuid_utils

from services.reporting import charts
from services.reporting.domain import report
from services.reporting.store import figures, publications
from services.reporting.store.publications import Publication
from shared.events.reporting import ReportPublished
from shared.transaction import Tx


class NotPublishable(Exception):
    """Why a campaign cannot be published now, in Dutch."""


async def publish(tx: Tx, campaign_id: str, *, drawing: Callable[[int], None] | None = None) -> Publication:
    """Freezes the results of a campaign and says so. `drawing` hears how many charts are about to be drawn.

    Raises NotPublishable for a campaign that is unknown, not closed, or published before.
    """
    campaign = await figures.campaign(tx, campaign_id)
    if campaign is None:
        raise NotPublishable(f"Er is geen inventarisatie {campaign_id}.")
    if campaign.status != "closed":
        raise NotPublishable(f"Inventarisatie {campaign_id} is nog niet gesloten.")
    answers = await figures.counts(tx, campaign.id)
    heard = await figures.counts(tx, figures.SIGNALS)
    reports = report.pages(campaign.questionnaire, answers, heard)
    drawn = list(report.charted(reports))
    if drawing:
        drawing(len(drawn))
    publication = Publication(str(uuid_utils.uuid7()), campaign.id, campaign.title, tx.now, campaign.closes)
    pictures = {(region, block["code"]): charts.draw(block) for region, block in drawn}
    if not await publications.add(tx, publication, reports, pictures):
        raise NotPublishable(f"Inventarisatie {campaign_id} is al gepubliceerd. Een publicatie verandert niet meer.")
    tx.emit(_said(publication, list(reports)))
    return publication


async def restate(tx: Tx, to: str) -> int:
    """Says every publication again, to one service. Gives how many facts that were."""
    found = await publications.all_of_them(tx)
    for publication in found:
        tx.emit(_said(publication, await publications.regions(tx, publication.id)), to=to)
    return len(found)


def _said(publication: Publication, regions: list[str]) -> ReportPublished:
    return ReportPublished(
        publication_id=publication.id,
        campaign_id=publication.campaign_id,
        title=publication.title,
        regions=tuple(sorted(regions)),
        at=publication.at,
    )
