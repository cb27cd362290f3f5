"""A process that is told to stop stops, whatever it was doing."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import uvicorn
from fastapi import FastAPI

from shared.service import _serve
from tests.waiting import until


async def test_what_outlives_being_cancelled_once_does_not_keep_a_process() -> None:
    """The way to a broker that takes the connection and says nothing: aio-pika's loop takes being cancelled for a try that failed,
    and tries again."""
    left: list[set[asyncio.Task[object]]] = []

    @asynccontextmanager
    async def on_its_way(_app: FastAPI) -> AsyncIterator[None]:
        came = asyncio.Event()

        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.set()
            await reader.read()
            writer.close()

        broker = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        port = broker.sockets[0].getsockname()[1]
        connecting = asyncio.create_task(aio_pika.connect_robust(f"amqp://a:b@127.0.0.1:{port}/", fail_fast=False))
        await came.wait()
        yield
        connecting.cancel()

    server = uvicorn.Server(uvicorn.Config(FastAPI(lifespan=on_its_way), host="127.0.0.1", port=0, log_config=None))
    server.should_exit = True  # as soon as it has started

    async def whole() -> None:
        await _serve(server)
        left.append(asyncio.all_tasks() - {asyncio.current_task()})

    process = threading.Thread(target=asyncio.run, args=(whole(),), daemon=True)
    process.start()

    async def ended() -> bool:
        return not process.is_alive()

    await until(ended, "it has ended", within_s=20)
    assert left == [set()]
