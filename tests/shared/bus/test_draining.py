"""A consumer that stops: first nothing more comes in, then what is at hand is finished, then the channels close."""

import asyncio

from tests.waiting import until

from .broker import Cable, House
from .small import handlers
from .small.events import order


async def test_who_is_done_waits_until_nothing_more_comes_in(house: House) -> None:
    """The last batch ends while the broker is still being told to send no more: until it has heard, no channel closes, and
    stopping ends without an error."""
    partner = await house.partner()
    async with (
        Cable(house.vhost.url("survey")) as cable,
        house.service(amqp_url=cable.url) as service,
        house.pool.acquire() as holder,
    ):
        consumer = service._consumer
        assert consumer is not None

        async def held() -> bool:
            return bool(
                await house.pool.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            )

        async def all_have_looked() -> bool:
            """Nobody is at work, and the hands have found that there is nothing: they wait, or have ended."""
            return consumer._drained.is_set() or not (consumer._at_work or consumer._something.is_set())

        await holder.execute("SELECT pg_advisory_lock($1)", handlers.HELD)
        await partner.say(order("hold"))
        await until(held, "a batch is at work")
        with cable.hush():
            stopping = asyncio.create_task(consumer.drain(30))
            await asyncio.sleep(0)
            await holder.execute("SELECT pg_advisory_unlock($1)", handlers.HELD)
            await house.done(1)
            await until(all_have_looked, "the hands have nothing more to do")
            assert not consumer._drained.is_set()
        await stopping
        assert consumer._drained.is_set()
        assert await partner.verdicts(1) == ["new"]
