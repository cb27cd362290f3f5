"""What was committed leaves: packed, confirmed, and once, whoever relays it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import pytest
import pytest_asyncio
from faststream.rabbit import RabbitBroker

from deploy import broker
from shared import db
from shared.bus import relay as relays
from shared.bus import topology
from shared.bus.relay import NotConfirmed, Relay
from shared.events.answers import AboutEvent, EventAccepted, EventDelayed
from shared.events.base import PREFIX, Event
from shared.events.survey import InvitationWithdrawn, SignalRecorded
from shared.telemetry import Telemetry
from shared.transaction import Database
from tests.waiting import until

from .broker import House


def signal(number: int) -> SignalRecorded:
    return SignalRecorded(signal_id=str(number), kind="droom", category="financiering", region="NL")


class Ear:
    """Hears everything that is said on `events`."""

    def __init__(self) -> None:
        self.messages: list[list[dict[str, Any]]] = []

    @property
    def ids(self) -> list[str]:
        return [event["subject"] for message in self.messages for event in message]

    async def heard(self, count: int) -> bool:
        return len(self.ids) >= count


@pytest_asyncio.fixture
async def ear(house: House) -> AsyncIterator[Ear]:
    one = Ear()
    admin = await aio_pika.connect(house.vhost.admin_url)
    async with admin:
        channel = await admin.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(topology.EVENTS, "#")

        async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
            one.messages.append(json.loads(message.body))

        await queue.consume(hear, no_ack=True)
        yield one


@asynccontextmanager
async def relay_of(house: House) -> AsyncIterator[Relay]:
    connection = RabbitBroker(house.vhost.url("survey"), fail_fast=False, reconnect_interval=0.2, logger=None)
    pool = await db.create_pool(house.database_url, max_size=3)
    yield Relay(connection, pool, Telemetry("survey"))
    await connection.stop()
    await pool.close()


async def say(house: House, *facts: Event) -> None:
    """As another process of the service would."""
    database = Database(house.pool, service="survey", clock=house.now)
    async with database.transaction() as tx:
        for fact in facts:
            tx.emit(fact)


async def left(house: House) -> int:
    found: int = await house.pool.fetchval("SELECT count(*) FROM bus.outbox")
    return found


async def test_what_belongs_together_goes_together(house: House, ear: Ear) -> None:
    """At most a hundred events of one type in a message, in order; all of them, and the outbox is empty."""
    withdrawn = InvitationWithdrawn(invitation_id="i", campaign_id="c", initiative_id="x", reason="closed")
    async with relay_of(house) as relay:
        await say(house, *[signal(n) for n in range(250)], withdrawn)
        while await relay.once():
            pass
        await until(lambda: ear.heard(251), "all is heard")
    assert sorted(len(m) for m in ear.messages) == [1, 50, 100, 100]
    assert all(len({event["type"] for event in m}) == 1 for m in ear.messages)
    assert sorted(int(i) for i in ear.ids if i.isdigit()) == list(range(250))
    assert await left(house) == 0


async def test_answers_to_one_partner_go_together(house: House) -> None:
    """Whatever their types; another partner's are in a message of their own."""
    one, other = await house.partner(), await house.partner()
    database = Database(house.pool, service="survey", clock=house.now)
    async with database.transaction() as tx:
        for number, partner in enumerate((one, other, one)):
            said: dict[str, Any] = {
                "partner": partner.name,
                "event": AboutEvent(id=f"e{number}"),
                "received_at": house.now(),
            }
            answer = EventDelayed(**said) if number else EventAccepted(**said, outcome="new")
            tx.answer(partner.name, answer, traceparent=None, sequence=number)
    async with relay_of(house) as relay:
        await relay.once()
    assert [a["type"].removeprefix(PREFIX) for a in await one.answers(2)] == ["event-accepted.v1", "event-delayed.v1"]
    assert len(await other.answers(1)) == 1


