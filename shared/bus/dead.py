"""What the operator does with events that were set aside: look, have them run again, drop them.

Running again is asked for here, in the database; a running service picks it up (`Engine.retry_replays`), so that the event
goes through the reaction of the release that runs, and through that one alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import db, inbox
from shared.events.problems import problem
from shared.transaction import Tx

from . import answers, directory, keep
from .item import TRIED_OUT, Item

MOST_TRIES = 3
"""So often is a replay begun. One that never ended so often has killed its process."""
LEASE = timedelta(minutes=1)
"""For so long a replay that was begun is nobody else's."""


@dataclass(frozen=True, slots=True)
class Dead:
    """One event that was set aside, without its payload."""

    id: int
    queue: str
    reaction: str
    origin: str
    partner: str | None
    source: str | None
    event_id: str | None
    type: str | None
    subject: str | None
    cause: str
    times: int
    received_at: datetime
    set_aside_at: datetime
    replay_at: datetime | None
    replay_by: str | None


@dataclass(frozen=True, slots=True)
class Payload:
    """What came in, and how our code failed on it. Both may hold personal data."""

    body: bytes
    detail: str


async def listed(
    tx: Tx, *, ids: Sequence[int] | None = None, cause: str | None = None, limit: int | None = None
) -> list[Dead]:
    """Those with these ids, or of this cause (the beginning of it is enough); the oldest first."""
    rows = await tx.fetch(
        """
        SELECT id, queue, reaction, origin, partner, source, event_id, type, subject, cause, times, received_at,
               set_aside_at, replay_at, replay_by
        FROM bus.set_aside
        WHERE ($1::bigint[] IS NULL OR id = ANY($1)) AND ($2::text IS NULL OR starts_with(cause, $2))
        ORDER BY id LIMIT $3
        """,
        ids,
        cause,
        limit,
    )
    return [Dead(**row) for row in rows]


async def payload(tx: Tx, row: int) -> Payload | None:
    found = await tx.fetchrow("SELECT body, detail FROM bus.set_aside WHERE id = $1", row)
    return Payload(found["body"], found["detail"]) if found else None


async def ask_replay(tx: Tx, ids: Collection[int], by: str) -> int:
    """Asks the service to run these again; gives how many there are.

    In the order in which they came, and at once whatever the service's clock says.
    """
    rows = await tx.fetch(
        """
        UPDATE bus.set_aside SET replay_at = least($2, received_at), replay_by = $3, replay_tries = 0 WHERE id = ANY($1::bigint[])
        RETURNING id
        """,
        list(ids),
        tx.now,
        by,
    )
    return len(rows)


async def outcome(tx: Tx, dead: Dead) -> inbox.Outcome | None:
    """What became of an event that was run again; None while it is not known, or if it cannot be told by its id."""
    if dead.source is None or dead.event_id is None:
        return None
    key = inbox.Key(dead.reaction, dead.origin, dead.source, dead.event_id)
    seen = await inbox.seen(tx.connection, [key])
    return seen[key].outcome if key in seen else None


async def drop(tx: Tx, ids: Collection[int], by: str) -> int:
    """Gives these up: from now on they count as refused, the partner is answered so, and it is kept who decided it.

    Gives how many there were.
    """
    rows = await tx.fetch(
        """
        DELETE FROM bus.set_aside WHERE id = ANY($1::bigint[])
        RETURNING id, queue, reaction, origin, partner, source, event_id, type, subject, body, cause, traceparent,
            received_at, set_aside_at
        """,
        list(ids),
    )
    names = ("id", "queue", "origin", "partner", "body", "traceparent", "received_at")
    kept = [keep.SetAside(**{name: r[name] for name in names}, sandbox=r["reaction"] == TRIED_OUT) for r in rows]
    given_up = [Item(keep.read_again(k), k.origin, k.partner, k.queue, sandbox=k.sandbox) for k in kept]
    await tx.executemany(
        """
        INSERT INTO bus.dropped (id, reaction, origin, partner, source, event_id, type, subject, cause, received_at,
            set_aside_at, dropped_at, dropped_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        [
            (
                *(r[name] for name in ("id", "reaction", "origin", "partner", "source", "event_id", "type", "subject")),
                *(r[name] for name in ("cause", "received_at", "set_aside_at")),
                tx.now,
                by,
            )
            for r in rows
        ],
    )
    why = (problem("dropped"),)
    await keep.refused(tx.connection, [(item, why) for item in given_up], tx.now)
    keys = [
        inbox.Key(r["reaction"], r["origin"], r["source"], r["event_id"]) for r in rows if r["source"] and r["event_id"]
    ]
    await inbox.mark(tx.connection, [(key, "refused") for key in keys])
    known = await directory.find(tx.connection, {item.partner for item in given_up if item.partner})
    await answers.refuse(tx, known, [(item, why) for item in given_up if item.partner])
    return len(rows)


async def take_replay(pool: db.Pool, now: datetime) -> int | None:
    """An event that is to be run again now: for the coming minute nobody else's. One at a time, for it failed before."""
    row: int | None = await pool.fetchval(
        """
        UPDATE bus.set_aside
        SET replay_tries = replay_tries + 1,
            replay_at = CASE WHEN replay_tries + 1 < $2 THEN $1::timestamptz + $3::interval END
        WHERE id = (SELECT id FROM bus.set_aside WHERE replay_at <= $1 ORDER BY replay_at, id LIMIT 1
                    FOR UPDATE SKIP LOCKED)
        RETURNING id
        """,
        now,
        MOST_TRIES,
        LEASE,
    )
    return row


async def purge(connection: db.Connection, before: datetime) -> None:
    await connection.execute("DELETE FROM bus.dropped WHERE dropped_at < $1", before)
