"""What has been published. It is only ever added to; the database refuses anything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Publication:
    id: str
    campaign_id: str
    title: str
    at: datetime
    closed: datetime


async def add(
    tx: Tx,
    publication: Publication,
    pages: Mapping[str, dict[str, Any]],
    charts: Mapping[tuple[str, str], str],
) -> bool:
    """Publishes pages by region and charts by region and block. False if the campaign has been published before."""
    added = await tx.fetchval(
        """
        INSERT INTO published.publication (id, campaign_id, title, at, closed) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id) DO NOTHING RETURNING id
        """,
        publication.id,
        publication.campaign_id,
        publication.title,
        publication.at,
        publication.closed,
    )
    if added is None:
        return False
    await tx.executemany(
        "INSERT INTO published.page (publication_id, region, report) VALUES ($1, $2, $3)",
        [(publication.id, region, pages[region]) for region in sorted(pages)],
    )
    await tx.executemany(
        "INSERT INTO published.chart (publication_id, region, block, svg) VALUES ($1, $2, $3, $4)",
        [(publication.id, region, block, charts[region, block]) for region, block in sorted(charts)],
    )
    return True


async def all_of_them(tx: Tx) -> list[Publication]:
    """Newest first."""
    rows = await tx.fetch(
        "SELECT id, campaign_id, title, at, closed FROM published.publication ORDER BY at DESC, id DESC"
    )
    return [Publication(**row) for row in rows]


async def regions(tx: Tx, publication_id: str) -> list[str]:
    rows = await tx.fetch("SELECT region FROM published.page WHERE publication_id = $1 ORDER BY region", publication_id)
    return [row["region"] for row in rows]


async def page(tx: Tx, publication_id: str, region: str) -> dict[str, Any] | None:
    report: dict[str, Any] | None = await tx.fetchval(
        "SELECT report FROM published.page WHERE publication_id = $1 AND region = $2", publication_id, region
    )
    return report


async def chart(tx: Tx, campaign_id: str, region: str, block: str) -> str | None:
    svg: str | None = await tx.fetchval(
        """
        SELECT c.svg FROM published.chart c JOIN published.publication p ON p.id = c.publication_id
        WHERE p.campaign_id = $1 AND c.region = $2 AND c.block = $3
        """,
        campaign_id,
        region,
        block,
    )
    return svg
