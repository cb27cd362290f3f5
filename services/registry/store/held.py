"""What a partner is told of its own claims: so much that it can see whether its list says the same."""

from dataclasses import dataclass
from datetime import datetime

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class LastWord:
    """What a partner last said of an initiative: the hash of it (`shared.events.content`), and when."""

    external_id: str
    initiative_id: str
    sha256: bytes
    said_at: datetime
    withdrawn: bool


async def page(tx: Tx, partner: str, after: str, limit: int) -> list[LastWord]:
    """A partner's own claims by external id, from the first beyond `after`."""
    rows = await tx.fetch(
        """
        SELECT external_id, initiative_id, sha256, said_at, withdrawn_at IS NOT NULL AS withdrawn
        FROM claim WHERE partner = $1 AND external_id > $2 ORDER BY external_id LIMIT $3
        """,
        partner,
        after,
        limit,
    )
    return [
        LastWord(r["external_id"], str(r["initiative_id"]), r["sha256"], r["said_at"], r["withdrawn"]) for r in rows
    ]
