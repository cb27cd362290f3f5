"""The SQL of the bus: what is refused, waits, or is set aside, with its payload."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import from_json

from shared import db
from shared.events.envelope import Arrived, read_event, read_message
from shared.events.problems import Problem
from shared.transaction import Waits

from .item import TRIED_OUT, Item, Waiting

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row of bus.set_aside."""

    id: int
    queue: str
    origin: str
    partner: str | None
    body: bytes
    traceparent: str | None
    received_at: datetime
    sandbox: bool
    """Its partner tried things out when it came: it stays so, even if the partner takes part by now."""


def read_again(kept: Waiting | SetAside) -> Arrived:
    """A stored event, read as if it came in when it did."""
    try:
        content = from_json(kept.body, allow_inf_nan=False)
    except ValueError:
        return read_message(kept.body, None, {}, partner=kept.partner, routing_key=None, now=kept.received_at)[0]
    if isinstance(content, dict):
        content["traceparent"] = kept.traceparent
    return read_event(content, partner=kept.partner, routing_key=None, now=kept.received_at, contain=True)


async def refused(connection: db.Connection, rows: Sequence[tuple[Item, tuple[Problem, ...]]], now: datetime) -> None:
    """Keeps refused events with every reason."""
    if rows:
        await connection.executemany(
            """
            INSERT INTO bus.refused (origin, partner, source, event_id, type, subject, body, problems, received_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                (
                    item.origin,
                    item.partner,
                    item.event.source,
                    item.event.id,
                    item.type,
                    item.subject,
                    item.arrived.body,
                    [p.model_dump(by_alias=True) for p in problems],
                    item.received_at(now),
                )
                for item, problems in rows
            ],
        )


async def problems_of(connection: db.Connection, items: Collection[Item]) -> dict[Item, tuple[Problem, ...]]:
    """Why events that come again were refused the first time."""
    if not items:
        return {}
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (r.origin, r.source, r.event_id) r.origin, r.source, r.event_id, r.problems
        FROM unnest($1::text[], $2::text[], $3::text[]) AS t (origin, source, event_id)
        JOIN bus.refused r USING (origin, source, event_id)
        ORDER BY r.origin, r.source, r.event_id, r.id
        """,
        [i.origin for i in items],
        [i.event.source for i in items],
        [i.event.id for i in items],
    )
    found = {(r["origin"], r["source"], r["event_id"]): r["problems"] for r in rows}
    return {
        item: tuple(Problem.model_validate(p) for p in problems)
        for item in items
        if (problems := found.get((item.origin, item.event.source, item.event.id)))
    }


