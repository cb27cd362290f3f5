"""RabbitMQ's management API where it answers as only a busy broker does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.broker import BrokerError, Management


@asynccontextmanager
async def api(*answers: str) -> AsyncIterator[tuple[Management, list[str]]]:
    """A management API that gives these answers, in order; and what it was asked."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # it hangs up
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                asked.append(head.decode().partition(" HTTP")[0])
                writer.write(f"HTTP/1.1 {answers[len(asked) - 1]}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Management(f"http://a:b@127.0.0.1:{port}", "x") as management:
            yield management, asked


async def test_a_connection_that_goes_while_it_is_closed_is_no_refusal() -> None:
    """RabbitMQ says 500 then; asked once more it has nothing left to close."""
    async with api("500 Internal Server Error", "204 No Content") as (management, asked):
        await management.disconnect("omzien")
    assert asked == ["DELETE /api/connections/username/omzien"] * 2


async def test_what_fails_twice_is_told() -> None:
    """With what was asked, and what the broker said."""
    async with api(*["500 Internal Server Error"] * 2) as (management, asked):
        with pytest.raises(BrokerError, match="connections/username/omzien: 500"):
            await management.disconnect("omzien")
    assert len(asked) == 2
