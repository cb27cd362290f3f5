"""The yardstick: about the most that can be had of this broker and database in Python, without a platform around it.

Consumes, validates with the same pydantic models (all of a message at once, straight from its bytes), writes inbox, row and two
outbox rows set-based in batches of 100 events, acknowledges with `multiple=True`, and relays in the batch format. What pays in a
service is done here too (COPY, JSON as bytes, one text for row, hash and fact). It judges nothing, waits for nothing,
answers nobody by name and survives no fault. `python -m deploy.bench.bare AMQP_URL DSN QUEUE TYPE`.
"""

import asyncio
import gc
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
from shared.service import GARBAGE

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
        bodies = [e.data.wire_json() for e in events]
        async with self.pool.acquire() as connection, connection.transaction():
            new = await connection.fetch(
                _CLAIM,
                [e.source for e in events],
                [e.id for e in events],
                [hashlib.sha256(b).digest() for b in bodies],
            )
            taken = {(r["source"], r["id"]) for r in new}
            fresh = [(e, b) for e, b in zip(events, bodies, strict=True) if (e.source, e.id) in taken]
            rows = [(e.id, e.source, b, e.time) for e, b in fresh]
            await connection.copy_records_to_table("thing", columns=("id", "source", "data", "at"), records=rows)
            said = [(ANSWERS, _said(e, to_json({"outcome": "recorded", "event": e.id}))) for e, _ in fresh]
            said += [(FACTS, _said(e, b)) for e, b in fresh]
            await connection.copy_records_to_table("outbox", columns=("key", "body"), records=said)
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


def _said(event: Any, data: bytes) -> bytes:
    said = {"specversion": "1.0", "id": str(uuid_utils.uuid7()), "source": "urn:bare", "type": event.type}
    return b'%b,"time":%b,"data":%b}' % (to_json(said)[:-1], to_json(event.time), data)


async def _prepare(connection: Any) -> None:
    """JSON that is bytes already goes to the database as it is."""
    version = b"\x01"
    await connection.set_type_codec(
        "jsonb", encoder=version.__add__, decoder=bytes, schema="pg_catalog", format="binary"
    )


def _message(bodies: list[bytes]) -> aio_pika.Message:
    return aio_pika.Message(
        b"[" + b",".join(bodies) + b"]",
        content_type="application/cloudevents-batch+json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


async def main(amqp_url: str, dsn: str, queue: str, kind: str) -> None:
    pool = await asyncpg.create_pool(dsn, min_size=2, max_size=4, init=_prepare)
    consuming, publishing = await aio_pika.connect_robust(amqp_url), await aio_pika.connect_robust(amqp_url)
    channel = await consuming.channel()
    await channel.set_qos(prefetch_count=PREFETCH)
    out = await publishing.channel(publisher_confirms=True)
    pipeline = Pipeline(by_type()[kind], pool, await out.get_exchange("bare", ensure=False))
    await (await channel.get_queue(queue, ensure=False)).consume(pipeline.on_message)
    print("ready", flush=True)
    await asyncio.gather(pipeline.work(), pipeline.relay())


if __name__ == "__main__":
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    asyncio.run(main(*sys.argv[1:]))
