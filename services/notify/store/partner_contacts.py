"""Where the person at each partner gets mail."""

from collections.abc import Iterable

from shared.events.registry import PartnerContactChanged
from shared.transaction import Tx


async def remember(tx: Tx, contacts: Iterable[PartnerContactChanged]) -> None:
    """Keeps each partner's highest version. What was to go to a former address, and has not gone, goes nowhere."""
    for said in sorted(contacts, key=lambda c: (c.partner, c.version)):
        newer = await tx.fetchval(
            """
            INSERT INTO partner_contact AS c (partner, version, email) VALUES ($1, $2, $3)
            ON CONFLICT (partner) DO UPDATE SET version = excluded.version, email = excluded.email
            WHERE c.version < excluded.version
            RETURNING true
            """,
            said.partner,
            said.version,
            said.email,
        )
        if newer:
            await tx.execute(
                """
                UPDATE delivery SET state = 'withdrawn', reason = 'no-address', done_at = $3, letter = NULL
                WHERE kind = 'partner-day' AND state = 'due' AND split_part(about, ':', 1) = $1
                  AND address IS DISTINCT FROM lower($2)
                """,
                said.partner,
                said.email,
                tx.now,
            )


async def address_of(tx: Tx, partner: str) -> str | None:
    """Where the person at this partner gets mail, if anywhere."""
    email: str | None = await tx.fetchval("SELECT email FROM partner_contact WHERE partner = $1", partner)
    return email
