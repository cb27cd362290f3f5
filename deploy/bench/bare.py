"""The yardstick: about the most that can be had of this broker and database in Python, without a platform around it.

Consumes, validates with pydantic, writes inbox, row and two outbox rows set-based in batches of 100 events,
acknowledges with `multiple=True`, and relays in the batch format. It judges nothing, waits for nothing, answers
nobody by name and survives no fault. `python -m deploy.bench.bare AMQP_URL DSN QUEUE TYPE`.
"""

import asyncio
import hashlib
import sys
from collections import deque
from typing import Any

import aio_pika
import asyncpg
import uuid_utils
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic_core import to_json

from shared.events.base import Event, Instant
from shared.events.catalogue import by_type

BATCH = 100
PREFETCH = 200
ROUND = 2000
ANSWERS, FACTS = "bare.answers", "bare.facts"

SCHEMA = """
CREATE TABLE inbox (source text NOT NULL, id text NOT NULL, sha256 bytea NOT NULL, PRIMARY KEY (source, id));
CREATE TABLE thing (id text PRIMARY KEY, source text NOT NULL, data jsonb NOT NULL, at timestamptz NOT NULL);
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, body bytea NOT NULL);
CREATE SEQUENCE done;
"""

_CLAIM = """
INSERT INTO inbox (source, id, sha256) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
ON CONFLICT DO NOTHING RETURNING source, id
"""
_KEEP = """
INSERT INTO thing (id, source, data, at) SELECT * FROM unnest($1::text[], $2::text[], $3::text[]::jsonb[], $4::timestamptz[])
"""
_SAY = "INSERT INTO outbox (key, body) SELECT * FROM unnest($1::text[], $2::bytea[])"
_LOCK = "SELECT id, key, body FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED"


def envelope(kind: type[Event]) -> TypeAdapter[Any]:
    """One event, or a list of them."""

    class Envelope(BaseModel):
        model_config = ConfigDict(frozen=True, extra="ignore")
        id: str
        source: str
        type: str
        time: Instant
        data: kind  # type: ignore[valid-type]

    return TypeAdapter(list[Envelope])


class Pipeline:
    """Consumer and relay in one process, as in a service."""

    def __init__(self, kind: type[Event], pool: "asyncpg.Pool[asyncpg.Record]", exchange: AbstractExchange) -> None:
        self.adapter, self.pool, self.exchange = envelope(kind), pool, exchange
        self.arrived: deque[AbstractIncomingMessage] = deque()
        self.something, self.to_relay = asyncio.Event(), asyncio.Event()

    async def on_message(self, message: AbstractIncomingMessage) -> None:
        self.arrived.append(message)
        self.something.set()

    async def work(self) -> None:
        while True:
            await self.something.wait()
            self.something.clear()
            while self.arrived:
                await self.batch()

    async def batch(self) -> None:
        events: list[Any] = []
        last = self.arrived[0]
        while self.arrived and len(events) < BATCH:
            last = self.arrived.popleft()
            body = last.body if last.body[:1] == b"[" else b"[" + last.body + b"]"
            events += self.adapter.validate_json(body)
        bodies = [e.data.model_dump_json(by_alias=True, exclude_none=True) for e in events]
        async with self.pool.acquire() as connection, connection.transaction():
            new = await connection.fetch(
                _CLAIM,
                [e.source for e in events],
                [e.id for e in events],
                [hashlib.sha256(b.encode()).digest() for b in bodies],
            )
            taken = {(r["source"], r["id"]) for r in new}
            fresh = [(e, b) for e, b in zip(events, bodies, strict=True) if (e.source, e.id) in taken]
            await connection.execute(
                _KEEP,
                [e.id for e, _ in fresh],
                [e.source for e, _ in fresh],
                [b for _, b in fresh],
                [e.time for e, _ in fresh],
            )
            said = [(ANSWERS, _said(e, {"outcome": "recorded", "event": e.id})) for e, _ in fresh]
            said += [(FACTS, _said(e, e.data.wire())) for e, _ in fresh]
            await connection.execute(_SAY, [k for k, _ in said], [b for _, b in said])
            await connection.execute("SELECT setval('done', nextval('done') + $1)", len(events) - 1)
        await last.ack(multiple=True)
        self.to_relay.set()

    async def relay(self) -> None:
        while True:
            await self.to_relay.wait()
            self.to_relay.clear()
            while await self.round():
                pass

    async def round(self) -> int:
        async with self.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_LOCK, ROUND)
            by_key: dict[str, list[bytes]] = {}
            for row in rows:
                by_key.setdefault(row["key"], []).append(row["body"])
            await asyncio.gather(
                *(
                    self.exchange.publish(_message(bodies[n : n + BATCH]), key, mandatory=False)
                    for key, bodies in by_key.items()
                    for n in range(0, len(bodies), BATCH)
                )
            )
            await connection.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", [r["id"] for r in rows])
        return len(rows)


def _said(event: Any, data: dict[str, Any]) -> bytes:
    return to_json(
        {
            "specversion": "1.0",
            "id": str(uuid_utils.uuid7()),
            "source": "urn:bare",
            "type": event.type,
            "time": event.time,
            "data": data,
        }
    )


def _message(bodies: list[bytes]) -> aio_pika.Message:
    return aio_pika.Message(
        b"[" + b",".join(bodies) + b"]",
        content_type="application/cloudevents-batch+json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


async def main(amqp_url: str, dsn: str, queue: str, kind: str) -> None:
    pool = await asyncpg.create_pool(dsn, min_size=2, max_size=4)
    consuming, publishing = await aio_pika.connect_robust(amqp_url), await aio_pika.connect_robust(amqp_url)
    channel = await consuming.channel()
    await channel.set_qos(prefetch_count=PREFETCH)
    out = await publishing.channel(publisher_confirms=True)
    pipeline = Pipeline(by_type()[kind], pool, await out.get_exchange("bare", ensure=False))
    await (await channel.get_queue(queue, ensure=False)).consume(pipeline.on_message)
    print("ready", flush=True)
    await asyncio.gather(pipeline.work(), pipeline.relay())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
