"""Migrations go forward only, once, and are never edited."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from deploy import databases
from deploy.databases import Database
from shared import db
from shared.migrate import ChangedMigration, OutdatedSchema, migrate, migrations, require_current
from tests.conftest import PASSWORD


@pytest_asyncio.fixture
async def url(postgres: str) -> AsyncIterator[str]:
    """An empty database."""
    one = Database("probe", PASSWORD, f"burenbus_migrate_test_{secrets.token_hex(6)}")
    yield await databases.prepare(postgres, one)
    await databases.drop(postgres, one.database)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """The migrations of a service, two of them."""
    directory = tmp_path / "probe" / "migrations"
    directory.mkdir(parents=True)
    (directory / "0001_first.sql").write_text("CREATE TABLE first (id int); INSERT INTO first VALUES (1);")
    (directory / "0002_second.sql").write_text("CREATE TABLE second (id int);")
    return directory


async def test_each_is_applied_once_and_in_order(url: str, room: Path) -> None:
    """The second time there is nothing to do; a new one is applied alone."""
    assert await migrate(url, [room]) == ["probe/0001_first.sql", "probe/0002_second.sql"]
    assert await migrate(url, [room]) == []
    (room / "0003_third.sql").write_text("INSERT INTO first VALUES (3);")
    assert await migrate(url, [room]) == ["probe/0003_third.sql"]


async def test_several_at_once_take_turns(url: str, room: Path) -> None:
    """Four replicas start together: each migration is applied by one of them."""
    applied = await asyncio.gather(*(migrate(url, [room]) for _ in range(4)))
    assert sorted(name for names in applied for name in names) == ["probe/0001_first.sql", "probe/0002_second.sql"]


async def test_one_that_fails_leaves_nothing(url: str, room: Path) -> None:
    """It is rolled back whole; those before it stay."""
    (room / "0002_second.sql").write_text("CREATE TABLE second (id int); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(url, [room])
    connection = await db.connect(url)
    try:
        assert await connection.fetchval("SELECT to_regclass('second')") is None
        assert await connection.fetchval("SELECT count(*) FROM first") == 1
    finally:
        await connection.close()


async def test_an_edited_one_is_noticed(url: str, room: Path) -> None:
    """What was applied cannot be changed afterwards: add a new one."""
    await migrate(url, [room])
    (room / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    with pytest.raises(ChangedMigration, match=r"0001_first\.sql"):
        await migrate(url, [room])


def test_a_name_says_its_place(room: Path) -> None:
    """`NNNN_what.sql`, nothing else."""
    (room / "third.sql").write_text("SELECT 1")
    with pytest.raises(ValueError, match=r"NNNN_what\.sql"):
        migrations([room])


async def test_a_schema_that_is_behind_is_named(url: str, room: Path) -> None:
    """Also where nothing was ever applied; with all of them there is nothing to say."""
    pool = await db.create_pool(url, max_size=1)
    try:
        with pytest.raises(OutdatedSchema, match=r"0001_first\.sql, probe/0002_second\.sql"):
            await require_current(pool, [room])
        await migrate(url, [room])
        await require_current(pool, [room])
    finally:
        await pool.close()
