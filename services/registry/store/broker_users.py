"""The partners' users at the broker: which there are, and until when. Their passwords are the broker's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """One user; `expires_at` is the moment from which it is to be removed, None while it stays."""

    name: str
    partner: str
    issued_at: datetime
    expires_at: datetime | None


async def of_partner(tx: Tx, partner: str) -> list[BrokerUser]:
    """A partner's users, oldest first."""
    rows = await tx.fetch(
        "SELECT name, partner, issued_at, expires_at FROM broker_user WHERE partner = $1 ORDER BY issued_at, name",
        partner,
    )
    return [_user(r) for r in rows]


async def keep(tx: Tx, partner: str, name: str) -> None:
    """A user that gets its password now."""
    await tx.execute(
        """
        INSERT INTO broker_user (name, partner, issued_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET issued_at = excluded.issued_at, expires_at = NULL
        """,
        name,
        partner,
        tx.now,
    )


async def end(tx: Tx, names: Collection[str], at: datetime) -> None:
    """Lets users in until a moment, or shorter where they end sooner."""
    await tx.execute(
        "UPDATE broker_user SET expires_at = $2 WHERE name = ANY($1::text[]) AND (expires_at IS NULL OR expires_at > $2)",
        sorted(names),
        at,
    )


async def expired(tx: Tx) -> list[BrokerUser]:
    """Those whose moment has passed, by partner."""
    rows = await tx.fetch(
        "SELECT name, partner, issued_at, expires_at FROM broker_user WHERE expires_at <= $1 ORDER BY partner, name",
        tx.now,
    )
    return [_user(r) for r in rows]


async def forget(tx: Tx, names: Collection[str]) -> None:
    """These are gone from the broker, or about to be."""
    await tx.execute("DELETE FROM broker_user WHERE name = ANY($1::text[])", sorted(names))


def _user(r: asyncpg.Record) -> BrokerUser:
    return BrokerUser(r["name"], r["partner"], r["issued_at"], r["expires_at"])
