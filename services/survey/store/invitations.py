"""Invitations and the drafts that belong to them. Tokens are kept as their SHA-256 only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.transaction import Tx

Reason = Literal["closed", "merged"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """`withdrawn_for` is None while it stands."""

    id: str
    campaign_id: str
    initiative_id: str
    withdrawn_for: Reason | None


@dataclass(frozen=True, slots=True)
class New:
    """An invitation that is about to be written."""

    id: str
    initiative_id: str
    token_sha256: bytes


async def uninvited(tx: Tx, campaign_id: str, *, limit: int) -> list[str]:
    """Active initiatives without an invitation that stands."""
    rows = await tx.fetch(
        """
        SELECT i.id FROM initiative i
        WHERE i.status = 'active' AND NOT EXISTS (
            SELECT FROM invitation v
            WHERE v.campaign_id = $1 AND v.initiative_id = i.id AND v.withdrawn_at IS NULL)
        ORDER BY i.id LIMIT $2
        """,
        campaign_id,
        limit,
    )
    return [r["id"] for r in rows]


async def uninvited_among(tx: Tx, campaign_id: str, initiatives: Collection[str]) -> list[str]:
    """Those of these initiatives that are active and have no invitation that stands."""
    rows = await tx.fetch(
        """
        SELECT i.id FROM initiative i
        WHERE i.id = ANY($2::text[]) AND i.status = 'active' AND NOT EXISTS (
            SELECT FROM invitation v
            WHERE v.campaign_id = $1 AND v.initiative_id = i.id AND v.withdrawn_at IS NULL)
        ORDER BY i.id
        """,
        campaign_id,
        list(initiatives),
    )
    return [r["id"] for r in rows]


async def issue(tx: Tx, campaign_id: str, invitations: Sequence[New]) -> set[str]:
    """Writes invitations; gives the ids of those written. An initiative that was just invited elsewhere is passed over."""
    rows = await tx.fetch(
        """
        INSERT INTO invitation (id, campaign_id, initiative_id, token_sha256, issued_at)
        SELECT id, $1, initiative_id, token_sha256, $5
        FROM unnest($2::text[], $3::text[], $4::bytea[]) AS n (id, initiative_id, token_sha256)
        ON CONFLICT (campaign_id, initiative_id) WHERE withdrawn_at IS NULL DO NOTHING
        RETURNING id
        """,
        campaign_id,
        [n.id for n in invitations],
        [n.initiative_id for n in invitations],
        [n.token_sha256 for n in invitations],
        tx.now,
    )
    return {r["id"] for r in rows}


async def withdraw_from_inactive(tx: Tx, initiatives: Collection[str]) -> list[Invitation]:
    """Withdraws what stands for those of these initiatives that have closed or gone into another."""
    rows = await tx.fetch(
        """
        UPDATE invitation v SET withdrawn_at = $2, withdrawn_for = i.status
        FROM initiative i
        WHERE v.initiative_id = i.id AND i.id = ANY($1::text[]) AND i.status IN ('closed', 'merged')
          AND v.withdrawn_at IS NULL
        RETURNING v.id, v.campaign_id, v.initiative_id, v.withdrawn_for
        """,
        list(initiatives),
        tx.now,
    )
    return [_invitation(r) for r in rows]


async def by_tokens(tx: Tx, hashes: Collection[bytes]) -> dict[bytes, Invitation]:
    """The invitations that these hashed tokens belong to."""
    rows = await tx.fetch(
        """
        SELECT token_sha256, id, campaign_id, initiative_id, withdrawn_for
        FROM invitation WHERE token_sha256 = ANY($1::bytea[])
        """,
        list(hashes),
    )
    return {bytes(r["token_sha256"]): _invitation(r) for r in rows}


async def every(tx: Tx, *, after: str, limit: int) -> list[Invitation]:
    """All invitations in the order of their ids, a page at a time."""
    rows = await tx.fetch(
        """
        SELECT id, campaign_id, initiative_id, withdrawn_for FROM invitation WHERE id > $1 ORDER BY id LIMIT $2
        """,
        after,
        limit,
    )
    return [_invitation(r) for r in rows]


async def draft(tx: Tx, invitation_id: str) -> dict[str, Any] | None:
    """What was filled in so far."""
    found: dict[str, Any] | None = await tx.fetchval(
        "SELECT answers FROM draft WHERE invitation_id = $1", invitation_id
    )
    return found


async def save_draft(tx: Tx, invitation_id: str, answers: dict[str, Any]) -> None:
    """Keeps what was filled in so far, instead of what was kept before."""
    await tx.execute(
        """
        INSERT INTO draft (invitation_id, answers, saved_at) VALUES ($1, $2, $3)
        ON CONFLICT (invitation_id) DO UPDATE SET answers = excluded.answers, saved_at = excluded.saved_at
        """,
        invitation_id,
        answers,
        tx.now,
    )


async def drop_draft(tx: Tx, invitation_id: str) -> None:
    """It was sent in."""
    await tx.execute("DELETE FROM draft WHERE invitation_id = $1", invitation_id)


def _invitation(row: Any) -> Invitation:
    return Invitation(row["id"], row["campaign_id"], row["initiative_id"], row["withdrawn_for"])
