"""The HTTP door, open."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio

from services.registry.app import build
from services.registry.settings import Settings
from shared import logs
from tests.conftest import MakeDatabase, VHost
from tests.room import SECRET
from tests.shared.bus.broker import port

from .house import House, serving

Open = Callable[..., Awaitable[House]]


@pytest_asyncio.fixture
async def open_door(vhost: VHost, database: MakeDatabase) -> AsyncIterator[Open]:
    """`await open_door()`: the registry at work; `knobs` are its settings."""
    logs.configure("registry")
    async with AsyncExitStack() as stack:

        async def make(**knobs: Any) -> House:
            number = port()
            settings = Settings(
                **{
                    "amqp_url": vhost.url("registry"),
                    "database_url": await database("registry"),
                    "http_port": number,
                    "public_url": f"http://127.0.0.1:{number}",
                    "link_secret": SECRET,
                    **knobs,
                }
            )
            service = build(settings)
            await stack.enter_async_context(serving(service, number))
            house = House(settings.public_url, service, vhost)
            stack.push_async_callback(house.close)
            return house

        yield make


@pytest_asyncio.fixture
async def door(open_door: Open) -> House:
    """The registry at work, with its settings as they come."""
    return await open_door()
