"""Asynchronous work that ends when it is interrupted, wherever it is."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

R = TypeVar("R")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(work: Coroutine[Any, Any, R]) -> R:
    """Runs the work to its end; on SIGINT, SIGTERM or SIGHUP it is cancelled, and KeyboardInterrupt raised. Main thread only.

    A handler that raises by itself may do so inside a weak reference's callback, where Python swallows the exception
    and the signal is lost; here the loop is told instead.
    """
    before = [signal.getsignal(each) for each in SIGNALS]

    async def main() -> R:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        for each in SIGNALS:
            loop.add_signal_handler(each, task.cancel)
        try:
            return await work
        finally:
            for each in SIGNALS:
                loop.remove_signal_handler(each)

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for each, handler in zip(SIGNALS, before, strict=True):
            signal.signal(each, handler)
