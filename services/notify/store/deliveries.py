"""Mails: due, being handed over, done. A mail is claimed and committed before it is handed over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.notify.domain.handover import PAUSES
from shared.db import Connection
from shared.outbox import Outgoing
from shared.transaction import Tx

LONGEST_PAUSE = max(PAUSES)


@dataclass(frozen=True)
class Mail:
    """A mail to be sent. `kind`, `about` and recipient name it: it is sent once, however often it is asked for."""

    id: str
    kind: str
    about: str
    recipient: str
    letter: dict[str, Any]
    deadline: datetime
    due: datetime | None = None
    """None: now."""
    name: str | None = None
    priority: int = 2
    """0 goes first: somebody is waiting for it at a screen."""
    initiative_id: str | None = None


@dataclass(frozen=True)
class Claimed:
    """A mail that this process alone may hand over, for now."""

    id: str
    kind: str
    about: str
    recipient: str
    name: str | None
    letter: dict[str, Any]
    created_at: datetime
    deadline: datetime
    attempts: int
    """This one included."""
    doubts: int
    """How many earlier tries may have succeeded without our knowing."""
    suppressed: bool


@dataclass(frozen=True)
class Settled:
    """What became of a mail: `delivered`, `failed`, or `due` again. `doubts`: whether it may have arrived all the same."""

    mail: Claimed
    state: str
    reply: str
    reason: str | None = None
    due: datetime | None = None
    tries: int = 0
    """What is to be added to `attempts`."""
    doubts: int = 0
    fact: Outgoing | None = None
    """What is said of it."""


@dataclass(frozen=True)
class Logged:
    """One line of the mail log."""

    kind: str
    about: str
    recipient: str
    state: str
    reason: str | None
    reply: str | None
    attempts: int
    created_at: datetime
    done_at: datetime | None


async def add(tx: Tx, mails: Iterable[Mail]) -> int:
    """Puts mails in the queue; gives how many were new."""
    rows = list(mails)
    added = await tx.fetch(
        """
        INSERT INTO delivery (id, kind, about, recipient, name, initiative_id, letter, priority, state, created_at,
                              due_at, deadline)
        SELECT id, kind, about, recipient, name, initiative_id, letter, priority, 'due', $11, due_at, deadline
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::smallint[],
                    $9::timestamptz[], $10::timestamptz[])
            AS new (id, kind, about, recipient, name, initiative_id, letter, priority, due_at, deadline)
        ON CONFLICT (kind, about, address) DO NOTHING
        RETURNING id
        """,
        [m.id for m in rows],
        [m.kind for m in rows],
        [m.about for m in rows],
        [m.recipient for m in rows],
        [m.name for m in rows],
        [m.initiative_id for m in rows],
        [m.letter for m in rows],
        [m.priority for m in rows],
        [m.due or tx.now for m in rows],
        [m.deadline for m in rows],
        tx.now,
    )
    return len(added)


async def anything_due(tx: Tx, lease: timedelta | None) -> bool:
    """Whether a turn would find a mail, if nobody else had its eye on it."""
    due: bool = await tx.fetchval(
        """
        SELECT EXISTS (SELECT FROM delivery WHERE state = 'due' AND deadline > $1
                       AND (due_at <= $1 OR due_at = created_at OR (attempts > 0 AND due_at > $1::timestamptz + $3::interval)))
            OR EXISTS (SELECT FROM delivery WHERE state = 'sending'
                       AND (claimed_at < $1::timestamptz - $2::interval OR claimed_at > $1::timestamptz + $2::interval))
        """,
        tx.now,
        lease,
        LONGEST_PAUSE,
    )
    return due


async def turn(
    connection: Connection, now: datetime, settled: Iterable[Settled], count: int, lease: timedelta | None
) -> Sequence[Claimed]:
    """Writes down what became of mails, says it, and claims so many to hand over, from now on nobody else's.

    All of it in one statement, because the connections of the mailer wait for it with every mail. What another process has
    taken over meanwhile is left to it, and not said. Claimed are those that are due, in order. Due is also what was due at
    once, or is tried again at a moment further ahead than any pause is long: both were planned by a clock that has been put
    back since. If that gives too few, abandoned ones are taken over, if there is a lease.
    """
    rows = sorted(settled, key=lambda s: s.mail.id)
    due = await connection.fetch(
        """
        WITH settled AS (
            UPDATE delivery SET state = done.state, reason = done.reason, reply = done.reply, claimed_at = NULL,
                                attempts = delivery.attempts + done.tries, doubts = delivery.doubts + done.doubts,
                                due_at = coalesce(done.due_at, delivery.due_at),
                                letter = CASE WHEN done.state = 'due' THEN letter END,
                                done_at = CASE WHEN done.state <> 'due' THEN $1::timestamptz END
            FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::int[], $9::int[])
                AS done (id, attempts, state, reason, reply, due_at, tries, doubts)
            WHERE delivery.id = done.id AND delivery.state = 'sending' AND delivery.attempts = done.attempts
            RETURNING delivery.id),
        said AS (
            INSERT INTO bus.outbox (exchange, routing_key, body, created_at)
            SELECT exchange, routing_key, body, $1
            FROM unnest($2::uuid[], $10::text[], $11::text[], $12::bytea[]) AS fact (id, exchange, routing_key, body)
                JOIN settled USING (id)
            WHERE body IS NOT NULL),
        next AS (
            SELECT id FROM delivery WHERE state = 'due' AND deadline > $1
                AND (due_at <= $1 OR due_at = created_at OR (attempts > 0 AND due_at > $1::timestamptz + $13::interval))
            ORDER BY priority, due_at LIMIT $14 FOR UPDATE SKIP LOCKED)
        UPDATE delivery SET state = 'sending', attempts = attempts + 1, claimed_at = $1
        FROM next WHERE delivery.id = next.id
        RETURNING delivery.id, kind, about, recipient, name, letter, created_at, deadline, attempts, doubts,
                  EXISTS (SELECT FROM suppression WHERE suppression.address = delivery.address) AS suppressed
        """,
        now,
        [s.mail.id for s in rows],
        [s.mail.attempts for s in rows],
        [s.state for s in rows],
        [s.reason for s in rows],
        [s.reply for s in rows],
        [s.due for s in rows],
        [s.tries for s in rows],
        [s.doubts for s in rows],
        [s.fact.exchange if s.fact else None for s in rows],
        [s.fact.routing_key if s.fact else None for s in rows],
        [s.fact.body if s.fact else None for s in rows],
        LONGEST_PAUSE,
        count,
    )
    claimed = [_claimed(row) for row in due]
    if len(claimed) < count and lease is not None:
        claimed += await _take_over(connection, now, lease, count - len(claimed))
    return claimed


async def _take_over(connection: Connection, now: datetime, lease: timedelta, count: int) -> Sequence[Claimed]:
    """Claims mails that were abandoned: somebody claimed one longer ago than `lease` (or that much ahead, by a clock that
    has been put back since) and never said what became of it. It may have been sent."""
    rows = await connection.fetch(
        """
        UPDATE delivery SET attempts = attempts + 1, doubts = doubts + 1, claimed_at = $1
        WHERE id = ANY (ARRAY(SELECT id FROM delivery WHERE state = 'sending'
                              AND (claimed_at < $1::timestamptz - $2::interval
                                   OR claimed_at > $1::timestamptz + $2::interval)
                              ORDER BY claimed_at LIMIT $3 FOR UPDATE SKIP LOCKED))
        RETURNING id, kind, about, recipient, name, letter, created_at, deadline, attempts, doubts,
                  EXISTS (SELECT FROM suppression WHERE suppression.address = delivery.address) AS suppressed
        """,
        now,
        lease,
        count,
    )
    return [_claimed(row) for row in rows]


async def give_up(tx: Tx, limit: int) -> Sequence[tuple[str, str, str]]:
    """Ends mails whose deadline has passed; gives id, kind and about of each."""
    rows = await tx.fetch(
        """
        UPDATE delivery SET state = 'failed', reason = 'given-up', done_at = $1, letter = NULL
        WHERE id = ANY (ARRAY(SELECT id FROM delivery WHERE state = 'due' AND deadline <= $1
                              ORDER BY deadline LIMIT $2 FOR UPDATE SKIP LOCKED))
        RETURNING id, kind, about
        """,
        tx.now,
        limit,
    )
    return [(str(row["id"]), row["kind"], row["about"]) for row in rows]


async def withdraw(tx: Tx, kinds: Sequence[str], abouts: Sequence[str], reason: str) -> None:
    """Takes back mails of these kinds about these that have not gone out, from whoever would get them."""
    await tx.execute(
        """
        UPDATE delivery SET state = 'withdrawn', reason = $3, done_at = $4, letter = NULL
        WHERE kind = ANY ($1::text[]) AND about = ANY ($2::text[]) AND state = 'due'
        """,
        kinds,
        abouts,
        reason,
        tx.now,
    )


async def withdraw_from_initiatives(tx: Tx, initiative_ids: Sequence[str], reason: str) -> None:
    """Takes back what has not gone out to these initiatives."""
    await tx.execute(
        """
        UPDATE delivery SET state = 'withdrawn', reason = $2, done_at = $3, letter = NULL
        WHERE initiative_id = ANY ($1::text[]) AND state = 'due'
        """,
        initiative_ids,
        reason,
        tx.now,
    )


async def withdraw_answered(tx: Tx, answered: Sequence[tuple[str, str]], reason: str) -> None:
    """Takes back invitations and reminders that have not gone out to who has answered (campaign, initiative)."""
    await tx.execute(
        """
        UPDATE delivery SET state = 'withdrawn', reason = $3, done_at = $4, letter = NULL
        FROM unnest($1::text[], $2::text[]) AS answered (campaign_id, initiative_id), invitation
        WHERE invitation.campaign_id = answered.campaign_id AND invitation.initiative_id = answered.initiative_id
          AND delivery.initiative_id = answered.initiative_id AND delivery.about = invitation.id
          AND delivery.state = 'due'
        """,
        [campaign for campaign, _ in answered],
        [initiative for _, initiative in answered],
        reason,
        tx.now,
    )


async def withdraw_unless_allowed(tx: Tx, initiative_ids: Sequence[str], kinds: Sequence[str], reason: str) -> None:
    """Takes back mails of these kinds to addresses that are no longer these initiatives' own, or may not be used so."""
    await tx.execute(
        """
        UPDATE delivery SET state = 'withdrawn', reason = $3, done_at = $4, letter = NULL
        FROM contact
        WHERE contact.initiative_id = delivery.initiative_id AND delivery.initiative_id = ANY ($1::text[])
          AND delivery.kind = ANY ($2::text[]) AND delivery.state = 'due'
          AND (contact.email IS NULL OR lower(contact.email) <> delivery.address
               OR NOT 'uitnodiging' = ANY (contact.purposes))
        """,
        initiative_ids,
        kinds,
        reason,
        tx.now,
    )


