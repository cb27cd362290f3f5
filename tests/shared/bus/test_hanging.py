"""A replica that hangs: neither dead nor at work, with a transaction open and its connections up."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from shared import db
from shared.transaction import connect
from tests.waiting import until

from .broker import House
from .small import handlers
from .small.events import order

KNOBS: dict[str, Any] = {"handler_timeout_s": 2, "transaction_idle_s": 3, "prefetch": 1}
"""Shorter than an operator has them; with a prefetch of 1 the broker has nothing more for the one that hangs."""


async def test_a_replica_that_hangs_keeps_its_locks_for_a_while_only(house: House) -> None:
    """Frozen in the middle of an event, it has locked that. Sent again, the event reaches another replica, that waits, and does it
    once the database has given up on the first. That one, thawed, finds it done; nobody blames the event."""
    partner = await house.partner()
    body = partner.event(order("hold"), id="e1")

    async def held() -> bool:
        found = await house.pool.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(found)

    async with house.process(**KNOBS) as hanging, house.pool.acquire() as holder:
        await holder.execute("SELECT pg_advisory_lock($1)", handlers.HELD)
        await partner.publish(body)
        await until(held, "the handler is at work")
        hanging.signal(signal.SIGSTOP)
        await holder.execute(
            "SELECT pg_advisory_unlock($1)", handlers.HELD
        )  # its statement ends, and it does not go on
        async with house.process(**KNOBS):
            await partner.publish(body)
            assert await house.done(1) == ["hold"]
            assert await partner.verdicts(1) == ["new"]
            hanging.signal(signal.SIGCONT)
            assert await partner.verdicts(1) == ["duplicate"]
        hanging.stop()
        assert await hanging.wait() == 0
    assert await house.effects() == ["hold"]
    assert await house.pool.fetchval("SELECT count(*) FROM bus.set_aside") == 0


async def test_a_replica_that_hangs_in_the_middle_of_a_copy_is_ended_by_another(house: House) -> None:
    """The database waits for its rows without end. Another replica of that service ends it, and whoever waited goes on."""
    copying = asyncio.Event()

    async def never_ending() -> AsyncIterator[bytes]:
        yield b"e1\thallo\n"
        copying.set()
        await asyncio.Event().wait()

    async def hang() -> None:
        async with hanging.transaction() as tx:
            await tx.execute("LOCK TABLE effect")
            await tx.connection.copy_to_table("effect", source=never_ending(), columns=["event", "what"], format="text")

    partner = await house.partner()
    hanging = await connect(
        house.database_url, service="survey", max_size=1, transaction_idle_s=KNOBS["transaction_idle_s"]
    )
    task = asyncio.create_task(hang())
    try:
        await copying.wait()
        async with house.process(**KNOBS):
            await partner.say(order("hallo"))
            assert await house.done(1) == ["hallo"]
    finally:
        task.cancel()
        hanging.pool.terminate()


def test_what_the_database_gave_up_is_no_fault_of_the_event() -> None:
    """Most often its connection is found to be lost; it may also be told why."""
    assert db.is_away(asyncpg.exceptions.IdleInTransactionSessionTimeoutError())
