"""Each reaction takes each event once: the inbox remembers what was taken, with its hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from . import db

Outcome = Literal["done", "refused", "waiting", "set-aside"]


@dataclass(frozen=True, slots=True)
class Key:
    """What makes an event the same event to a reaction."""

    reaction: str
    origin: str
    source: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that was taken before: with which body, and what became of it."""

    sha256: bytes
    outcome: Outcome


async def claim(
    connection: db.Connection, keys: Sequence[Key], hashes: Sequence[bytes], now: datetime
) -> dict[Key, Seen]:
    """Takes these events; gives those that had been taken before. `keys` are distinct.

    Keys are inserted in sorted order, so that two replicas cannot lock each other out.
    """
    if not keys:
        return {}
    rows = sorted(
        zip(keys, hashes, strict=True), key=lambda r: (r[0].reaction, r[0].origin, r[0].source, r[0].event_id)
    )
    columns = (
        [k.reaction for k, _ in rows],
        [k.origin for k, _ in rows],
        [k.source for k, _ in rows],
        [k.event_id for k, _ in rows],
    )
    taken = await connection.fetch(
        """
        INSERT INTO bus.inbox (reaction, origin, source, event_id, sha256, received_at)
        SELECT r, o, s, e, h, $6 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[]) AS t (r, o, s, e, h)
        ON CONFLICT DO NOTHING
        RETURNING reaction, origin, source, event_id
        """,
        *columns,
        [h for _, h in rows],
        now,
    )
    if len(taken) == len(rows):
        return {}
    new = {(r["reaction"], r["origin"], r["source"], r["event_id"]) for r in taken}
    known = [k for k, _ in rows if (k.reaction, k.origin, k.source, k.event_id) not in new]
    return await seen(connection, known)


async def seen(connection: db.Connection, keys: Sequence[Key]) -> dict[Key, Seen]:
    """Which of these have been taken."""
    if not keys:
        return {}
    found = await connection.fetch(
        """
        SELECT i.reaction, i.origin, i.source, i.event_id, i.sha256, i.outcome
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS t (reaction, origin, source, event_id)
        JOIN bus.inbox i USING (reaction, origin, source, event_id)
        """,
        [k.reaction for k in keys],
        [k.origin for k in keys],
        [k.source for k in keys],
        [k.event_id for k in keys],
    )
    return {Key(r["reaction"], r["origin"], r["source"], r["event_id"]): Seen(r["sha256"], r["outcome"]) for r in found}


async def mark(connection: db.Connection, outcomes: Sequence[tuple[Key, Outcome]]) -> None:
    """Writes down what became of events for which it is not simply `done`."""
    if outcomes:
        await connection.execute(
            """
            UPDATE bus.inbox i SET outcome = t.outcome
            FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
                AS t (reaction, origin, source, event_id, outcome)
            WHERE (i.reaction, i.origin, i.source, i.event_id) = (t.reaction, t.origin, t.source, t.event_id)
            """,
            [k.reaction for k, _ in outcomes],
            [k.origin for k, _ in outcomes],
            [k.source for k, _ in outcomes],
            [k.event_id for k, _ in outcomes],
            [o for _, o in outcomes],
        )


async def forget(connection: db.Connection, key: Key) -> None:
    """Lets an event be taken anew."""
    await connection.execute(
        "DELETE FROM bus.inbox WHERE reaction = $1 AND origin = $2 AND source = $3 AND event_id = $4",
        key.reaction,
        key.origin,
        key.source,
        key.event_id,
    )


async def purge(connection: db.Connection, before: datetime) -> None:
    """Drops what is older than any redelivery can be."""
    await connection.execute("DELETE FROM bus.inbox WHERE received_at < $1 AND outcome <> 'waiting'", before)
