"""Addresses to which nothing goes, and links that were used."""

from datetime import datetime
from typing import Literal

from shared.transaction import Tx

Reason = Literal["unsubscribed", "mailbox-gone", "asked"]


async def suppress(tx: Tx, email: str, reason: Reason) -> None:
    """Nothing goes to this address any more; a first reason stays."""
    await tx.execute(
        "INSERT INTO suppression (address, reason, at) VALUES (lower($1), $2, $3) ON CONFLICT (address) DO NOTHING",
        email,
        reason,
        tx.now,
    )


async def release(tx: Tx, email: str, *, unsubscribed_only: bool = False) -> bool:
    """Mails may go to this address again; tells whether it was suppressed."""
    return bool(
        await tx.fetchval(
            """
            DELETE FROM suppression WHERE address = lower($1) AND (NOT $2 OR reason = 'unsubscribed') RETURNING true
            """,
            email,
            unsubscribed_only,
        )
    )


async def reason_for(tx: Tx, email: str) -> str | None:
    """Why nothing goes to this address, if so."""
    reason: str | None = await tx.fetchval("SELECT reason FROM suppression WHERE address = lower($1)", email)
    return reason


async def use_link(tx: Tx, fingerprint: bytes, expires: datetime) -> bool:
    """Marks a link as used; False if it was used before."""
    return bool(
        await tx.fetchval(
            "INSERT INTO used_link (fingerprint, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true",
            fingerprint,
            expires,
        )
    )


async def forget_links(tx: Tx) -> None:
    """Used links whose time is over cannot be used anyway."""
    await tx.execute("DELETE FROM used_link WHERE expires_at < $1", tx.now)
