"""Waiting for what others do: on a condition, looked at often, and never for longer than anything may take."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 60.0
"""How long anything may take before a test gives up on it."""
LOOK_S = 0.02


async def until(ready: Callable[[], Awaitable[T | None]], what: str, *, within_s: float = PATIENCE_S) -> T:
    """Waits for `await ready()` to be true, and gives it. Raises AssertionError, naming `what`."""
    try:
        async with asyncio.timeout(within_s):
            while not (found := await ready()):  # noqa: ASYNC110 - what happens, happens elsewhere
                await asyncio.sleep(LOOK_S)
            return found
    except TimeoutError:
        raise AssertionError(f"not within {within_s:g} s: {what}") from None
