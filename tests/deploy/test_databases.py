"""A database per service, and nobody in another's."""

import asyncpg
import pytest

from deploy.databases import Database, address, clone, drop, prepare
from tests.conftest import MakeDatabase


async def test_each_service_enters_its_own_database_with_its_extensions(postgres: str) -> None:
    """The role owns its database, can make tables there, and finds the extensions that it needs."""
    dsn = await prepare(postgres, Database("registry", "only-for-tests", "burenbus_prepare_test"))
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("create table t (id int)")
        assert await connection.fetchval("select unaccent('Súdwest') || similarity('abc', 'abc')") == "Sudwest1"
        assert await connection.fetchval("select current_user") == "burenbus_registry"
    finally:
        await connection.close()
        await drop(postgres, "burenbus_prepare_test")


async def test_a_role_cannot_enter_anothers_database(postgres: str, database: MakeDatabase) -> None:
    """Survey's role is refused at the door of registry's database, a clone included."""
    await database("survey")
    registry = await database("registry")
    name = registry.rpartition("/")[2]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(address(postgres, database=name, user="burenbus_survey", password="only-for-tests"))


async def test_preparing_again_changes_nothing_but_the_password(postgres: str) -> None:
    """What is in the database stays, and the service comes in by the password that was given last."""
    again = Database("notify", "only-for-tests", "burenbus_again_test")
    dsn = await prepare(postgres, again)
    connection = await asyncpg.connect(dsn)
    await connection.execute("create table kept (id int)")
    await connection.close()
    connection = await asyncpg.connect(await prepare(postgres, again))
    try:
        assert await connection.fetchval("select to_regclass('kept')") == "kept"
    finally:
        await connection.close()
        await drop(postgres, again.database)


async def test_a_test_database_is_a_clone_with_the_migrations_applied(postgres: str, database: MakeDatabase) -> None:
    """Each call gives another database, owned by the service's role, with the bus's tables in it."""
    first, second = await database("survey"), await database("survey")
    assert first != second
    connection = await asyncpg.connect(first)
    try:
        assert await connection.fetchval("select count(*) from bus.migration") > 0
        await connection.execute("create table mine (id int)")
    finally:
        await connection.close()


async def test_a_role_with_quotes_in_its_password_comes_in(postgres: str) -> None:
    """Passwords are quoted by PostgreSQL, and encoded in the address."""
    odd = Database("probe", "a'b\"c/d@e:f %s", "burenbus_odd_test")
    try:
        connection = await asyncpg.connect(await prepare(postgres, odd))
        await connection.close()
        copied = await clone(postgres, odd, "burenbus_odd_clone_test")
        connection = await asyncpg.connect(copied.dsn(postgres))
        assert await connection.fetchval("SELECT current_user") == odd.role
        await connection.close()
    finally:
        await drop(postgres, "burenbus_odd_clone_test")
        await drop(postgres, odd.database)
