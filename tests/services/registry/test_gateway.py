"""The registry publishes for partners who do not speak AMQP, and is told what the broker made of it."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import aio_pika
import pytest
import pytest_asyncio

from services.registry.gateway import BrokerAway, DoorFull, Publisher
from shared.bus import topology
from tests.conftest import VHost
from tests.shared.bus.broker import Cable

TYPE = "nl.zorgzame-gemeenschappen.signal-reported.v1"
QUEUE = "survey.from."
Board = Callable[[], Awaitable[str]]


@pytest_asyncio.fixture
async def board(vhost: VHost) -> AsyncIterator[Board]:
    """`await board()`: the name of a new partner, with its queues; gone afterwards."""
    names: list[str] = []

    async def make() -> str:
        names.append(f"p-{secrets.token_hex(4)}")
        await vhost.board(names[-1])
        return names[-1]

    yield make
    for name in names:
        await vhost.management.delete_user(f"{name}.1")
        for queue in topology.partner(name).queues:
            await vhost.management.delete_queue(queue.name)


async def _read(vhost: VHost, queue: str) -> list[aio_pika.abc.AbstractIncomingMessage]:
    connection = await aio_pika.connect(vhost.admin_url)
    async with connection:
        channel = await connection.channel()
        found = await channel.get_queue(queue, ensure=False)
        messages = []
        while message := await found.get(fail=False, no_ack=True):
            messages.append(message)
        return messages


async def _fill(publisher: Publisher, partner: str) -> None:
    for _ in range(50):  # the broker's limit is a soft one
        await publisher.publish(partner, [b"{}"], TYPE)


async def test_what_was_confirmed_lies_in_the_partners_queue(vhost: VHost, board: Board) -> None:
    """Events of one type go as one persistent batch under the partner's own key; more than a message holds are cut."""
    name = await board()
    publisher = Publisher(vhost.url("registry"))
    try:
        await publisher.publish(name, [json.dumps({"id": str(n)}).encode() for n in range(101)], TYPE)
    finally:
        await publisher.close()
    messages = await _read(vhost, QUEUE + name)
    assert [len(json.loads(m.body)) for m in messages] == [100, 1]
    assert {m.routing_key for m in messages} == {f"{name}.signal-reported.v1"}
    assert {m.delivery_mode for m in messages} == {aio_pika.DeliveryMode.PERSISTENT}
    assert {m.content_type for m in messages} == {"application/cloudevents-batch+json"}


async def test_a_full_queue_is_told_and_hurts_no_neighbour(
    vhost: VHost, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partner whose queue is full hears DoorFull; another partner's events are taken as ever."""
    other = await board()
    monkeypatch.setattr(topology, "INTAKE_LENGTH", 2)
    full = await board()
    publisher = Publisher(vhost.url("registry"))
    try:
        with pytest.raises(DoorFull):
            await _fill(publisher, full)
        await publisher.publish(other, [b"{}"], TYPE)
    finally:
        await publisher.close()
    assert len(await _read(vhost, QUEUE + other)) == 1


async def test_a_broker_that_is_away_is_told_and_found_again(vhost: VHost, board: Board) -> None:
    """While the broker is away publishing fails at once; when it is back the same publisher goes on."""
    name = await board()
    async with Cable(vhost.url("registry")) as cable:
        publisher = Publisher(cable.url)
        try:
            await publisher.publish(name, [b"{}"], TYPE)
            cable.cut()
            with pytest.raises(BrokerAway):
                await publisher.publish(name, [b"{}"], TYPE)
            await cable.mend()
            await publisher.publish(name, [b"{}"], TYPE)
        finally:
            await publisher.close()
    assert len(await _read(vhost, QUEUE + name)) == 2
