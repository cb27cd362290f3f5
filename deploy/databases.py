"""One database and one role per service, made by the administrator; then each service's migrations, as that service.

No role can enter another service's database. Extensions are made here, because a service's role may not make them.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.errors import DeployError
from shared.migrate import SHARED, ChangedMigration, migrate

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("registry", "survey", "notify", "reporting")
EXTENSIONS = {"registry": ("pg_trgm", "unaccent")}
LOCK = 0x62757265  # "bure": two administrators at once take turns


@dataclass(frozen=True)
class Database:
    """A service's own database: which role enters it, by which password."""

    service: str
    password: str
    name: str = ""
    """Database name; without one `burenbus_<service>`."""

    @property
    def role(self) -> str:
        """The service's role, the owner of the database."""
        return f"burenbus_{self.service}"

    @property
    def database(self) -> str:
        """The name of the database."""
        return self.name or self.role

    def dsn(self, admin_dsn: str) -> str:
        """Where the service connects, on the server that the administrator's address names."""
        return address(admin_dsn, user=self.role, password=self.password, database=self.database)


def address(admin_dsn: str, *, database: str, user: str = "", password: str = "") -> str:
    """The administrator's address with another database and, when given, another user."""
    parts = urlsplit(admin_dsn)
    where = parts.netloc
    if user:
        where = f"{quote(user, safe='')}:{quote(password, safe='')}@{where.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=where, path=f"/{database}"))


def migrations(service: str) -> tuple[Path, Path]:
    """Where the migrations of a service's database stand: the bus's own, then the service's."""
    return SHARED, ROOT / "services" / service / "migrations"


async def prepare(admin_dsn: str, database: Database) -> str:
    """Make the role, the database and its extensions, or bring them up to date; returns the service's own address.

    Doing it again changes nothing but the password, which becomes the one given.
    """
    admin = await _connect(admin_dsn)
    try:
        await admin.execute("select pg_advisory_lock($1)", LOCK)
        await _role(admin, database)
        await _database(admin, database)
    finally:
        await admin.close()  # and the lock with it
    await _extensions(admin_dsn, database)
    return database.dsn(admin_dsn)


async def prepare_and_migrate(admin_dsn: str, database: Database) -> tuple[str, list[str]]:
    """Make the database and apply the service's migrations, as the service's own role.

    Returns the service's address, and the names of the migrations that were applied. Raises DeployError.
    """
    dsn = await prepare(admin_dsn, database)
    try:
        return dsn, await migrate(dsn, migrations(database.service))
    except ChangedMigration as error:
        raise DeployError(
            f"Migratie {error} is al uitgevoerd en daarna veranderd. Een migratie verandert nooit: maak een nieuwe."
        ) from error


async def drop(admin_dsn: str, name: str) -> None:
    """Drop a database, with the connections to it."""
    admin = await _connect(admin_dsn)
    try:
        await _run(admin, "drop database if exists %I with (force)", name)
    finally:
        await admin.close()


async def clone(admin_dsn: str, template: Database, name: str) -> Database:
    """A copy of a database that nobody is connected to, for the same role."""
    admin = await _connect(admin_dsn)
    try:
        await _run(admin, "create database %I template %I owner %I", name, template.database, template.role)
        await _run(admin, "revoke all on database %I from public", name)
    finally:
        await admin.close()
    return Database(template.service, template.password, name)


async def _connect(admin_dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(admin_dsn, timeout=10)
    except (OSError, asyncpg.PostgresError) as error:
        where = urlsplit(admin_dsn).netloc.rpartition("@")[2]
        raise DeployError(f"PostgreSQL op {where} laat de beheerder niet binnen: {error}") from error


async def _role(admin: asyncpg.Connection, database: Database) -> None:
    if not await admin.fetchval("select true from pg_roles where rolname = $1", database.role):
        await _run(admin, "create role %I", database.role)
    await _run(admin, "alter role %I login nosuperuser nocreatedb nocreaterole", database.role)
    await _run(admin, "alter role %I password %L", database.role, database.password)


async def _database(admin: asyncpg.Connection, database: Database) -> None:
    if not await admin.fetchval("select true from pg_database where datname = $1", database.database):
        # Only a superuser may give a database to a role that it is not a member of; managed servers have none.
        await _run(admin, "grant %I to current_user", database.role)
        await _run(admin, "create database %I owner %I", database.database, database.role)
    await _run(admin, "revoke all on database %I from public", database.database)


async def _extensions(admin_dsn: str, database: Database) -> None:
    wanted = EXTENSIONS.get(database.service, ())
    if not wanted:
        return
    inside = await _connect(address(admin_dsn, database=database.database))
    try:
        for extension in wanted:
            await _run(inside, "create extension if not exists %I", extension)
    finally:
        await inside.close()


async def _run(connection: asyncpg.Connection, statement: str, *names: str) -> None:
    """Run a statement that takes no parameters, with names and literals quoted by PostgreSQL itself."""
    await connection.execute(
        await connection.fetchval("select format($1, variadic $2::text[])", statement, list(names))
    )