async def test_only_what_is_confirmed_is_deleted(house: House, ear: Ear) -> None:
    """A queue that is full refuses a fact: that stays and is tried again, the others are gone."""
    name = "reporting.full"
    full = topology.Queue(name, {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"})
    bound = topology.Binding(topology.EVENTS, name, "invitation-withdrawn.v1")
    await house.vhost.management.define(
        broker.definitions(house.vhost.name, topology.Topology({}, [full], [bound]), {})
    )
    withdrawn = InvitationWithdrawn(invitation_id="i", campaign_id="c", initiative_id="x", reason="closed")
    async with relay_of(house) as relay:
        with pytest.raises(NotConfirmed):  # noqa: PT012 - the broker says when it is full
            while True:  # the limit is a soft one
                await say(house, withdrawn, signal(0))
                await relay.once()
        assert [r["routing_key"] for r in await house.pool.fetch("SELECT routing_key FROM bus.outbox")] == [
            "invitation-withdrawn.v1"
        ]
        await house.vhost.management.delete_queue(name)
        assert await relay.once() == 1


async def test_what_was_said_apart_goes_together(house: House, ear: Ear) -> None:
    """Rows are joined up to a hundred events a message, in order; none is cut."""
    async with relay_of(house) as relay:
        for first in range(0, 160, 40):
            await say(house, *[signal(n) for n in range(first, first + 40)])
        assert await relay.once() == 4
        await until(lambda: ear.heard(160), "all is heard")
    assert [len(m) for m in ear.messages] == [80, 80]
    assert [int(i) for i in ear.ids] == list(range(160))


async def test_two_relays_share_the_work(house: House, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event is relayed by one of them."""
    monkeypatch.setattr(relays, "ROUND", 4)
    async with relay_of(house) as one, relay_of(house) as two:
        for number in range(8):
            await say(house, *[signal(number * 50 + n) for n in range(50)])
        shares = await asyncio.gather(one.once(), two.once())
        assert [*shares] == [4, 4]
        await until(lambda: ear.heard(400), "all is heard")
    assert Counter(ear.ids).most_common(1)[0][1] == 1


async def test_it_tells_when_it_has_caught_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for it finds the outbox empty; while the broker refuses, nobody waits longer than he wanted."""
    monkeypatch.setattr(relays, "ROUND", 2)
    async with relay_of(house) as relay:
        await relay.caught_up(0)
        running = asyncio.create_task(relay.run())
        for _ in range(3):
            for number in range(5):
                await say(house, signal(number))
            relay.wake()
            await relay.caught_up(60)
            assert await left(house) == 0
        running.cancel()


async def test_it_goes_on_after_the_connection_was_closed(house: House, ear: Ear) -> None:
    """The administrator closes every connection, again and again: nothing committed is lost."""
    async with relay_of(house) as relay:
        running = asyncio.create_task(relay.run())
        for round_ in range(3):
            await say(house, *[signal(round_ * 100 + n) for n in range(100)])
            relay.wake()
            await house.vhost.management.disconnect("survey")
        await until(lambda: ear.heard(300), "all is heard")
        running.cancel()
    assert {int(i) for i in ear.ids} == set(range(300))


async def test_another_process_wakes_it(house: House, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """By NOTIFY at its commit, long before the relay would look by itself."""
    monkeypatch.setattr(relays, "POLL_S", 3600)
    async with relay_of(house) as relay:
        running = asyncio.create_task(relay.run())

        async def listening() -> bool:
            found = await house.pool.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE '%LISTEN%'"
            )
            return bool(found)

        async def asleep() -> bool:
            return bool(relay._something._waiters)

        await until(listening, "it listens")
        await until(asleep, "it has looked, and sleeps")
        await say(house, signal(1))
        await until(lambda: ear.heard(1), "it is heard")
        running.cancel()


async def test_a_fact_that_nobody_hears_is_no_error(house: House) -> None:
    """It is confirmed, and gone."""
    async with relay_of(house) as relay:
        await say(house, signal(1))
        assert await relay.once() == 1
    assert await left(house) == 0
