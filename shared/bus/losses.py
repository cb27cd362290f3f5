"""A connection to the broker that was lost, as an error whatever its library says."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def losses() -> Iterator[None]:
    """Of a connection that ended without a word aiormq tells those who wait for it by an Exception of no kind, and of one that it finds
    stuck by cancelling what they wait for. Here both are a ConnectionError; unless somebody has cancelled the task, which otherwise
    would end as if that had been wanted, and nobody would know."""
    try:
        yield
    except Exception as error:
        if type(error) is Exception:
            raise ConnectionError("the connection to the broker has ended") from error
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the connection to the broker was given up") from error