async def withdraw_from_staff(tx: Tx, email: str, reason: str) -> None:
    """Takes back what has not gone out to a staff member, but for what they asked for themselves."""
    await tx.execute(
        """
        UPDATE delivery SET state = 'withdrawn', reason = $2, done_at = $3, letter = NULL
        WHERE address = lower($1) AND state = 'due' AND initiative_id IS NULL AND kind <> 'login-link'
        """,
        email,
        reason,
        tx.now,
    )


async def asked_since(tx: Tx, kind: str, email: str, since: datetime) -> int:
    """How many mails of this kind were asked for by this address since then."""
    asked: int = await tx.fetchval(
        "SELECT count(*)::int FROM delivery WHERE kind = $1 AND address = lower($2) AND created_at > $3",
        kind,
        email,
        since,
    )
    return asked


async def log(tx: Tx, *, email: str | None = None, limit: int = 50) -> Sequence[Logged]:
    """The newest mails, to one address or to all."""
    rows = await tx.fetch(
        """
        SELECT kind, about, recipient, state, reason, reply, attempts, created_at, done_at FROM delivery
        WHERE $1::text IS NULL OR address = lower($1) ORDER BY created_at DESC, id DESC LIMIT $2
        """,
        email,
        limit,
    )
    return [Logged(**row) for row in rows]


async def counts(tx: Tx) -> Sequence[tuple[str, str, int]]:
    """How many mails there are of each kind in each state."""
    rows = await tx.fetch(
        "SELECT kind, state, count(*)::int AS mails FROM delivery GROUP BY kind, state ORDER BY kind, state"
    )
    return [(row["kind"], row["state"], row["mails"]) for row in rows]


async def backlog(tx: Tx) -> tuple[int, float]:
    """How many mails should have left, and for how many seconds the oldest of them."""
    row = await tx.fetchrow(
        """
        SELECT count(*)::int AS mails, coalesce(extract(epoch FROM $1::timestamptz - min(due_at)), 0)::float AS oldest_s
        FROM delivery WHERE (state = 'due' AND due_at <= $1) OR state = 'sending'
        """,
        tx.now,
    )
    return (row["mails"], row["oldest_s"]) if row else (0, 0.0)


async def forget(tx: Tx, older_than: timedelta) -> None:
    """Takes out of the mail log what was done longer ago than this."""
    await tx.execute("DELETE FROM delivery WHERE done_at < $1::timestamptz - $2::interval", tx.now, older_than)


def _claimed(row: Any) -> Claimed:
    return Claimed(**{**row, "id": str(row["id"])})
