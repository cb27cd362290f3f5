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
from shared import db, logs, transaction
from shared.bus import directory, topology
from shared.clock import FixedClock, system_clock
from shared.migrate import SHARED, migrate
from shared.settings import ServiceSettings
from tests.conftest import PASSWORD, VHost
from tests.room import NOW, SECRET, Room

from .broker import House, make_vhost
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
        one = await transaction.connect(
            small_database, service="survey", clock=clock, max_size=4, handler_timeout_s=settings.handler_timeout_s
        )
        opened.append(one)
        engine = service.use(one)
        async with one.transaction() as tx:
            await directory.remember(tx, boarded("omzien"))
        return Room(service, engine, one, clock)

    yield make
    for one in opened:
        await one.close()


@pytest_asyncio.fixture(scope="session")
async def small_vhost(whole_vhost: VHost) -> AsyncIterator[VHost]:
    """A vhost with the queues of the small service."""
    one = await make_vhost(whole_vhost, dict.fromkeys(databases.SERVICES, PASSWORD))
    yield one
    await one.management.delete_vhost()
    await one.management.__aexit__()


@pytest_asyncio.fixture
async def house(small_vhost: VHost, small_database: str) -> AsyncIterator[House]:
    """Broker and database for the small service, both empty; users of partners are removed afterwards."""
    await small_vhost.management.purge()
    pool = await db.create_pool(small_database, max_size=2)
    one = House(small_vhost, small_database, pool, system_clock)
    yield one
    for partner in one.partners:
        await partner.connection.close()
        await small_vhost.management.delete_user(f"{partner.name}.1")
        for queue in topology.partner(partner.name).queues:
            await small_vhost.management.delete_queue(queue.name)
    await pool.close()


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """As a service logs; structlog by itself prints the variables of every traceback, which takes seconds."""
    logs.configure("survey")


@pytest.fixture(autouse=True)
def mended() -> None:
    """Nothing is broken at the start of a test."""
    handlers.BROKEN["now"] = False
