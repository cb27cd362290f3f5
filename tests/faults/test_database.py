"""The database stops, dies, ends connections, picks victims, and hangs. A full disk stands in `test_disk`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from deploy import databases
from shared.bus import topology
from shared.bus.consumer import HANDS
from tests.shared.bus.broker import Cable

from .ending import assert_as_undisturbed
from .patience import until
from .workload import PARTNERS, Workload
from .world import NO_DATABASE, World


async def test_stopped(world: World, said: Workload) -> None:
    """In order, while the workload flows: events are held and given back, nothing is done twice."""
    await world.start()
    async with world.flow(said):
        await world.worked(0.05)
        await asyncio.to_thread(world.servers.postgres.stop)
        await world.all_notice(NO_DATABASE)
        await asyncio.to_thread(world.servers.postgres.start)
    await assert_as_undisturbed(world)


async def test_away_for_longer_than_messages_are_held(world: World, said: Workload) -> None:
    """Then they go back to the broker, and consuming begins again when the database answers."""
    await world.start(world_away_s=0.5)
    intake = topology.intake_queue("survey", PARTNERS[0])
    async with world.flow(said):
        await world.worked(0.05)
        await asyncio.to_thread(world.servers.postgres.stop)

        async def given_back() -> bool:
            return (await world.queue(intake))[1] == 0

        await world.outage(given_back, "survey consumes no longer")
        await asyncio.to_thread(world.servers.postgres.start)
    await assert_as_undisturbed(world)


async def test_killed(world: World, said: Workload) -> None:
    """kill -9 of the database: what was committed is there."""
    await world.start()
    async with world.flow(said):
        await world.worked(0.05)
        await asyncio.to_thread(world.servers.postgres.kill)
        await asyncio.to_thread(world.servers.postgres.start)
    await assert_as_undisturbed(world)


async def test_connections_are_terminated(world: World, said: Workload) -> None:
    """By the administrator, again and again, in whatever they were doing: a commit whose answer is lost is one of them."""
    await world.start()
    async with world.flow(said), _administrator(world.admin_dsn) as admin:
        for percent in range(2, 42, 2):
            await world.worked(percent / 100)
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'burenbus-%'"
            )
    await assert_as_undisturbed(world)


async def test_cut_off_from_the_database(world: World, said: Workload) -> None:
    """The way is cut in the middle of statements and commits."""
    async with Cable(world.admin_dsn) as cable:
        world.postgres = cable.url
        await world.start()
        async with world.flow(said):
            for part in (0.05, 0.3):
                await world.worked(part)
                cable.cut()
                await world.all_notice(NO_DATABASE)
                await cable.mend()
        await assert_as_undisturbed(world)


DEADLOCKS = 5


async def test_deadlocks(world: World, said: Workload) -> None:
    """Somebody locks in the other order, and survey's batch is chosen as the victim: it is tried again, and no event is
    blamed. Batches are of one message, most of these of one event: of several each is tried by itself before it is blamed."""
    await world.start("registry", "notify")
    [survey] = await world.start("survey", batch_messages=1)
    inside = databases.address(world.admin_dsn, database=world.database("survey").database)
    async with world.flow(said.in_singles()):
        await world.worked(0.02)
        while (before := survey.said("DeadlockDetected")) < DEADLOCKS:
            async with _administrator(inside) as other:
                await _lock_in_the_other_order(other)
            assert before < DEADLOCKS
    await assert_as_undisturbed(world)


async def _lock_in_the_other_order(other: "asyncpg.Connection[asyncpg.Record]") -> None:
    """First what a batch of survey's writes last, and when one waits for that, what it has written first.

    Who waits looks for a deadlock after a second, once. We look after ten: if we come too late for its look, the victim
    is ours, and there is another time.
    """
    await other.execute("SET deadlock_timeout = '10s'")

    async def blocks() -> bool:
        return bool(await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"))

    try:
        async with other.transaction():
            await other.execute("LOCK TABLE bus.outbox IN SHARE MODE")
            await until(blocks, "a batch waits for us")
            await other.execute("LOCK TABLE bus.inbox IN SHARE MODE")
    except asyncpg.DeadlockDetectedError:
        pass


async def test_a_lock_that_is_kept(world: World, said: Workload) -> None:
    """Somebody who hangs in the middle of a transaction keeps what it has locked: who waits for that blames no event, and
    goes on when it is free."""
    await world.start(handler_timeout_s=8)
    registry = world.of("registry")
    inside = databases.address(world.admin_dsn, database=world.database("registry").database)

    async def noticed() -> bool:
        return registry.said("LockNotAvailable") > HANDS  # somebody has waited once more: of a batch, each by itself

    async with world.flow(said):
        await world.worked(0.05)
        async with _administrator(inside) as other, other.transaction():
            await other.execute("LOCK TABLE claim IN SHARE MODE")
            await world.outage(noticed, "registry has waited long enough")
    await assert_as_undisturbed(world)


async def test_a_statement_that_hangs(world: World, said: Workload) -> None:
    """It is broken off after the handler's time, and the batch is run one by one; others are not held up for ever."""
    await world.start("registry", "notify")
    [survey] = await world.start("survey", sabotage="hang:take_responses:3600", handler_timeout_s=2)
    await world.publish(said)
    await assert_as_undisturbed(world)
    assert survey.said("took longer than 2 s")


@asynccontextmanager
async def _administrator(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(dsn, timeout=30)
    try:
        yield connection
    finally:
        await connection.close()