async def wait(connection: db.Connection, rows: Sequence[tuple[Item, Waits]], now: datetime, waiting_s: float) -> None:
    """Keeps events that wait; they are tried when what they wait for arrives, and now and then besides."""
    if rows:
        await connection.executemany(
            """
            INSERT INTO bus.waiting (key, reaction, origin, partner, subject, body, traceparent, problem, received_at,
                next_try, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            [
                (
                    waits.key,
                    item.reaction_name,
                    item.origin,
                    item.partner,
                    item.subject,
                    item.arrived.body,
                    item.event.traceparent,
                    waits.problem.model_dump(by_alias=True),
                    item.received_at(now),
                    now + timedelta(seconds=FIRST_PAUSE_S),
                    now + timedelta(seconds=waiting_s),
                )
                for item, waits in rows
            ],
        )


async def wait_longer(connection: db.Connection, rows: Sequence[Waiting], now: datetime) -> None:
    """Puts off the next try: twice as long each time, a minute at most, and once more when the time is over."""
    if rows:
        pauses = [min(FIRST_PAUSE_S * 2 ** (r.tries + 1), LONGEST_PAUSE_S) for r in rows]
        await connection.executemany(
            "UPDATE bus.waiting SET tries = tries + 1, next_try = least($2::timestamptz, expires_at) WHERE id = $1",
            [(r.id, now + timedelta(seconds=pause)) for r, pause in zip(rows, pauses, strict=True)],
        )


async def no_longer_waiting(connection: db.Connection, items: Collection[Item]) -> set[Item]:
    """These have waited. Gives those of which somebody else has said so meanwhile.

    At the end of a transaction, as `Database.finish` does: rows of those that wait are locked after what handlers lock.
    """
    if not items:
        return set()
    by_id = {i.waiting.id: i for i in items if i.waiting is not None}
    rows = await connection.fetch("DELETE FROM bus.waiting WHERE id = ANY($1::bigint[]) RETURNING id", sorted(by_id))
    return {by_id[row] for row in by_id.keys() - {r["id"] for r in rows}}


async def due(connection: db.Connection, now: datetime, limit: int) -> list[Waiting]:
    """Takes the waiting events whose turn it is: another replica passes over them for a minute."""
    rows = await connection.fetch(
        """
        UPDATE bus.waiting w SET next_try = greatest($1::timestamptz, w.next_try) + interval '1 minute'
        FROM (
            SELECT id FROM bus.waiting WHERE next_try <= $1 ORDER BY next_try, id LIMIT $2 FOR UPDATE SKIP LOCKED
        ) AS turn
        WHERE w.id = turn.id
        RETURNING w.id, w.origin, w.partner, w.body, w.traceparent, w.received_at, w.expires_at, w.tries
        """,
        now,
        limit,
    )
    return sorted((Waiting(**dict(r)) for r in rows), key=lambda w: w.id)


async def try_now(pool: db.Pool, ids: Sequence[int], now: datetime) -> None:
    """These were taken and could not be run."""
    await pool.execute("UPDATE bus.waiting SET next_try = $2 WHERE id = ANY($1::bigint[])", ids, now)


async def set_aside(connection: db.Connection, item: Item, cause: str, detail: str, now: datetime) -> int:
    """Keeps an event for the operator; one that is replayed keeps its row."""
    if item.replayed is not None:
        await connection.execute(
            """
            UPDATE bus.set_aside
            SET cause = $2, detail = $3, set_aside_at = $4, times = times + 1, replay_at = NULL WHERE id = $1
            """,
            item.replayed,
            cause,
            detail,
            now,
        )
        return item.replayed
    row: int = await connection.fetchval(
        """
        INSERT INTO bus.set_aside (queue, reaction, origin, partner, source, event_id, type, subject, body, cause, detail,
            traceparent, received_at, set_aside_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        RETURNING id
        """,
        item.queue,
        item.reaction_name,
        item.origin,
        item.partner,
        item.event.source,
        item.event.id,
        item.type,
        item.subject,
        item.arrived.body,
        cause,
        detail,
        item.event.traceparent,
        item.received_at(now),
        now,
    )
    return row


async def stands_aside(connection: db.Connection, reaction: str, cause: str) -> bool:
    """Whether anything is set aside already for this cause."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM bus.set_aside WHERE cause = $1 AND reaction = $2)", cause, reaction
    )
    return found


async def set_aside_rows(connection: db.Connection, ids: Sequence[int]) -> list[SetAside]:
    rows = await connection.fetch(
        """
        SELECT id, queue, origin, partner, body, traceparent, received_at, reaction = $2 AS sandbox
        FROM bus.set_aside WHERE id = ANY($1::bigint[]) ORDER BY id
        """,
        ids,
        TRIED_OUT,
    )
    return [SetAside(**dict(r)) for r in rows]


async def drop_set_aside(connection: db.Connection, items: Collection[Item]) -> set[Item]:
    """These are set aside no longer. Gives those of which somebody else has said so meanwhile."""
    if not items:
        return set()
    by_id = {i.replayed: i for i in items if i.replayed is not None}
    rows = await connection.fetch("DELETE FROM bus.set_aside WHERE id = ANY($1::bigint[]) RETURNING id", sorted(by_id))
    return {by_id[row] for row in by_id.keys() - {r["id"] for r in rows}}


async def mark_pausing(pool: db.Pool, ids: Sequence[int]) -> None:
    """These failed in a row before their queue was paused: they are replayed once it goes on."""
    await pool.execute("UPDATE bus.set_aside SET pausing = true WHERE id = ANY($1::bigint[])", ids)


async def pausing(pool: db.Pool) -> list[int]:
    return [r["id"] for r in await pool.fetch("SELECT id FROM bus.set_aside WHERE pausing ORDER BY id")]


async def still_there(connection: db.Connection, items: Sequence[Item]) -> set[Item]:
    """Of events that are run again, those that nobody else has finished meanwhile; nobody else will, until we commit."""
    waiting = {i.waiting.id for i in items if i.waiting is not None}
    replayed = {i.replayed for i in items if i.replayed is not None}
    found = await connection.fetch(
        "SELECT id FROM bus.waiting WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", sorted(waiting)
    )
    waits = {r["id"] for r in found}
    found = await connection.fetch(
        "SELECT id FROM bus.set_aside WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", sorted(replayed)
    )
    aside = {r["id"] for r in found}
    return {i for i in items if (i.waiting.id in waits if i.waiting is not None else i.replayed in aside)}


async def attempts(pool: db.Pool, items: Sequence[Item]) -> dict[Item, int]:
    """How often these redelivered events were tried, those that were."""
    if not items:
        return {}
    rows = await pool.fetch(
        """
        SELECT t.n, a.attempts FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS t (queue, sha256, n)
        JOIN bus.attempt a USING (queue, sha256)
        """,
        [i.queue for i in items],
        [i.arrived.sha256 for i in items],
    )
    return {items[r["n"] - 1]: r["attempts"] for r in rows}


async def count_attempts(pool: db.Pool, items: Sequence[Item], now: datetime) -> None:
    """Writes down, before it is made, that redelivered events are tried."""
    if items:
        await pool.execute(
            """
            INSERT INTO bus.attempt AS a (queue, sha256, last_at)
            SELECT DISTINCT queue, sha256, $3::timestamptz FROM unnest($1::text[], $2::bytea[]) AS t (queue, sha256)
            ORDER BY queue, sha256
            ON CONFLICT (queue, sha256) DO UPDATE SET attempts = a.attempts + 1, last_at = excluded.last_at
            """,
            [i.queue for i in items],
            [i.arrived.sha256 for i in items],
            now,
        )


async def take_back_attempts(pool: db.Pool, items: Sequence[Item]) -> None:
    """Undoes the last `count_attempts` of these: they were not tried in earnest, and killed nobody."""
    if items:
        keys = [i.queue for i in items], [i.arrived.sha256 for i in items]
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                """
                UPDATE bus.attempt a SET attempts = attempts - 1
                FROM (SELECT DISTINCT queue, sha256 FROM unnest($1::text[], $2::bytea[]) AS t (queue, sha256)) t
                WHERE (a.queue, a.sha256) = (t.queue, t.sha256)
                """,
                *keys,
            )
            await connection.execute("DELETE FROM bus.attempt WHERE attempts <= 0")


