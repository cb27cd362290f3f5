"""What a transaction wants said is written beside its effects, and leaves only after the commit (the bus's relay)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from . import db

CHANNEL = "bus_outbox"
"""LISTEN on it to hear that there is something to relay."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way out: a dumped CloudEvent."""

    exchange: str
    routing_key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """An Outgoing that the relay holds, with its row."""

    id: int
    exchange: str
    routing_key: str
    body: bytes


async def write(connection: db.Connection, outgoing: Sequence[Outgoing], now: datetime) -> None:
    """Writes all of it in one statement, in order."""
    if outgoing:
        await connection.copy_records_to_table(
            "outbox",
            schema_name="bus",
            columns=("exchange", "routing_key", "body", "created_at"),
            records=[(o.exchange, o.routing_key, o.body, now) for o in outgoing],
        )


async def lock_pending(connection: db.Connection, limit: int) -> list[Pending]:
    """The oldest rows that no other relay holds."""
    rows = await connection.fetch(
        "SELECT id, exchange, routing_key, body FROM bus.outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED", limit
    )
    return [Pending(r["id"], r["exchange"], r["routing_key"], r["body"]) for r in rows]


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
