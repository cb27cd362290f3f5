"""Ctrl-C reaches asynchronous work, and what was installed for it before stands there after."""

import asyncio
import os
import signal

import pytest

from deploy.demo import interruptible


async def wait_for_ever(kind: signal.Signals) -> None:
    os.kill(os.getpid(), kind)
    await asyncio.Event().wait()


@pytest.mark.parametrize("kind", interruptible.SIGNALS)
def test_a_signal_ends_the_work(kind: signal.Signals) -> None:
    """The work is cancelled, KeyboardInterrupt raised, and the earlier handler is back."""
    before = signal.signal(kind, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt):
            interruptible.run(wait_for_ever(kind))
        assert signal.getsignal(kind) is signal.SIG_IGN
    finally:
        signal.signal(kind, before)


def test_work_that_is_not_interrupted_gives_its_result() -> None:
    """What the work returns, comes back."""

    async def answer() -> int:
        return 42

    assert interruptible.run(answer()) == 42
