"""The SQL of the bus: what is refused, waits, or is set aside, with its payload."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from shared import db
from shared.events.base import Received
from shared.events.envelope import Arrived, read_event, read_message
from shared.events.problems import Problem
from shared.transaction import Waits

if TYPE_CHECKING:
    from .engine import Item

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of bus.waiting."""

    id: int
    origin: str
    partner: str | None
    body: bytes
    received_at: datetime
    expires_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row of bus.set_aside."""

    id: int
    queue: str
    origin: str
    partner: str | None
    body: bytes
    received_at: datetime


def read_again(body: bytes, *, partner: str | None, received_at: datetime) -> Arrived:
    """A stored event, read as if it came in when it did."""
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError:
        return read_message(body, None, {}, partner=partner, routing_key=None, now=received_at)[0]
    return read_event(content, partner=partner, routing_key=None, now=received_at)


def _received_at(item: "Item", now: datetime) -> datetime:
    if isinstance(item.event, Received):
        return item.event.received_at
    return now


def subject_of(item: "Item") -> str | None:
    return item.event.data.subject()[:300] if isinstance(item.event, Received) else None


async def refused(connection: db.Connection, rows: Sequence[tuple["Item", tuple[Problem, ...]]], now: datetime) -> None:
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
                    _type(item),
                    subject_of(item),
                    item.arrived.body,
                    [p.model_dump(by_alias=True) for p in problems],
                    _received_at(item, now),
                )
                for item, problems in rows
            ],
        )


def _type(item: "Item") -> str | None:
    return item.event.data.wire_type() if isinstance(item.event, Received) else item.event.type


async def problems_of(connection: db.Connection, items: Sequence["Item"]) -> dict[int, tuple[Problem, ...]]:
    """Why events that come again were refused the first time, by id(item)."""
    found = {}
    for item in items:
        rows = await connection.fetchval(
            """
            SELECT problems FROM bus.refused WHERE origin = $1 AND source = $2 AND event_id = $3
            ORDER BY id LIMIT 1
            """,
            item.origin,
            item.event.source,
            item.event.id,
        )
        if rows:
            found[id(item)] = tuple(Problem.model_validate(p) for p in rows)
    return found


async def wait(
    connection: db.Connection, rows: Sequence[tuple["Item", Waits]], now: datetime, waiting_s: float
) -> None:
    """Keeps events that wait; they are tried when what they wait for arrives, and now and then besides."""
    if rows:
        await connection.executemany(
            """
            INSERT INTO bus.waiting (key, reaction, origin, partner, body, problem, received_at, next_try, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                (
                    waits.key,
                    item.reaction_name,
                    item.origin,
                    item.partner,
                    item.arrived.body,
                    waits.problem.model_dump(by_alias=True),
                    _received_at(item, now),
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


async def no_longer_waiting(connection: db.Connection, ids: Sequence[int]) -> None:
    if ids:
        await connection.execute("DELETE FROM bus.waiting WHERE id = ANY($1::bigint[])", ids)


async def due(connection: db.Connection, now: datetime, limit: int) -> list[Waiting]:
    """Takes the waiting events whose turn it is: another replica passes over them for a minute."""
    rows = await connection.fetch(
        """
        UPDATE bus.waiting w SET next_try = greatest($1::timestamptz, w.next_try) + interval '1 minute'
        FROM (
            SELECT id FROM bus.waiting WHERE next_try <= $1 ORDER BY next_try, id LIMIT $2 FOR UPDATE SKIP LOCKED
        ) AS turn
        WHERE w.id = turn.id
        RETURNING w.id, w.origin, w.partner, w.body, w.received_at, w.expires_at, w.tries
        """,
        now,
        limit,
    )
    return sorted((Waiting(**dict(r)) for r in rows), key=lambda w: w.id)


async def next_try(pool: db.Pool) -> datetime | None:
    """When the next waiting event has its turn."""
    moment: datetime | None = await pool.fetchval("SELECT min(next_try) FROM bus.waiting")
    return moment


async def set_aside(connection: db.Connection, item: "Item", cause: str, detail: str, now: datetime) -> int:
    """Keeps an event for the operator; one that is replayed keeps its row."""
    if item.replayed is not None:
        await connection.execute(
            "UPDATE bus.set_aside SET cause = $2, detail = $3, set_aside_at = $4 WHERE id = $1",
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
        _type(item),
        subject_of(item),
        item.arrived.body,
        cause,
        detail,
        item.event.traceparent,
        _received_at(item, now),
        now,
    )
    return row


async def set_aside_rows(connection: db.Connection, ids: Sequence[int]) -> list[SetAside]:
    rows = await connection.fetch(
        """
        SELECT id, queue, origin, partner, body, received_at FROM bus.set_aside WHERE id = ANY($1::bigint[]) ORDER BY id
        """,
        ids,
    )
    return [SetAside(**dict(r)) for r in rows]


async def drop_set_aside(connection: db.Connection, ids: Sequence[int]) -> None:
    if ids:
        await connection.execute("DELETE FROM bus.set_aside WHERE id = ANY($1::bigint[])", ids)


async def mark_pausing(pool: db.Pool, ids: Sequence[int]) -> None:
    """These failed in a row before their queue was paused: they are replayed once it goes on."""
    await pool.execute("UPDATE bus.set_aside SET pausing = true WHERE id = ANY($1::bigint[])", ids)


async def pausing(pool: db.Pool) -> list[int]:
    return [r["id"] for r in await pool.fetch("SELECT id FROM bus.set_aside WHERE pausing ORDER BY id")]


async def count_attempt(pool: db.Pool, queue: str, sha256: bytes, now: datetime) -> int:
    """Writes down, before it is made, that a redelivered event is tried; gives how often that was."""
    n: int = await pool.fetchval(
        """
        INSERT INTO bus.attempt AS a (queue, sha256, last_at) VALUES ($1, $2, $3)
        ON CONFLICT (queue, sha256) DO UPDATE SET attempts = a.attempts + 1, last_at = excluded.last_at
        RETURNING attempts
        """,
        queue,
        sha256,
        now,
    )
    return n


async def forget_attempts(pool: db.Pool, queue: str, sha256: bytes) -> None:
    await pool.execute("DELETE FROM bus.attempt WHERE queue = $1 AND sha256 = $2", queue, sha256)


async def figures(pool: db.Pool, now: datetime) -> dict[str, Any]:
    """What the operator's metrics show."""
    row = await pool.fetchrow(
        """
        SELECT (SELECT count(*) FROM bus.waiting) AS waiting,
               (SELECT count(*) FROM bus.set_aside) AS set_aside,
               (SELECT extract(epoch FROM $1::timestamptz - min(created_at)) FROM bus.outbox) AS outbox_age_s
        """,
        now,
    )
    assert row is not None
    return dict(row)


async def purge(connection: db.Connection, before: datetime) -> None:
    """Refused payloads are kept 30 days: they may hold personal data."""
    await connection.execute("DELETE FROM bus.refused WHERE received_at < $1", before)
    await connection.execute("DELETE FROM bus.attempt WHERE last_at < $1", before)
