"""A service without its broker: the real engine, on a real database of its own, with a clock that stands still."""

import importlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import pytest_asyncio

from shared.bus import directory
from shared.bus.consumer import PLATFORM
from shared.bus.engine import Engine, Item, Report
from shared.clock import FixedClock
from shared.events.answers import Answer
from shared.events.base import Event
from shared.events.catalogue import by_type
from shared.events.envelope import EVENT_JSON, dump_event, join_batch, read_message, write_event
from shared.events.registry import PartnerBoarded
from shared.service import Service
from shared.transaction import Database, Tx, connect

F = TypeVar("F", bound=Event)
NOW = datetime(2026, 9, 20, 10, 0, tzinfo=UTC)
PARTNERS = ("omzien", "zorgnet")
SECRET = "a-secret-that-is-used-in-tests-only"


def source_of(partner: str) -> str:
    return f"urn:burenbus:partner:{partner}"


@dataclass
class Said:
    """One event in the outbox: where it goes, and what it says."""

    exchange: str
    routing_key: str
    envelope: dict[str, Any]
    data: Any


class Room:
    """One service under test."""

    def __init__(self, service: Service, engine: Engine, database: Database, clock: FixedClock) -> None:
        self.service, self.engine, self.database, self.clock = service, engine, database, clock

    # --- what comes in ---

    async def hear(self, *facts: Event, to: str | None = None) -> Report:
        """Facts, each said by its owner, in one batch."""
        items = []
        for fact in facts:
            owner = "registry" if fact.owner == "taker" else fact.owner
            envelope = write_event(fact, source=f"urn:burenbus:service:{owner}", time=self.clock())
            items.append(self.item(dump_event(envelope), partner=None, origin=PLATFORM))
        report = await self.engine.process(items)
        await self.settle()
        return report

    async def take(self, partner: str, data: Event, **envelope: Any) -> Any:
        """A partner's event; gives the answer to it, or None if there is none yet."""
        return (await self.take_many(partner, [data], **envelope))[0]

    async def take_many(self, partner: str, events: Sequence[Event], **envelope: Any) -> list[Any]:
        """A partner's events as one batch; gives their answers in order. `id`, `time`, `source` as of the envelope."""
        said = {"source": source_of(partner), "time": self.clock(), **envelope}
        wires = [write_event(e, **said) for e in events]
        return await self.take_raw(partner, [dump_event(w) for w in wires], [w["id"] for w in wires])

    async def take_raw(self, partner: str, bodies: Sequence[bytes], ids: Sequence[str | None]) -> list[Any]:
        """What a partner put on the wire, whatever it is."""
        before = len(await self.outbox())
        await self.engine.process([self.item(body, partner=partner, origin=partner) for body in bodies])
        await self.settle()
        answers = [s.data for s in (await self.outbox())[before:] if isinstance(s.data, Answer)]
        return [next((a for a in reversed(answers) if a.event.id == i), None) for i in ids]

    def item(self, body: bytes, *, partner: str | None, origin: str, redelivered: bool = False) -> Item:
        [arrived] = read_message(body, EVENT_JSON, {}, partner=partner, routing_key=None, now=self.clock())
        return Item(arrived, origin, partner, queue=f"{self.service.name}.test", redelivered=redelivered)

    async def settle(self) -> None:
        """Runs waiting events whose turn has come, until none is left."""
        while await self.engine.retry_waiting():
            pass

    async def run(self, job: Callable[..., Awaitable[None]]) -> None:
        """One run of a scheduled job, given by its function in schedule.py."""
        [found] = [j for j in self.service.jobs if j.name == job.__name__]
        async with self.database.transaction() as tx:
            await found.run(tx)
        await self.settle()

    # --- what comes out ---

    async def outbox(self) -> list[Said]:
        rows = await self.database.pool.fetch("SELECT exchange, routing_key, body FROM bus.outbox ORDER BY id")
        found = []
        for row in rows:
            for envelope in json.loads(join_batch([row["body"]])):
                kind = by_type()[envelope["type"].removeprefix("nl.zorgzame-gemeenschappen.")]
                found.append(Said(row["exchange"], row["routing_key"], envelope, kind.model_validate(envelope["data"])))
        return found

    async def said(self, kind: type[F]) -> list[F]:
        """The facts of one type that it has said, in order."""
        return [s.data for s in await self.outbox() if isinstance(s.data, kind)]

    async def answers(self, partner: str) -> list[Any]:
        """What a partner reads in its feedback queue, in order."""
        return [s.data for s in await self.outbox() if s.exchange == "feedback" and s.routing_key == partner]

    async def clear(self) -> None:
        """As if everything said so far had been relayed."""
        await self.database.pool.execute("DELETE FROM bus.outbox")

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        async with self.database.transaction() as tx:
            yield tx

    async def fetch(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        return [dict(r) for r in await self.database.pool.fetch(sql, *args)]

    @asynccontextmanager
    async def web(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser, as it were, on the service's pages; cookies are kept, redirects are not followed."""
        transport = httpx.ASGITransport(app=self.service.web)
        base = self.service.settings.public_url
        async with httpx.AsyncClient(
            transport=transport, base_url=base, headers={"accept": "text/html", **headers}
        ) as client:
            yield client


RoomOf = Callable[..., Awaitable[Room]]


@pytest_asyncio.fixture
async def room_of(database: Callable[[str], Awaitable[str]]) -> AsyncIterator[RoomOf]:
    """`await room_of("survey")`: the service on a fresh database; `knobs` are settings. The partners of PARTNERS are known."""
    opened: list[Database] = []

    async def make(name: str, **knobs: Any) -> Room:
        url = await database(name)
        module = importlib.import_module(f"services.{name}.app")
        kind = importlib.import_module(f"services.{name}.settings").Settings
        settings = kind(
            **{
                "amqp_url": "amqp://nobody:nothing@127.0.0.1:1/none",
                "database_url": url,
                "http_port": 1,
                "public_url": "http://burenbus.example",
                "link_secret": SECRET,
                **knobs,
            }
        )
        service: Service = module.build(settings)
        clock = FixedClock(NOW)
        service.clock = service.web.state.clock = clock
        one = await connect(url, service=name, clock=clock, max_size=4)
        opened.append(one)
        engine = service.use(one)
        async with one.transaction() as tx:
            for partner in PARTNERS:
                state = PartnerBoarded(partner=partner, version=1, title=partner.title(), sources=(source_of(partner),))
                await directory.remember(tx, state)
        return Room(service, engine, one, clock)

    yield make
    for one in opened:
        await one.close()
