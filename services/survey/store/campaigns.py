"""Campaigns, and how many take part in them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from services.survey.domain.campaign import Campaign
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Tally:
    """Initiatives invited so far, and initiatives whose response counts."""

    invited: int
    responded: int


def _campaign(row: Any) -> Campaign:
    return Campaign(
        row["id"],
        row["version"],
        row["title"],
        row["questionnaire"],
        row["opens"],
        row["closes"],
        row["status"],
        row["closing_soon_said"],
    )


async def find(tx: Tx, ids: Collection[str]) -> dict[str, Campaign]:
    """The campaigns with these ids."""
    rows = await tx.fetch(
        """
        SELECT id, version, title, questionnaire, opens, closes, status, closing_soon_said
        FROM campaign WHERE id = ANY($1::text[])
        """,
        sorted(set(ids)),
    )
    return {r["id"]: _campaign(r) for r in rows}


async def all_of_them(tx: Tx) -> list[Campaign]:
    """Every campaign, in the order in which they open."""
    rows = await tx.fetch(
        """
        SELECT id, version, title, questionnaire, opens, closes, status, closing_soon_said
        FROM campaign ORDER BY opens, id
        """
    )
    return [_campaign(r) for r in rows]


async def lock_one(tx: Tx, campaign_id: str) -> Campaign | None:
    """The campaign, held until the end of the transaction."""
    row = await tx.fetchrow(
        """
        SELECT id, version, title, questionnaire, opens, closes, status, closing_soon_said
        FROM campaign WHERE id = $1 FOR NO KEY UPDATE
        """,
        campaign_id,
    )
    return _campaign(row) if row else None


async def lock_unfinished(tx: Tx) -> list[Campaign]:
    """Campaigns that have not closed, save those that another replica is busy with."""
    rows = await tx.fetch(
        """
        SELECT id, version, title, questionnaire, opens, closes, status, closing_soon_said
        FROM campaign WHERE status <> 'closed' ORDER BY opens, id FOR NO KEY UPDATE SKIP LOCKED
        """
    )
    return [_campaign(r) for r in rows]


async def open_ones(tx: Tx) -> list[Campaign]:
    """Campaigns that have been opened and not closed."""
    rows = await tx.fetch(
        """
        SELECT id, version, title, questionnaire, opens, closes, status, closing_soon_said
        FROM campaign WHERE status = 'open' ORDER BY id
        """
    )
    return [_campaign(r) for r in rows]


async def save(tx: Tx, campaign: Campaign) -> None:
    """Writes the campaign's present state."""
    await tx.execute(
        """
        INSERT INTO campaign (id, version, title, questionnaire, opens, closes, status, closing_soon_said)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, title = excluded.title,
            questionnaire = excluded.questionnaire, opens = excluded.opens, closes = excluded.closes,
            status = excluded.status, closing_soon_said = excluded.closing_soon_said
        """,
        campaign.id,
        campaign.version,
        campaign.title,
        campaign.questionnaire,
        campaign.opens,
        campaign.closes,
        campaign.status,
        campaign.closing_soon_said,
    )


async def tally(tx: Tx, campaign_id: str) -> Tally:
    """How many take part. An initiative that went into another is not one more; one that stopped since, is."""
    row = await tx.fetchrow(
        """
        SELECT (SELECT count(DISTINCT initiative_id) FROM invitation
                WHERE campaign_id = $1 AND withdrawn_for IS DISTINCT FROM 'merged') AS invited,
               (SELECT count(*) FROM response WHERE campaign_id = $1 AND counted) AS responded
        """,
        campaign_id,
    )
    assert row is not None
    return Tally(row["invited"], row["responded"])


async def forget_drafts(tx: Tx, campaign_id: str) -> None:
    """What was never sent in goes when the campaign closes."""
    await tx.execute(
        """
        DELETE FROM draft USING invitation
        WHERE draft.invitation_id = invitation.id AND invitation.campaign_id = $1
        """,
        campaign_id,
    )
