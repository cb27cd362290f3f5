"""The questions about possible duplicates that one partner was asked."""

from datetime import datetime

from shared.transaction import Tx


async def count_unanswered(tx: Tx, partner: str) -> int:
    """How many open questions wait for this partner's answer."""
    return int(
        await tx.fetchval(
            """
            SELECT count(*) FROM match AS m
            WHERE m.status = 'open' AND $1 = ANY(m.asked)
            AND NOT EXISTS (SELECT FROM match_answer AS a WHERE a.match_id = m.id AND a.partner = $1)
            """,
            partner,
        )
    )


async def open_ids(tx: Tx, partner: str, limit: int) -> list[str]:
    """Open questions to this partner: what it has not answered goes first, then the oldest."""
    rows = await tx.fetch(
        """
        SELECT m.id FROM match AS m
        LEFT JOIN match_answer AS a ON a.match_id = m.id AND a.partner = $1
        WHERE m.status = 'open' AND $1 = ANY(m.asked)
        ORDER BY a.partner IS NOT NULL, m.found_at, m.id LIMIT $2
        """,
        partner,
        limit,
    )
    return [str(r["id"]) for r in rows]


async def decided_ids(tx: Tx, partner: str, since: datetime, limit: int) -> list[str]:
    """Questions to this partner that were decided since then, newest first."""
    rows = await tx.fetch(
        """
        SELECT id FROM match WHERE status <> 'open' AND $1 = ANY(asked) AND decided_at > $2
        ORDER BY decided_at DESC, id LIMIT $3
        """,
        partner,
        since,
        limit,
    )
    return [str(r["id"]) for r in rows]


async def answers_of(tx: Tx, partner: str, ids: list[str]) -> dict[str, str]:
    """What this partner said to these questions."""
    rows = await tx.fetch(
        "SELECT match_id, answer FROM match_answer WHERE partner = $1 AND match_id = ANY($2::uuid[])", partner, ids
    )
    return {str(r["match_id"]): r["answer"] for r in rows}


async def was_answered(tx: Tx, partner: str, event_id: str) -> bool:
    """Whether a taker has said what became of this event."""
    return bool(
        await tx.fetchval("SELECT EXISTS (SELECT FROM answer WHERE partner = $1 AND event_id = $2)", partner, event_id)
    )
