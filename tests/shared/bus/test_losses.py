"""A broker that neither answers nor hangs up, and a library that says so by cancelling who waits for it."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from aio_pika.abc import AbstractConnection

from shared.bus.lanes import Lanes
from shared.bus.losses import losses
from tests.waiting import until

from .broker import Cable, House
from .small.events import order


async def test_what_is_cancelled_beneath_a_task_is_a_connection_that_was_lost() -> None:
    """Nobody has cancelled the task."""
    given_up = asyncio.get_running_loop().create_future()
    given_up.cancel()
    with pytest.raises(ConnectionError), losses():
        await given_up


def test_what_has_no_kind_is_a_connection_that_was_lost() -> None:
    """And everything else stays what it is."""
    with pytest.raises(ConnectionError), losses():
        raise Exception  # noqa: TRY002 - as aiormq does
    with pytest.raises(KeyError), losses():
        raise KeyError("of our own")


async def test_a_task_that_is_cancelled_ends() -> None:
    """Whatever it waits for."""

    async def wait() -> None:
        with losses():
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_queues_are_opened_again_after_a_connection_that_was_given_up() -> None:
    """It is given up while a queue is being opened: the next round tries anew."""
    rounds = 0

    async def queues() -> Sequence[str]:
        nonlocal rounds
        rounds += 1
        return ["registry.from.omzien"]

    async def connect() -> AbstractConnection:
        given_up: asyncio.Future[AbstractConnection] = asyncio.get_running_loop().create_future()
        given_up.cancel()
        return await given_up

    lanes = Lanes(connect, connect, queues, prefetch=1, something=asyncio.Event())
    keeping = asyncio.create_task(lanes.keep())

    async def again() -> bool:
        lanes.refresh()
        return rounds >= 3

    await until(again, "it is tried again and again")
    keeping.cancel()
    await asyncio.wait([keeping])


async def test_a_broker_that_is_slow_to_say_how_much_waits_goes_on_delivering(house: House) -> None:
    """The figure is left out; the channel that asked is the one that consumes, and stays as it is."""
    partner = await house.partner()
    async with Cable(house.vhost.url("survey")) as cable, house.service(amqp_url=cable.url) as service:
        consumer = service._consumer
        assert consumer is not None

        async def known() -> bool:
            return len(await consumer.depths()) == len(await service.queues())

        await until(known, "every queue is consumed and asked about")
        lanes = [*consumer._lanes._open.values()]
        with cable.hush():
            assert await asyncio.wait_for(lanes[0].depth(), 30) is None
        await until(known, "all are known again")
        await partner.say(order("hallo"))
        assert await house.done(1) == ["hallo"]
        assert [*consumer._lanes._open.values()] == lanes
        assert not any(lane.ended for lane in lanes)


async def test_a_broker_that_says_nothing_does_not_keep_a_service_from_stopping(house: House) -> None:
    """It is told that nothing more is wanted, and does not answer: the time for that is limited."""
    async with Cable(house.vhost.url("survey")) as cable, house.service(amqp_url=cable.url) as service:
        consumer = service._consumer
        assert consumer is not None
        began = time.monotonic()
        with cable.hush():
            await asyncio.wait_for(consumer.drain(2), 60)
            await asyncio.wait_for(consumer._drained.wait(), 60)
        assert consumer._stopping
        assert time.monotonic() - began < 60


async def test_a_process_ends_in_order_though_its_broker_says_nothing(house: House) -> None:
    """None of its connections is closed as the protocol wants it, and it does not wait for that."""
    partner = await house.partner()
    async with Cable(house.vhost.url("survey")) as cable, house.process(amqp_url=cable.url) as process:
        await partner.say(order("hallo"))
        assert await house.done(1) == ["hallo"]
        with cable.hush():
            process.stop()
            assert await process.wait() == 0
