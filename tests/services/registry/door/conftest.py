"""The HTTP door, open."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest_asyncio

from deploy import databases
from deploy.databases import Database
from deploy.local.process import free_ports
from services.registry.app import build
from services.registry.settings import Settings
from shared import logs
from tests.conftest import VHost
from tests.room import SECRET

from .house import House, serving

Open = Callable[..., Awaitable[House]]
Template = Callable[[str], Awaitable[Database]]


@asynccontextmanager
async def opened(vhost: VHost, postgres: str, template: Template, **knobs: Any) -> AsyncIterator[House]:
    """The registry at work on a database of its own; `knobs` are its settings."""
    logs.configure("registry")
    database = await databases.clone(postgres, await template("registry"), f"burenbus_door_test_{secrets.token_hex(6)}")
    [number] = free_ports(1)
    settings = Settings(
        **{
            "amqp_url": vhost.url("registry"),
            "database_url": database.dsn(postgres),
            "http_port": number,
            "public_url": f"http://127.0.0.1:{number}",
            "link_secret": SECRET,
            **knobs,
        }
    )
    service = build(settings)
    try:
        async with serving(service, number):
            house = House(settings.public_url, service, vhost)
            yield house
            await house.close()
    finally:
        await databases.drop(postgres, database.database)


@pytest_asyncio.fixture
async def open_door(vhost: VHost, postgres: str, template: Template) -> AsyncIterator[Open]:
    """`await open_door()`: a registry of this test's own. Beside `door` it shares the queues, answers among them: for tests
    of what the door itself says."""
    async with AsyncExitStack() as stack:

        async def make(**knobs: Any) -> House:
            return await stack.enter_async_context(opened(vhost, postgres, template, **knobs))

        yield make


@pytest_asyncio.fixture(scope="module")
async def door(whole_vhost: VHost, postgres: str, template: Template) -> AsyncIterator[House]:
    """The registry at work, with its settings as they come: one for the tests of a module, each with partners of its own."""
    await whole_vhost.management.purge()
    async with opened(whole_vhost, postgres, template) as house:
        yield house
