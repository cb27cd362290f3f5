"""An ASGI application on a port of the loopback address, in the process of the test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from tests.waiting import until

LOOPBACK = "127.0.0.1"


async def _at_once() -> bool:
    return True


@asynccontextmanager
async def serving(
    app: Any, *, port: int = 0, ready: Callable[[], Awaitable[bool]] = _at_once, **config: Any
) -> AsyncIterator[str]:
    """Gives its address once it is served, and `ready`; port 0 is a free one. Raises what made it end."""
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_level="warning", **config))
    running = asyncio.create_task(server._serve())

    async def serves() -> bool:
        if running.done():
            await running
        return server.started and await ready()

    try:
        await until(serves, "it is served")
        yield f"http://{LOOPBACK}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
