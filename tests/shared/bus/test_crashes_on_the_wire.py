"""A process may die at any await between broker and broker: consumer, engine and relay together, as a service runs them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aio_pika
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.bus import keep, topology
from shared.clock import FixedClock, system_clock
from shared.events.envelope import BATCH_JSON, dump_event, join_batch, write_event
from shared.events.registry import InitiativeRegistered
from tests.waiting import PATIENCE_S, until

from .broker import House, Partner
from .endstate import EndState, clear, end_state
from .mortal import Life
from .small.__main__ import build
from .small.events import initiative, order, response

MOST_DEATHS = 2
LEASE = timedelta(seconds=61)
FACT = "fact"
TEXTS = ["closed", "fail", "hallo", "refuse:x", "response", "wait:7"]
EACH_KIND = {text: text for text in TEXTS} | {FACT: FACT}
DEATHS = 12
"""Of some five hundred awaits; the random test goes to the others."""


@dataclass
class Wire:
    """A partner, the small service's two queues, and everything that is published to anybody."""

    house: House
    partner: Partner
    channel: aio_pika.abc.AbstractChannel
    ear: aio_pika.abc.AbstractQueue
    clock: FixedClock = field(default_factory=lambda: FixedClock(system_clock()))

    @property
    def queues(self) -> list[str]:
        return [
            topology.fact_queue("survey", InitiativeRegistered),
            topology.intake_queue("survey", self.partner.name),
        ]

    async def begin_anew(self) -> None:
        self.clock.now = system_clock()
        await clear(self.house.pool)
        for name in self.queues:
            await (await self.channel.get_queue(name, ensure=False)).purge()
        await self.ear.purge()

    async def send(self, events: dict[str, str], names: Sequence[str]) -> None:
        """These events, each in a message of its own, in this order."""
        for name in names:
            text = events[name]
            if text == FACT:
                said = write_event(initiative("7"), source="urn:burenbus:service:registry", time=self.clock(), id=FACT)
                message = aio_pika.Message(join_batch([dump_event(said)]), content_type=BATCH_JSON, delivery_mode=2)
                events_exchange = await self.channel.get_exchange(topology.EVENTS, ensure=False)
                await events_exchange.publish(message, InitiativeRegistered.type)
            else:
                data = response(text) if text in ("response", "closed") else order(text)
                await self.partner.publish(self.partner.event(data, id=name, time=self.clock()), type=data.type)

    async def quiet(self, count: int) -> bool:
        """It consumes, every event has its outcome, all that was to be said has left, and nothing more will be delivered."""
        declared = [(await self.channel.declare_queue(name, passive=True)).declaration_result for name in self.queues]
        if any(one.message_count or not one.consumer_count for one in declared):
            return False
        return bool(
            await self.house.pool.fetchval(
                """
                SELECT count(*) = $1 AND NOT EXISTS (SELECT FROM bus.outbox) AND NOT EXISTS (SELECT FROM bus.waiting)
                FROM bus.inbox
                """,
                count,
            )
        )

    async def woken_too_early(self) -> bool:
        """Whether an event waits for what has come: the two were at work at the same moment. It is tried again after a pause."""
        return bool(
            await self.house.pool.fetchval("SELECT EXISTS (SELECT FROM bus.waiting) AND EXISTS (SELECT FROM known)")
        )

    async def gone(self) -> bool:
        """Whether both servers have noticed that the process is gone."""
        held = await self.house.pool.fetchval(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'burenbus-survey')"
        )
        declared = [await self.channel.declare_queue(name, passive=True) for name in self.queues]
        return not held and not any(one.declaration_result.consumer_count for one in declared)

    async def live(self, life: Life, count: int) -> None:
        """The service, until it dies, or until `count` events have had their outcome."""

        quiet = asyncio.Event()

        async def process(amqp: str, database_url: str) -> None:
            service = build(self.house.settings(amqp_url=amqp, database_url=database_url, batch_messages=4))
            service.clock = self.clock

            async def queues() -> list[str]:
                life.begin()
                return self.queues

            service.queues = queues  # type: ignore[method-assign]
            running = asyncio.create_task(service._run())
            try:
                await quiet.wait()
                assert service._consumer
                await service._consumer.drain(PATIENCE_S)
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
                for broker in service._brokers:
                    await broker.stop()
                if service.database:
                    service.database.pool.terminate()

        async def look() -> None:
            while not life.over and not await self.quiet(count):
                if await self.woken_too_early():
                    self.clock.advance(timedelta(seconds=keep.FIRST_PAUSE_S))
                await asyncio.sleep(0.02)
            quiet.set()

        looking = asyncio.create_task(look())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await life.live(process, self.house.vhost.url("survey"), self.house.database_url)
        finally:
            await looking
        await until(self.gone, "the servers have noticed that the process is gone")
        self.clock.advance(LEASE)

    async def end(self) -> EndState:
        """The end state; and nothing is left in the queues."""
        for name in self.queues:
            declared = await self.channel.declare_queue(name, passive=True)
            assert declared.declaration_result.message_count == 0, name
        published: list[dict[str, Any]] = []
        while message := await self.ear.get(no_ack=True, fail=False):
            published += json.loads(message.body)
        return await end_state(self.house.pool, published)

    async def undisturbed(self, events: dict[str, str]) -> EndState:
        await self.begin_anew()
        names = sorted(events, key=lambda name: name != FACT)
        await self.send(events, names)
        await self.live(Life(), len(names))
        return await self.end()


