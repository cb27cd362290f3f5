"""Staff, and what they follow where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import uuid_utils
from asyncpg import Record

from services.notify.domain.audience import Staff
from services.notify.domain.kinds import How
from shared.transaction import Tx


@dataclass(frozen=True)
class Member:
    """A staff member as the administrator sees it."""

    staff: Staff
    role: str | None
    added_at: datetime
    subscriptions: int


@dataclass(frozen=True)
class Subscription:
    """What a staff member follows: this kind of event, in this region."""

    kind: str
    region: str
    how: How


async def add(
    tx: Tx, email: str, *, name: str | None, role: str | None, digest_at: time, working_hours_only: bool
) -> tuple[Staff, bool]:
    """Adds a staff member, or changes the one with this address; tells which of the two."""
    row = await tx.fetchrow(
        """
        INSERT INTO staff (id, email, name, role, digest_at, working_hours_only, added_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (address) DO UPDATE
        SET email = excluded.email, name = coalesce(excluded.name, staff.name),
            role = coalesce(excluded.role, staff.role), digest_at = excluded.digest_at,
            working_hours_only = excluded.working_hours_only
        RETURNING id, email, name, digest_at, working_hours_only, xmax = 0 AS is_new
        """,
        str(uuid_utils.uuid7()),
        email,
        name,
        role,
        digest_at,
        working_hours_only,
        tx.now,
    )
    if row is None:
        raise RuntimeError("an upsert gives a row")
    return staff_in(row), row["is_new"]


async def find(tx: Tx, email: str) -> Staff | None:
    """The staff member with this address, whatever its capitals."""
    row = await tx.fetchrow(
        "SELECT id, email, name, digest_at, working_hours_only FROM staff WHERE address = lower($1)", email
    )
    return staff_in(row) if row else None


async def everyone(tx: Tx) -> Sequence[Member]:
    """All staff, by address."""
    rows = await tx.fetch(
        """
        SELECT id, email, name, digest_at, working_hours_only, role, added_at,
               (SELECT count(*) FROM subscription WHERE staff_id = staff.id)::int AS subscriptions
        FROM staff ORDER BY address
        """
    )
    return [Member(staff_in(row), row["role"], row["added_at"], row["subscriptions"]) for row in rows]


async def role_of(tx: Tx, staff_id: str) -> str | None:
    """What a staff member does, in their own words."""
    role: str | None = await tx.fetchval("SELECT role FROM staff WHERE id = $1", staff_id)
    return role


async def remove(tx: Tx, email: str) -> bool:
    """Takes a staff member out, with what they follow; tells whether there was one."""
    removed = await tx.fetchval("DELETE FROM staff WHERE address = lower($1) RETURNING true", email)
    return bool(removed)


async def prefer(tx: Tx, staff_id: str, *, digest_at: time, working_hours_only: bool) -> None:
    """When mails may come."""
    await tx.execute(
        "UPDATE staff SET digest_at = $2, working_hours_only = $3 WHERE id = $1",
        staff_id,
        digest_at,
        working_hours_only,
    )


async def follow(tx: Tx, staff_id: str, subscriptions: Iterable[Subscription]) -> None:
    """Adds what a staff member follows; what they follow already gets the new way of hearing."""
    rows = sorted({(s.kind, s.region): s for s in subscriptions}.items())
    await tx.execute(
        """
        INSERT INTO subscription (staff_id, kind, region, how)
        SELECT $1, kind, region, how FROM unnest($2::text[], $3::text[], $4::text[]) AS new (kind, region, how)
        ON CONFLICT (staff_id, kind, region) DO UPDATE SET how = excluded.how
        """,
        staff_id,
        [key[0] for key, _ in rows],
        [key[1] for key, _ in rows],
        [s.how for _, s in rows],
    )


async def unfollow(tx: Tx, staff_id: str, kind: str | None = None, region: str | None = None) -> int:
    """Takes out what a staff member follows: one kind, one region, or (None) all of them. Gives how many."""
    rows = await tx.fetch(
        """
        DELETE FROM subscription
        WHERE staff_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR region = $3)
        RETURNING kind
        """,
        staff_id,
        kind,
        region,
    )
    return len(rows)


async def subscriptions(tx: Tx, staff_id: str) -> Sequence[Subscription]:
    """What a staff member follows."""
    rows = await tx.fetch(
        "SELECT kind, region, how FROM subscription WHERE staff_id = $1 ORDER BY region, kind", staff_id
    )
    return [Subscription(row["kind"], row["region"], row["how"]) for row in rows]


def staff_in(row: Record) -> Staff:
    """The staff member in a row that has all their columns."""
    return Staff(str(row["id"]), row["email"], row["name"], row["digest_at"], row["working_hours_only"])
