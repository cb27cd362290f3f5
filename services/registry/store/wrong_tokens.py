"""Logins with a token that is none: how often somebody tried, for as long as that matters."""

from datetime import datetime

from shared.transaction import Tx


async def count(tx: Tx, who: str, since: datetime) -> int:
    """How often `who`, a network address, gave a wrong token since then."""
    return int(await tx.fetchval("SELECT count(*) FROM wrong_token WHERE who = $1 AND at > $2", who, since))


async def note(tx: Tx, who: str) -> None:
    """One more."""
    await tx.execute("INSERT INTO wrong_token (who, at) VALUES ($1, $2)", who, tx.now)


async def forget(tx: Tx, before: datetime) -> None:
    """Addresses are personal data: what no longer counts goes."""
    await tx.execute("DELETE FROM wrong_token WHERE at <= $1", before)
