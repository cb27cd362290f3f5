"""How long scenarios wait, and for what: for conditions, with a deadline that is generous because machines are busy."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from deploy.demo.quiet import AWAY

PATIENCE_S = 240.0
"""What is not so within this time will not be."""
OUTAGE_S = float(os.environ.get("BURENBUS_FAULTS_MINUTE", "0"))
"""How long an outage lasts at least; it lasts until every service has noticed it."""
LOOK_S = 0.1


async def until(ready: Callable[[], Awaitable[Any]], what: str, *, look_s: float = LOOK_S) -> None:
    """Waits until `await ready()` is true; a server that is away for a moment is not ready. AssertionError if never."""
    give_up = monotonic() + PATIENCE_S
    while monotonic() < give_up:
        with contextlib.suppress(*AWAY):
            if await ready():
                return
        await asyncio.sleep(look_s)
    raise AssertionError(f"not within {PATIENCE_S:g} s: {what}")
