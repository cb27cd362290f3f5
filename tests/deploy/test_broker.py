"""The administrator's side of RabbitMQ: the topology once, partners with only what is theirs, nothing lost in between."""

import secrets

import aio_pika
import pytest
import stamina
from aio_pika.exceptions import AMQPConnectionError
from aiormq.exceptions import ChannelAccessRefused

from deploy import broker
from deploy.broker import BrokerError, Management
from deploy.databases import SERVICES
from shared.bus import topology
from shared.bus.topology import Binding, Queue, Topology
from shared.events.catalogue import taken_by
from tests.conftest import PASSWORD, VHost

TYPE = taken_by("registry")[0].type


def _partner() -> str:
    return f"p-{secrets.token_hex(5)}"


async def test_applying_twice_changes_nothing(vhost: VHost) -> None:
    """The topology is there after the first time and the same after the second; no queue is left over."""
    before = {queue["name"] for queue in await vhost.management.queues()}
    assert topology.ANSWERS_QUEUE in before
    assert await broker.apply(vhost.management, dict.fromkeys(SERVICES, PASSWORD)) == []
    assert {queue["name"] for queue in await vhost.management.queues()} == before


async def test_a_queue_with_other_properties_is_told_and_not_taken_for_ours(vhost: VHost) -> None:
    """RabbitMQ keeps the old queue without a word; we say which queue differs and in what."""
    name = f"probe-{secrets.token_hex(4)}"
    for limit in (5, 6):
        queue = Queue(name, {"x-queue-type": "quorum", "x-delivery-limit": limit})
        document = broker.definitions(vhost.name, Topology({}, [queue], []), {})
        if limit == 5:
            await vhost.management.define(document)
        else:
            with pytest.raises(BrokerError, match=rf"{name}.*arguments"):
                await vhost.management.define(document)
    await vhost.management.delete_queue(name)


async def test_a_partner_publishes_under_its_own_prefix_and_nothing_else(vhost: VHost) -> None:
    """Its own key is confirmed and arrives; another's key, another exchange and another's queue are refused."""
    name, other = _partner(), _partner()
    url = await vhost.board(name)
    await vhost.board(other)
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("in", ensure=False)
        await exchange.publish(aio_pika.Message(b"{}"), f"{name}.{TYPE}")
        for key, to in ((f"{other}.{TYPE}", "in"), (TYPE, "events"), (other, "feedback")):
            refused = await connection.channel()
            exchange = await refused.get_exchange(to, ensure=False)
            with pytest.raises(ChannelAccessRefused):
                await exchange.publish(aio_pika.Message(b"{}"), key)
        for forbidden in (topology.feedback_queue(other), topology.intake_queue("registry", name)):
            refused = await connection.channel()
            with pytest.raises(ChannelAccessRefused):
                await (await refused.get_queue(forbidden, ensure=False)).get()
    admin = await aio_pika.connect(vhost.admin_url)
    async with admin:
        channel = await admin.channel()
        queue = await channel.get_queue(topology.intake_queue("registry", name))
        assert (await queue.get()).body == b"{}"


async def test_boarding_again_changes_the_password(vhost: VHost) -> None:
    """The new password opens the door and the old one no longer does."""
    name = _partner()
    old = await vhost.board(name)
    await broker.board(vhost.management, name, {f"{name}.1": "another"})
    await (await aio_pika.connect(vhost.url(f"{name}.1", "another"))).close()
    with pytest.raises(AMQPConnectionError):
        await aio_pika.connect(old)


async def test_a_removed_user_is_out_at_once(vhost: VHost) -> None:
    """It cannot come back in."""
    name = _partner()
    url = await vhost.board(name)
    await vhost.management.delete_user(f"{name}.1")
    with pytest.raises(AMQPConnectionError):
        await aio_pika.connect(url)


async def test_a_name_that_is_ours_cannot_be_boarded(vhost: VHost) -> None:
    """Service names would give a partner a service's rights."""
    with pytest.raises(ValueError, match="registry"):
        await broker.board(vhost.management, "registry", {})


async def test_a_queue_of_a_fact_no_longer_heard_is_retired_without_loss(vhost: VHost) -> None:
    """It gets nothing more, and is removed by a later call once it is empty."""
    name = "reporting.fact-of-old.v1"
    queue = Queue(name, {"x-queue-type": "quorum"})
    old = Topology({}, [queue], [Binding(topology.EVENTS, name, "fact-of-old.v1")])
    await vhost.management.define(broker.definitions(vhost.name, old, {}))
    passwords = dict.fromkeys(SERVICES, PASSWORD)
    admin = await aio_pika.connect(vhost.admin_url)
    async with admin:
        channel = await admin.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"{}"), name)
        for why in ("still bound", "not empty"):
            assert await broker.apply(vhost.management, passwords) == [name], why
        await (await (await channel.get_queue(name)).get()).ack()
    # Removed as soon as the broker's own count, that lags some seconds, has seen it empty.
    async for attempt in stamina.retry_context(on=AssertionError, timeout=30, attempts=None, wait_max=0.5):
        with attempt:
            assert await broker.apply(vhost.management, passwords) == []
    assert name not in {one["name"] for one in await vhost.management.queues()}


async def test_a_wrong_address_is_told_in_a_sentence() -> None:
    """No traceback of a library: one error with what does not answer."""
    async with Management("http://a:b@127.0.0.1:9", "x") as management:
        with pytest.raises(BrokerError, match="antwoordt niet"):
            await management.queues()
