"""The database stops, dies, ends connections, picks victims, hangs, and is full."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from deploy import databases
from tests.shared.bus.broker import Cable

from .workload import Workload
from .world import MINUTE_S, World


async def test_stopped_for_a_minute(world: World, said: Workload) -> None:
    """In order, while the workload flows: events are held and given back, nothing is done twice."""
    await world.start()
    publishing = asyncio.create_task(world.publish(said))
    await world.worked(50)
    await asyncio.to_thread(world.servers.postgres.stop)
    await asyncio.sleep(MINUTE_S)
    await asyncio.to_thread(world.servers.postgres.start)
    await publishing
    await world.as_undisturbed()


async def test_away_for_longer_than_messages_are_held(world: World, said: Workload) -> None:
    """Then they go back to the broker, and consuming begins again when the database answers."""
    await world.start(world_away_s=0.5)
    publishing = asyncio.create_task(world.publish(said))
    await world.worked(50)
    await asyncio.to_thread(world.servers.postgres.stop)
    await asyncio.sleep(MINUTE_S)
    await asyncio.to_thread(world.servers.postgres.start)
    await publishing
    await world.as_undisturbed()


async def test_killed(world: World, said: Workload) -> None:
    """kill -9 of the database: what was committed is there."""
    await world.start()
    publishing = asyncio.create_task(world.publish(said))
    await world.worked(50)
    await asyncio.to_thread(world.servers.postgres.kill)
    await asyncio.to_thread(world.servers.postgres.start)
    await publishing
    await world.as_undisturbed()


async def test_connections_are_terminated(world: World, said: Workload) -> None:
    """By the administrator, again and again, in whatever they were doing: a commit whose answer is lost is one of them."""
    await world.start()
    publishing = asyncio.create_task(world.publish(said))
    admin = await asyncpg.connect(world.admin_dsn)
    for _ in range(20):
        await asyncio.sleep(0.2)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'burenbus-%'"
        )
    await admin.close()
    await publishing
    await world.as_undisturbed()


async def test_cut_off_from_the_database(world: World, said: Workload) -> None:
    """The way is cut in the middle of statements and commits."""
    async with Cable(world.admin_dsn) as cable:
        world.postgres = cable.url
        await world.start()
        publishing = asyncio.create_task(world.publish(said))
        for events in (50, 400):
            await world.worked(events)
            cable.cut()
            await asyncio.sleep(0.5)
            await cable.mend()
        await publishing
        await world.as_undisturbed()


async def test_deadlocks(world: World, said: Workload) -> None:
    """Every third batch is chosen as a victim: it is tried again, and no event is blamed."""
    await world.start("registry", "notify")
    await world.start("survey", sabotage="deadlock:take_responses deadlock:record_signals")
    await world.publish(said)
    await world.as_undisturbed()


async def test_a_statement_that_hangs(world: World, said: Workload) -> None:
    """It is broken off after the handler's time, and the batch is run one by one; others are not held up for ever."""
    await world.start("registry", "notify")
    await world.start("survey", sabotage="hang:take_responses:60", handler_timeout_s=2)
    await world.publish(said)
    await world.as_undisturbed()


@contextmanager
def small_disk(world: World) -> Iterator[Path]:
    """A file system of 64 MB, on which tables of survey come to lie."""
    where = world.directory / "small-disk"
    where.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(where)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system")
    try:
        inside = where / "space"
        inside.mkdir()
        world.servers.postgres.account.own(where)
        world.servers.postgres.account.own(inside)
        yield inside
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


async def test_a_full_disk(world: World, said: Workload) -> None:
    """Writing fails for some time: that is no event's fault, and when there is room again all is done."""
    with small_disk(world) as space:
        admin = await asyncpg.connect(world.admin_dsn)
        await admin.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
        inside = await asyncpg.connect(databases.address(world.admin_dsn, database=world.database("survey")))
        try:
            await inside.execute("GRANT CREATE ON TABLESPACE small TO survey")
            for table in ("bus.inbox", "response", "bus.outbox"):
                await inside.execute(f"ALTER TABLE {table} SET TABLESPACE small")
            await inside.execute("ALTER TABLE bus.inbox SET (fillfactor = 10)")
            filler = space.parent / "filler"
            with contextlib.suppress(OSError), filler.open("wb") as file:
                while True:
                    file.write(b"x" * 65536)
            await world.start()
            publishing = asyncio.create_task(world.publish(said))

            async def full() -> bool:
                return "disk" in world.of("survey").log.read_text().lower()

            await world.until(full, "survey meets the full disk")
            await asyncio.sleep(MINUTE_S)
            filler.unlink()
            await publishing
            await world.as_undisturbed()
        finally:
            await world.halt()
            for table in ("bus.inbox", "response", "bus.outbox"):
                await inside.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
            await inside.close()
            await admin.execute("DROP TABLESPACE small")
            await admin.close()