async def forget_attempts(connection: db.Connection, items: Collection[Item]) -> None:
    """These have their outcome."""
    if items:
        await connection.execute(
            """
            DELETE FROM bus.attempt a USING unnest($1::text[], $2::bytea[]) AS t (queue, sha256)
            WHERE (a.queue, a.sha256) = (t.queue, t.sha256)
            """,
            [i.queue for i in items],
            [i.arrived.sha256 for i in items],
        )


async def figures(connection: db.Connection, now: datetime) -> dict[str, Any]:
    """What the operator's metrics show."""
    row = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM bus.waiting) AS waiting,
               (SELECT count(*) FROM bus.set_aside) AS set_aside,
               (SELECT coalesce(sum(events), 0) FROM bus.outbox) AS outbox,
               (SELECT extract(epoch FROM $1::timestamptz - min(created_at)) FROM bus.outbox) AS outbox_age_s
        """,
        now,
    )
    assert row is not None
    return dict(row)


async def causes(connection: db.Connection) -> dict[str, int]:
    """How many events are set aside, for each cause."""
    rows = await connection.fetch("SELECT cause, count(*)::int AS number FROM bus.set_aside GROUP BY cause")
    return {r["cause"]: r["number"] for r in rows}


async def purge(connection: db.Connection, before: datetime) -> None:
    """Payloads are kept 30 days, whatever became of them: they may hold personal data."""
    await connection.execute("DELETE FROM bus.refused WHERE received_at < $1", before)
    await connection.execute("DELETE FROM bus.set_aside WHERE received_at < $1", before)
    await connection.execute("DELETE FROM bus.attempt WHERE last_at < $1", before)
