"""Services that die, are replaced, are there twice, or start too early."""

import asyncio
import random
import signal

import pytest

from deploy import databases

from .workload import SEED, Workload
from .world import SERVICES, USUAL, World


async def test_undisturbed(world: World, said: Workload) -> None:
    """The same workload comes to the same end; without this the other scenarios say nothing."""
    await world.start(*SERVICES)
    await world.publish(said)
    await world.as_undisturbed()


@pytest.mark.parametrize("service", SERVICES)
async def test_killed_at_random_moments(world: World, said: Workload, service: str) -> None:
    """kill -9, five times, while the workload flows; started again each time."""
    rng = random.Random(f"{SEED} {service}")
    await world.start(*{*USUAL, service})
    process = world.of(service)
    publishing = asyncio.create_task(world.publish(said))
    for _ in range(5):
        await asyncio.sleep(rng.uniform(0.2, 1.5))
        await process.kill()
        await process.start(wait=False)
        await asyncio.sleep(rng.uniform(0.5, 3))  # killed also before it is ready
    await publishing
    if service == "notify":  # each time, each of its connections may have had a mail that was accepted and not noted
        await world.duplicates_are_marked(most=5 * 4, least=0)
    else:
        await world.as_undisturbed()
    assert process.deaths == 5


@pytest.mark.parametrize("service", ["registry", "survey"])
async def test_killed_between_publishing_and_deleting(world: World, said: Workload, service: str) -> None:
    """The relay dies with facts and answers in the broker and still in the outbox: they are said again under the same id."""
    await world.start(*{*USUAL} - {service})
    [process] = await world.start(service, sabotage="relay:3")
    publishing = asyncio.create_task(world.publish(said))
    await process.wait()
    await process.start()
    await publishing
    await world.as_undisturbed()
    assert process.deaths == 1


async def test_two_replicas_of_everything(world: World, said: Workload) -> None:
    """They share the work, and nothing is done by both."""
    await world.start(*SERVICES, replicas=2)
    await world.publish(said)
    await world.as_undisturbed()


async def test_one_of_two_replicas_is_killed(world: World, said: Workload) -> None:
    """What it had at hand goes to the other."""
    processes = await world.start(replicas=2)
    publishing = asyncio.create_task(world.publish(said))
    await world.worked(50)
    await asyncio.gather(*(one.kill() for one in processes[: len(USUAL)]))
    await publishing
    await world.as_undisturbed()


async def test_a_rolling_restart_under_load(world: World, said: Workload) -> None:
    """A new one is ready before the old one is asked to stop; each stops in order, with code 0."""
    old = await world.start()
    publishing = asyncio.create_task(world.publish(said))
    for one in old:
        await world.start(one.service)
        assert await one.stop() == 0
    await publishing
    await world.as_undisturbed()


async def test_stopped_for_a_moment_like_a_clock_that_jumps(world: World, said: Workload) -> None:
    """A process that stands still (a suspended machine, a clock that jumps ahead) and goes on: heartbeats were missed,
    leases have run out, and nothing is done twice."""
    processes = await world.start()
    publishing = asyncio.create_task(world.publish(said))
    await world.worked(50)
    for one in processes:
        one.signal(signal.SIGSTOP)
    await asyncio.sleep(2)
    for one in processes:
        one.signal(signal.SIGCONT)
    await publishing
    await world.as_undisturbed()


async def test_services_before_their_servers(world: World, said: Workload) -> None:
    """They wait for broker and database, ready or not, and begin when both are there."""
    await asyncio.to_thread(world.servers.stop)
    processes = await world.start(wait=False)

    async def live() -> bool:
        found = [await one.troubles() for one in processes]
        return all(troubles for troubles in found)

    await world.until(live, "all are live and not ready")
    await asyncio.to_thread(world.servers.postgres.start)
    await asyncio.to_thread(world.servers.rabbitmq.start)
    await asyncio.gather(*(one.until_ready() for one in processes))
    await world.publish(said)
    await world.as_undisturbed()


async def test_services_before_their_partners_messages_and_in_any_order(world: World, said: Workload) -> None:
    """Messages wait in the queues; the last service to start is the first in the chain."""
    await world.publish(said)
    for service in reversed(USUAL):
        await world.start(service)
    await world.as_undisturbed()


@pytest.mark.parametrize("service", SERVICES)
async def test_an_outdated_schema(world: World, service: str) -> None:
    """The service refuses to start, with code 78, and says what is missing; after the migration it starts."""
    world.servers.postgres.start()
    async with world.transaction(service) as tx:
        await tx.execute("DELETE FROM bus.migration WHERE name = 'bus/0001_bus.sql'")
    [process] = await world.start(service, wait=False)
    assert await process.wait() == 78
    log = process.log.read_text()
    assert "burenbus migrate" in log
    assert "bus/0001_bus.sql" in log
    async with world.transaction(service) as tx:
        [bus] = [m for m in migrations_of(service) if m.name == "bus/0001_bus.sql"]
        await tx.execute("INSERT INTO bus.migration (name, sha256) VALUES ($1, $2)", bus.name, bus.sha256)
    await process.start()


def migrations_of(service: str):
    from shared.migrate import migrations

    return migrations(databases.migrations(service))
