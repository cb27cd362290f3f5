"""The small service, on a database of its own per test."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
import stamina

from deploy import databases
from deploy.databases import Database
from shared import logs, transaction
from shared.bus import directory
from shared.clock import FixedClock
from shared.migrate import SHARED, migrate
from shared.settings import ServiceSettings
from tests.conftest import PASSWORD
from tests.room import NOW, SECRET, Room

from .small import handlers
from .small.__main__ import build
from .small.events import boarded

MIGRATIONS = Path(__file__).parent / "small" / "migrations"
MakeRoom = Callable[..., Awaitable[Room]]


@pytest_asyncio.fixture(scope="session")
async def small_template(postgres: str) -> Database:
    """The migrated database of the small service, to clone from."""
    digest = hashlib.sha256()
    for directory_ in (SHARED, MIGRATIONS):
        for file in sorted(directory_.glob("*.sql")):
            digest.update(file.read_bytes())
    template = Database("survey", PASSWORD, f"burenbus_small_template_{digest.hexdigest()[:12]}")
    dsn = await databases.prepare(postgres, template)
    await migrate(dsn, (SHARED, MIGRATIONS))
    return template


@pytest_asyncio.fixture
async def small_database(postgres: str, small_template: Database) -> AsyncIterator[str]:
    """The address of a fresh database of the small service."""
    name = f"burenbus_small_test_{secrets.token_hex(6)}"
    async for attempt in stamina.retry_context(on=asyncpg.ObjectInUseError, timeout=30):
        with attempt:
            one = await databases.clone(postgres, small_template, name)
    yield one.dsn(postgres)
    await databases.drop(postgres, one.database)


@pytest_asyncio.fixture
async def small(small_database: str) -> AsyncIterator[MakeRoom]:
    """`await small()`: the small service without a broker; `knobs` are settings. Called again: another replica of it."""
    opened = []

    async def make(**knobs: Any) -> Room:
        settings = ServiceSettings(
            **{
                "amqp_url": "amqp://nobody:nothing@127.0.0.1:1/none",
                "database_url": small_database,
                "http_port": 1,
                "public_url": "http://burenbus.example",
                "link_secret": SECRET,
                **knobs,
            }
        )
        service = build(settings)
        clock = FixedClock(NOW)
        service.clock = clock
        one = await transaction.connect(small_database, service="survey", clock=clock, max_size=4)
        opened.append(one)
        engine = service.use(one)
        async with one.transaction() as tx:
            await directory.remember(tx, boarded("omzien"))
        return Room(service, engine, one, clock)

    yield make
    for one in opened:
        await one.close()


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """As a service logs; structlog by itself prints the variables of every traceback, which takes seconds."""
    logs.configure("survey")


@pytest.fixture(autouse=True)
def mended() -> None:
    """Nothing is broken at the start of a test."""
    handlers.BROKEN["now"] = False
