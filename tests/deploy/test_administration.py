"""What the administrator asks of RabbitMQ is the same through its management API and through `rabbitmqctl`."""

import asyncio
import secrets

import aio_pika
import aiormq
import pytest
import stamina
from aio_pika.exceptions import AMQPConnectionError
from aiormq.exceptions import ChannelAccessRefused

from deploy import broker
from deploy.administration import Administration, BrokerError
from deploy.databases import SERVICES
from deploy.rabbitmqctl import Rabbitmqctl
from shared.bus import topology
from shared.bus.topology import Queue, Topology
from shared.events.catalogue import taken_by
from tests.conftest import PASSWORD, VHost

pytestmark = pytest.mark.stack

TYPE = taken_by("registry")[0].type


def _name() -> str:
    return f"p-{secrets.token_hex(5)}"


async def publish(connection: aio_pika.abc.AbstractConnection, partner: str) -> None:
    """One message under the partner's own key, confirmed."""
    channel = await connection.channel()
    exchange = await channel.get_exchange("in", ensure=False)
    await exchange.publish(aio_pika.Message(b"{}"), f"{partner}.{TYPE}", timeout=20)
    await channel.close()


async def cut_off(connection: aio_pika.abc.AbstractConnection, partner: str) -> None:
    """Returns once the broker has closed the connection, which takes it a moment; fails when it goes on."""
    async with asyncio.timeout(20):
        while True:
            try:
                await publish(connection, partner)
            except (aiormq.exceptions.AMQPError, RuntimeError, ConnectionError):
                return


async def test_what_is_made_is_there_and_made_again_stays(administration: Administration, vhost: VHost) -> None:
    """A partner's queues, its user and its limits; a second time changes nothing."""
    name = _name()
    for _ in range(2):
        await broker.board(administration, name, {f"{name}.1": PASSWORD})
    there = {queue["name"]: queue["messages"] for queue in await administration.queues()}
    assert {queue.name for queue in topology.partner(name).queues} <= there.keys()
    async with await aio_pika.connect(vhost.url(f"{name}.1")) as connection:
        await publish(connection, name)
        async for attempt in stamina.retry_context(on=AssertionError, timeout=30, attempts=None, wait_max=0.5):
            with attempt:
                assert (await administration.connections())[f"{name}.1"] == 1
    limits = (await vhost.management._call("GET", f"user-limits/{name}.1")).json()
    assert limits == [
        {"user": f"{name}.1", "value": {"max-connections": broker.PARTNER_CONNECTIONS, "max-channels": broker.PARTNER_CHANNELS}}
    ]  # fmt: skip
    await broker.unboard(vhost.management, name)


async def test_a_user_has_no_more_connections_than_its_limit(administration: Administration, vhost: VHost) -> None:
    """One more than allowed is refused; those that are open stay."""
    name = _name()
    await broker.board(administration, name, {f"{name}.1": PASSWORD})
    await administration.limit_user(f"{name}.1", connections=1, channels=2)
    async with await aio_pika.connect(vhost.url(f"{name}.1")):
        with pytest.raises((AMQPConnectionError, aiormq.exceptions.InvalidFrameError), match=r"limit|Close"):
            await aio_pika.connect(vhost.url(f"{name}.1"))
    await broker.unboard(vhost.management, name)


async def test_a_queue_or_exchange_with_other_properties_is_told(administration: Administration) -> None:
    """RabbitMQ keeps the old one without a word; we say which differs and in what."""
    name = f"probe-{secrets.token_hex(4)}"
    for limit in (5, 6):
        queue = Queue(name, {"x-queue-type": "quorum", "x-delivery-limit": limit})
        exchanges = {name: ("topic", {"alternate-exchange": f"other-{limit}"})}
        for wanted in (Topology({}, [queue], []), Topology(exchanges, [], [])):
            document = broker.definitions(administration.vhost, wanted, {})
            if limit == 5:
                await administration.define(document)
            else:
                with pytest.raises(BrokerError, match=rf"{name}.*arguments"):
                    await administration.define(document)
    await administration.delete_queue(name)
    await administration.delete_queue(name)  # what is gone is gone


async def test_the_whole_topology_can_be_applied(administration: Administration) -> None:
    """On a vhost that has it already nothing changes, and nothing is left over."""
    assert await broker.apply(administration, dict.fromkeys(SERVICES, PASSWORD)) == []


async def test_who_may_not_publish_is_cut_off_and_can_still_read(administration: Administration, vhost: VHost) -> None:
    """An open connection does not go on by what it could before; afterwards all is as it was."""
    name = _name()
    user, url = f"{name}.1", vhost.url(f"{name}.1")
    await broker.board(administration, name, {user: PASSWORD})
    connection = await aio_pika.connect(url)
    await publish(connection, name)
    await broker.let_publish(administration, name, [user], publishes=False)
    await cut_off(connection, name)
    async with await aio_pika.connect(url) as again:
        with pytest.raises(ChannelAccessRefused):
            await publish(again, name)
        channel = await again.channel()
        feedback = await channel.get_queue(topology.feedback_queue(name), ensure=False)
        assert await feedback.get(fail=False) is None
    await broker.let_publish(administration, name, [user], publishes=True)
    async with await aio_pika.connect(url) as again:
        await publish(again, name)
    await broker.unboard(vhost.management, name)


async def test_a_removed_partner_is_out_at_once_with_its_queues(administration: Administration, vhost: VHost) -> None:
    """Its open connection is closed, nobody comes back in, its queues are gone; another partner's are not."""
    name, other = _name(), _name()
    for each in (name, other):
        await broker.board(vhost.management, each, {f"{each}.1": PASSWORD})
    mine, theirs = await aio_pika.connect(vhost.url(f"{name}.1")), await aio_pika.connect(vhost.url(f"{other}.1"))
    await broker.unboard(administration, name)
    await broker.unboard(administration, name)  # what is gone is gone
    await cut_off(mine, name)
    with pytest.raises(AMQPConnectionError):
        await aio_pika.connect(vhost.url(f"{name}.1"))
    await publish(theirs, other)
    await theirs.close()
    there = {queue["name"] for queue in await administration.queues()}
    assert not there & {queue.name for queue in topology.partner(name).queues}
    assert there >= {queue.name for queue in topology.partner(other).queues}
    await broker.unboard(vhost.management, other)


async def test_no_list_of_processes_shows_a_password(vhost: VHost, tmp_path) -> None:
    """`rabbitmqctl` gets passwords through standard input and hashed; never as an argument."""
    seen = tmp_path / "seen"
    spy = tmp_path / "spy"
    spy.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec {vhost.server.rabbitmqctl} "$@"\n')
    spy.chmod(0o755)
    name = _name()
    await broker.board(Rabbitmqctl(str(spy), vhost.name), name, {f"{name}.1": "a-secret"})
    assert seen.read_text().splitlines()[0] == "eval"
    assert "a-secret" not in seen.read_text()
    await (await aio_pika.connect(vhost.url(f"{name}.1", "a-secret"))).close()
    await broker.unboard(vhost.management, name)


@pytest.mark.parametrize(("command", "says"), [("/nowhere/rabbitmqctl", "start niet"), ("false", "lukt niet")])
async def test_a_command_that_fails_is_told_in_a_sentence(command: str, says: str) -> None:
    """Which command, and what it said; no traceback."""
    with pytest.raises(BrokerError, match=says):
        await Rabbitmqctl(command, "x").queues()
