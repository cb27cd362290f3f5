"""The broker stops, dies, is cut off, cancels, and blocks."""

import asyncio
import subprocess

import aio_pika
import pytest

from deploy.local.rabbitmq import RabbitMQ
from shared.bus import topology
from tests.shared.bus.broker import Cable

from .workload import PARTNERS, Workload
from .world import MINUTE_S, VHOST, World


async def test_stopped_for_a_minute(world: World, said: Workload) -> None:
    """In order, while the workload flows; partners have patience, services reconnect."""
    await world.start()
    publishing = asyncio.create_task(world.publish(said))
    await world.worked(50)
    await asyncio.to_thread(world.servers.rabbitmq.stop)
    await asyncio.sleep(MINUTE_S)
    await asyncio.to_thread(world.servers.rabbitmq.start)
    await publishing
    await world.as_undisturbed()


async def test_killed(world: World, said: Workload) -> None:
    """kill -9 of the broker: what it confirmed is on disk."""
    await world.start()
    publishing = asyncio.create_task(world.publish(said))
    await world.worked(50)
    await asyncio.to_thread(world.servers.rabbitmq.kill)
    await asyncio.to_thread(world.servers.rabbitmq.start)
    await publishing
    await world.as_undisturbed()


async def test_cut_off_in_the_middle(world: World, said: Workload) -> None:
    """The way to the broker is cut again and again, mid-publish and mid-delivery: confirms and acknowledgements are lost."""
    async with Cable(world.servers.rabbitmq.amqp_url) as cable:
        world.amqp = cable.url
        await world.start()
        publishing = asyncio.create_task(world.publish(said))
        for events in (50, 400, 800):
            await world.worked(events)
            cable.cut()
            await asyncio.sleep(0.5)
            await cable.mend()
        await publishing
        await world.as_undisturbed()


async def test_every_connection_is_closed_by_the_administrator(world: World, said: Workload) -> None:
    """As when a node of a cluster drains; channels and consumers come back."""
    await world.start()
    publishing = asyncio.create_task(world.publish(said))
    for _ in range(3):
        await asyncio.sleep(1)
        for service in ("registry", "survey", "notify"):
            await world.management.disconnect(service)
    await publishing
    await world.as_undisturbed()


async def test_a_consumer_is_cancelled_by_the_server(world: World, said: Workload) -> None:
    """A queue is deleted and made again: its consumer is cancelled, and comes back by itself."""
    await world.start()
    intake = topology.intake_queue("survey", PARTNERS[1])
    await world.management.delete_queue(intake)

    async def noticed() -> bool:
        return any(intake in trouble for trouble in await world.of("survey").troubles() or [])

    await world.until(noticed, "survey notices")
    from deploy import broker

    await broker.board(world.management, PARTNERS[1], {PARTNERS[1]: world.passwords["survey"]})
    await world.of("survey").until_ready()
    await world.publish(said)
    await world.as_undisturbed()


def rabbitmqctl(server: RabbitMQ, *words: str) -> None:
    """The broker's own tool, on the private node."""
    node = server.node
    env = {
        "PATH": "/usr/sbin:/usr/bin:/bin:/usr/lib/rabbitmq/bin",
        "HOME": str(server.home),
        "LANG": "C.UTF-8",
        "ERL_EPMD_PORT": str(node.epmd_port),
        "RABBITMQ_CONF_ENV_FILE": str(server.home / "env.conf"),
        "RABBITMQ_NODENAME": node.name,
    }
    cookie = (server.home / ".erlang.cookie").read_text()
    command = ["/usr/lib/rabbitmq/bin/rabbitmqctl", "--erlang-cookie", cookie, "-n", node.name, *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"rabbitmqctl: {done.stdout} {done.stderr}")


async def test_memory_alarm(world: World, said: Workload) -> None:
    """The broker blocks who publishes: consuming and acknowledging go on, what is said waits in the outbox, and leaves
    when the alarm is over."""
    await world.start()
    first, second = said.halves()
    await world.publish(first)
    await world.worked(100)
    await asyncio.to_thread(rabbitmqctl, world.servers.rabbitmq, "set_vm_memory_high_watermark", "0.000001")
    publishing = asyncio.create_task(world.publish(second))
    await asyncio.sleep(MINUTE_S)
    await asyncio.to_thread(rabbitmqctl, world.servers.rabbitmq, "set_vm_memory_high_watermark", "absolute", "1GiB")
    await publishing
    await world.as_undisturbed()


async def test_intake_full(world: World, said: Workload) -> None:
    """A partner's queue that is full refuses more, to that partner alone; what it was refused it sends again."""
    connection = await aio_pika.connect(world.admin_amqp)
    async with connection:  # a policy may be stricter than the queue's own argument
        limit = {"pattern": "^survey\\.from\\.", "definition": {"max-length": 20}, "apply-to": "queues"}
        await world.management._call("PUT", f"policies/{VHOST}/full", json=limit)
        try:
            publishing = asyncio.create_task(world.publish(said))
            await asyncio.sleep(1)
            await world.start()
            await publishing
            await world.as_undisturbed()
        finally:
            await world.management._call("DELETE", f"policies/{VHOST}/full")
