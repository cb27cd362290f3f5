"""What a transaction wants said is written beside its effects, and leaves only after the commit (the bus's relay).

What it says under one routing key goes into one row, as it will go out: most of what a row costs, it costs whatever it holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from . import db
from .events.envelope import join_events, split_batches

CHANNEL = "bus_outbox"
"""LISTEN on it to hear that there is something to relay."""
ROW_BYTES = 64 * 1024
"""A row holds no more than this, but for one event that is larger by itself: a relay takes many rows at once."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way out: a dumped CloudEvent."""

    exchange: str
    routing_key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """A row that the relay holds: so many dumped CloudEvents, with commas between them."""

    id: int
    exchange: str
    routing_key: str
    events: int
    body: bytes


async def write(connection: db.Connection, outgoing: Sequence[Outgoing], now: datetime) -> None:
    """Writes all of it in one statement; what has one routing key, in order."""
    if outgoing:
        groups: dict[tuple[str, str], list[bytes]] = {}
        for one in outgoing:
            groups.setdefault((one.exchange, one.routing_key), []).append(one.body)
        await connection.copy_records_to_table(
            "outbox",
            schema_name="bus",
            columns=("exchange", "routing_key", "events", "body", "created_at"),
            records=[
                (exchange, routing_key, len(bodies[cut]), join_events(bodies[cut]), now)
                for (exchange, routing_key), bodies in groups.items()
                for cut in split_batches([len(body) for body in bodies], limit_bytes=ROW_BYTES)
            ],
        )


async def lock_pending(connection: db.Connection, limit: int) -> list[Pending]:
    """The oldest rows that no other relay holds."""
    rows = await connection.fetch(
        "SELECT id, exchange, routing_key, events, body FROM bus.outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    return [Pending(r["id"], r["exchange"], r["routing_key"], r["events"], r["body"]) for r in rows]


async def delete(connection: db.Connection, ids: Sequence[int]) -> None:
    """Drops what the broker has confirmed."""
    await connection.execute("DELETE FROM bus.outbox WHERE id = ANY($1::bigint[])", ids)


async def notify(connection: db.Connection) -> None:
    """Wakes a relay in another process, at commit."""
    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)


async def next_answers(connection: db.Connection, count: int) -> list[int]:
    """Sequence numbers for that many answers."""
    rows = await connection.fetch("SELECT nextval('bus.answer_sequence') AS n FROM generate_series(1, $1::int)", count)
    return [r["n"] for r in rows]
