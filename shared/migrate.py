"""Forward-only SQL migrations: `NNNN_what.sql`, a ledger with each file's hash, and one lock so that one process applies them."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import db

SHARED = Path(__file__).parent / "migrations"
"""The bus's own tables: in every service's database, before the service's own."""

_LOCK = 7_236_011
_LEDGER = """
CREATE SCHEMA IF NOT EXISTS bus;
CREATE TABLE IF NOT EXISTS bus.migration (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class OutdatedSchema(Exception):
    """The database is not at the version that this release needs. Run `burenbus migrate`."""


class ChangedMigration(Exception):
    """A migration that was applied has been changed since. Migrations are never edited; add a new one."""


@dataclass(frozen=True)
class Migration:
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(directories: Sequence[Path]) -> list[Migration]:
    """All migrations of these directories, in order; names are made unique by their directory."""
    found = []
    for directory in directories:
        for path in sorted(directory.glob("*.sql")):
            if not re.match(r"^[0-9]{4}_[a-z0-9_]+\.sql$", path.name):
                raise ValueError(f"a migration is called NNNN_what.sql, not {path.name}")
            room = "bus" if directory == SHARED else directory.parent.name
            found.append(Migration(f"{room}/{path.name}", path.read_text("utf-8")))
    return found


async def migrate(url: str, directories: Sequence[Path]) -> list[str]:
    """Applies what is missing, each migration in its own transaction; gives the names of what was applied.

    Raises ChangedMigration if an applied one differs from its file.
    """
    connection = await db.connect(url, application="burenbus-migrate")
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_LEDGER)
        applied = {r["name"]: r["sha256"] for r in await connection.fetch("SELECT name, sha256 FROM bus.migration")}
        done = []
        for migration in migrations(directories):
            if migration.name in applied:
                if applied[migration.name] != migration.sha256:
                    raise ChangedMigration(migration.name)
                continue
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO bus.migration (name, sha256) VALUES ($1, $2)", migration.name, migration.sha256
                )
            done.append(migration.name)
        return done
    finally:
        await connection.close()


async def require_current(pool: db.Pool, directories: Sequence[Path]) -> None:
    """Raises OutdatedSchema, naming what is missing, unless every migration has been applied."""
    wanted = [m.name for m in migrations(directories)]
    exists = await pool.fetchval("SELECT to_regclass('bus.migration') IS NOT NULL")
    applied = {r["name"] for r in await pool.fetch("SELECT name FROM bus.migration")} if exists else set()
    missing = [name for name in wanted if name not in applied]
    if missing:
        raise OutdatedSchema(", ".join(missing))
