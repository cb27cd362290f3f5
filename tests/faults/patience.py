"""How long scenarios wait, and for what: for conditions, with a deadline that is generous because machines are busy."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from aio_pika.exceptions import AMQPError

from deploy.broker import BrokerError
from shared.db import is_away

PATIENCE_S = 240.0
"""What is not so within this time will not be."""
OUTAGE_S = float(os.environ.get("BURENBUS_FAULTS_MINUTE", "0"))
"""How long an outage lasts at least; it lasts until every service has noticed it."""
LOOK_S = 0.1
NO_BROKER = (AMQPError, BrokerError, RuntimeError)
"""What is raised when there is none for a moment."""


async def until(
    ready: Callable[[], Awaitable[Any]], what: str, *, look_s: float = LOOK_S, within_s: float = PATIENCE_S
) -> None:
    """Waits until `await ready()` is true; a server that is away for a moment is not ready. AssertionError if never."""
    give_up = monotonic() + within_s
    while monotonic() < give_up:
        try:
            if await ready():
                return
        except Exception as error:
            if not (is_away(error) or isinstance(error, NO_BROKER)):
                raise
        await asyncio.sleep(look_s)
    raise AssertionError(f"not within {within_s:g} s: {what}")
