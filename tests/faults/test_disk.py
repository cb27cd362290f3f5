"""The disk of the database is full."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from deploy import databases

from .ending import assert_as_undisturbed
from .workload import Workload
from .world import World

EVERYTHING, ONE = ("bus.inbox", "response", "bus.outbox"), ("response",)


@pytest.mark.parametrize("tables", [EVERYTHING, ONE], ids=["everything", "one-table"])
async def test_a_full_disk(world: World, said: Workload, tables: Sequence[str]) -> None:
    """Writing fails for some time: that is no event's fault, and when there is room again all is done. Also where there is
    room enough to set events aside."""
    with _small_disk(world) as space:
        async with _tables_on(world, space, tables):
            filler = space.parent / "filler"
            _fill(filler)
            await world.start()
            survey = world.of("survey")

            async def full() -> bool:
                return bool(survey.said("no space left") or survey.said("DiskFull"))

            async with world.flow(said):
                await world.outage(full, "survey meets the full disk")
                filler.unlink()
            await assert_as_undisturbed(world)


@contextmanager
def _small_disk(world: World) -> Iterator[Path]:
    """A file system of 64 MB."""
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


def _fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as handle:
        while True:
            handle.write(b"x" * 4096)


@asynccontextmanager
async def _tables_on(world: World, space: Path, tables: Sequence[str]) -> AsyncIterator[None]:
    """These of survey lie there."""
    admin = await asyncpg.connect(world.admin_dsn)
    inside = await asyncpg.connect(databases.address(world.admin_dsn, database=world.database("survey").database))
    try:
        await admin.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
        for table in tables:
            await inside.execute(f"ALTER TABLE {table} SET TABLESPACE small")
        await inside.execute("ALTER TABLE bus.inbox SET (fillfactor = 10)")
        yield
    finally:
        await world.halt()
        for table in tables:
            await inside.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        await inside.close()
        await admin.execute("DROP TABLESPACE small")
        await admin.close()
