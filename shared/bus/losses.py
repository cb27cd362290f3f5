"""A connection to the broker that was lost, as an error whatever its library says."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def losses() -> Iterator[None]:
    """Of a connection that it finds stuck, aiormq tells those who wait for it by cancelling what they wait for. Here that is a
    ConnectionError, unless somebody has cancelled the task: it would end as if that had been wanted, and nobody would know."""
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the connection to the broker was given up") from error
