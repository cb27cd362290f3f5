"""Reading what was counted. The cost grows with the regions, not with the initiatives or responses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.transaction import Tx

REGISTER, SIGNALS = "register", "signals"


@dataclass(frozen=True, slots=True)
class Campaign:
    id: str
    title: str
    questionnaire: str
    opens: datetime
    closes: datetime
    status: str


async def campaign(tx: Tx, campaign_id: str) -> Campaign | None:
    row = await tx.fetchrow(
        """
        SELECT id, title, questionnaire, opens, closes, status FROM heard.campaign WHERE id = $1 AND version > 0
        """,
        campaign_id,
    )
    return Campaign(**row) if row else None


async def latest_campaign(tx: Tx) -> Campaign | None:
    """The campaign that opened last; planned ones do not count."""
    row = await tx.fetchrow(
        """
        SELECT id, title, questionnaire, opens, closes, status FROM heard.campaign
        WHERE status IN ('open', 'closed') ORDER BY opens DESC, id DESC LIMIT 1
        """
    )
    return Campaign(**row) if row else None


async def totals(tx: Tx, subject: str, regions: Sequence[str] | None = None) -> dict[str, int]:
    """The number of each item over these regions (None: over all of them)."""
    rows = await tx.fetch(
        """
        SELECT item, sum(n)::bigint AS n FROM heard.tally
        WHERE subject = $1 AND ($2::text[] IS NULL OR region = ANY($2::text[]))
        GROUP BY item HAVING sum(n) <> 0
        """,
        subject,
        regions,
    )
    return {row["item"]: row["n"] for row in rows}


async def item_by_region(tx: Tx, subject: str, item: str) -> dict[str, int]:
    """The number of one item in each region where it is not zero."""
    rows = await tx.fetch(
        "SELECT region, n FROM heard.tally WHERE subject = $1 AND item = $2 AND n <> 0", subject, item
    )
    return {row["region"]: row["n"] for row in rows}


async def counts(tx: Tx, subject: str) -> dict[str, dict[str, int]]:
    """Every number of a subject: by region, by item."""
    found: dict[str, dict[str, int]] = {}
    for row in await tx.fetch("SELECT region, item, n FROM heard.tally WHERE subject = $1 AND n <> 0", subject):
        found.setdefault(row["region"], {})[row["item"]] = row["n"]
    return found
