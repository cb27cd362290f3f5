"""The order in which things start, and a database that is not what a service expects."""

import asyncio

import pytest

from deploy import databases
from deploy.databases import SERVICES
from shared.migrate import Migration, migrations

from .ending import assert_as_undisturbed
from .patience import until
from .workload import Workload
from .world import USUAL, World


async def test_services_before_their_servers(world: World, said: Workload) -> None:
    """They wait for broker and database, live and not ready, and begin when both are there."""
    await asyncio.to_thread(world.servers.stop)
    processes = await world.start(wait=False)

    async def live() -> bool:
        return all([await one.troubles() for one in processes])

    await until(live, "all are live and not ready")
    await asyncio.to_thread(world.servers.start)
    await asyncio.gather(*(one.until_ready() for one in processes))
    await world.publish(said)
    await assert_as_undisturbed(world)


async def test_services_after_their_messages_and_in_any_order(world: World, said: Workload) -> None:
    """Messages wait in the queues; the last service to start is the first in the chain."""
    await world.publish(said)
    for service in reversed(USUAL):
        await world.start(service)
    await assert_as_undisturbed(world)


@pytest.mark.parametrize("service", SERVICES)
async def test_an_outdated_schema(world: World, service: str) -> None:
    """The service refuses to start, with code 78, and says what is missing; after the migration it starts."""
    bus = _migration_of(service)
    async with world.transaction(service) as tx:
        await tx.execute("DELETE FROM bus.migration WHERE name = $1", bus.name)
    [process] = await world.start(service, wait=False)
    assert await process.wait() == 78
    assert process.said("burenbus migrate")
    assert process.said(bus.name)
    async with world.transaction(service) as tx:
        await tx.execute("INSERT INTO bus.migration (name, sha256) VALUES ($1, $2)", bus.name, bus.sha256)
    await process.start()


def _migration_of(service: str) -> Migration:
    """The first that a service's database has had."""
    return migrations(databases.migrations(service))[0]