@pytest_asyncio.fixture
async def wire(house: House) -> AsyncIterator[Wire]:
    partner = await house.partner()
    async with await aio_pika.connect(house.vhost.admin_url) as connection:
        channel = await connection.channel()
        ear = await channel.declare_queue(exclusive=True)
        await ear.bind(topology.EVENTS, "signal-recorded.v1")
        await ear.bind(topology.EVENTS, "event-set-aside.v1")
        await ear.bind(topology.FEEDBACK, partner.name)
        yield Wire(house, partner, channel, ear)


async def test_dying_along_the_way(wire: Wire) -> None:
    """The process dies at awaits spread over its whole life, before what it waits for or right after; the broker delivers
    again what was not acknowledged, and the end is the same."""
    expected = await wire.undisturbed(EACH_KIND)
    await wire.begin_anew()
    await wire.send(EACH_KIND, [*EACH_KIND, "hallo"])
    whole = Life()
    await wire.live(whole, len(EACH_KIND))
    assert await wire.end() == expected
    for n in range(DEATHS):
        await wire.begin_anew()
        await wire.send(EACH_KIND, [*EACH_KIND, "hallo"])
        life = Life(1 + whole.awaits * n // DEATHS, answered=bool(n % 2))
        await wire.live(life, len(EACH_KIND))
        await wire.live(Life(), len(EACH_KIND))
        assert await wire.end() == expected, life


@settings(
    max_examples=settings().max_examples // 12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_dying_anywhere_along_the_way(wire: Wire, data: st.DataObject) -> None:
    """Events in any order, some repeated, and a process that dies anywhere, twice at most."""
    texts = data.draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=6), label="texts")
    events = {f"e{n}": text for n, text in enumerate(texts)} | {FACT: FACT}
    more = data.draw(st.lists(st.sampled_from(sorted(events)), max_size=3), label="again")
    order_of_all = data.draw(st.permutations([*events, *more]), label="order")
    expected = await wire.undisturbed(events)
    await wire.begin_anew()
    await wire.send(events, order_of_all)
    for _ in range(data.draw(st.integers(1, MOST_DEATHS), label="deaths")):
        dies_at = data.draw(st.integers(1, 500), label="dies at")
        await wire.live(Life(dies_at, answered=data.draw(st.booleans(), label="answered")), len(events))
    await wire.live(Life(), len(events))
    assert await wire.end() == expected
