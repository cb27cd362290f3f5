"""Services that die, are replaced, are there twice, or stand still."""

import asyncio
import random
import signal

import asyncpg
import pytest

from deploy.databases import SERVICES
from shared.bus import topology

from .ending import abandon_mails, assert_as_undisturbed, assert_mails_twice_at_most
from .patience import until
from .workload import PARTNERS, SEED, Workload
from .world import CONNECTIONS, USUAL, World


async def test_undisturbed(world: World, said: Workload) -> None:
    """The same workload comes to the same end; without this the other scenarios say nothing."""
    await world.start(*SERVICES)
    await world.publish(said)
    await assert_as_undisturbed(world)


LATEST = 0.6
"""The part of its work after which a service is killed no more: on a busy machine it does the rest before we have looked."""


@pytest.mark.parametrize("service", SERVICES)
async def test_killed_five_times(world: World, said: Workload, service: str) -> None:
    """kill -9 at random moments of its work; started again each time, and once killed before it is ready. The second death is,
    if there is one, in the middle of what the first left undone; the others when nothing is tried again (`_until_all_is_new`)."""
    rng = random.Random(f"{SEED} {service}")
    moments = sorted(rng.uniform(0.02, LATEST) for _ in range(4))
    await world.start(*{*USUAL, service})
    process = world.of(service)
    doubtful = 0
    async with world.flow(said):
        for n, moment in enumerate(moments):
            if n == 1:
                await _until_tried_again(world, service, moment)
            else:
                await world.worked(moment, service)
                await _until_all_is_new(world, service)
            await process.kill()
            doubtful += await abandon_mails(world) if service == "notify" else 0
            if n == 1:
                await process.start(wait=False)
                await process.kill()
            await process.start(wait=False)
    if service == "notify":  # those that it was handing over at its deaths may have been accepted
        await assert_mails_twice_at_most(world, most=doubtful)
    else:
        await assert_as_undisturbed(world)
    assert process.deaths == 5


TRIED_AGAIN = "EXISTS (SELECT FROM bus.attempt)"
CERTAIN = """
NOT EXISTS (SELECT FROM delivery
            WHERE state IN ('due', 'sending') AND (doubts > 0 OR claimed_at < now() - interval '30 minutes'))
"""
"""No mail is sent again, or will be, that was being handed over at a death: the second doubt is the last."""


async def _until_all_is_new(world: World, service: str) -> None:
    """Waits until nothing is tried again that an earlier death left undone. What is at hand when its process dies once, twice and
    a third time is given up, and rightly."""
    await _until_so(world, service, f"NOT {TRIED_AGAIN}")


async def _until_tried_again(world: World, service: str, part: float) -> None:
    """Waits until events are tried again that a death left undone, or else until this part of the work is done."""
    done = f"(SELECT count(*) FROM bus.inbox) >= {part * world.handled[service]}"
    await _until_so(world, service, f"({TRIED_AGAIN} OR {done})")


async def _until_so(world: World, service: str, condition: str) -> None:
    condition = f"{condition} AND {CERTAIN}" if service == "notify" else condition
    connection = await asyncpg.connect(world.dsn(service), timeout=30)
    try:
        await until(lambda: connection.fetchval(f"SELECT {condition}"), f"{service}: {condition}", look_s=0.01)
    finally:
        await connection.close()


@pytest.mark.parametrize("service", ["registry", "survey", "notify"])
async def test_killed_between_publishing_and_deleting(world: World, said: Workload, service: str) -> None:
    """The relay dies with facts and answers in the broker and still in the outbox: they are said again under the same id."""
    await world.start(*{*USUAL} - {service})
    [process] = await world.start(service, sabotage="relay:100")
    doubtful = 0
    async with world.flow(said):
        await process.wait()
        doubtful += await abandon_mails(world) if service == "notify" else 0
        await process.start()
    if service == "notify":
        await assert_mails_twice_at_most(world, most=doubtful)
    else:
        await assert_as_undisturbed(world)
    assert process.deaths == 1


async def test_two_replicas_of_everything(world: World, said: Workload) -> None:
    """They share the work, and nothing is done by both."""
    await world.start(*SERVICES, replicas=2)
    await world.publish(said)
    await assert_as_undisturbed(world)


async def test_one_of_two_replicas_is_killed(world: World, said: Workload) -> None:
    """What it had at hand goes to the other; of mails that it was handing over nobody knows whether they left."""
    processes = await world.start(replicas=2)
    async with world.flow(said):
        await world.worked(0.1)
        await asyncio.gather(*(one.kill() for one in processes[: len(USUAL)]))
    await assert_mails_twice_at_most(world, most=CONNECTIONS)


async def test_a_rolling_restart_under_load(world: World, said: Workload) -> None:
    """A new one is ready before the old one is asked to stop, in the middle of its work; each stops in order, with code 0."""
    old = await world.start(*SERVICES)
    for one, part in zip(old, said.parts(len(old)), strict=True):
        await world.start(one.service)
        async with world.flow(part):
            await world.works(one.service)
            assert await one.stop() == 0
    await assert_as_undisturbed(world)


async def test_standing_still(world: World, said: Workload) -> None:
    """Processes that are suspended in the middle of their work, until broker and database have given them up, and then go on."""
    world.amqp = f"{world.servers.rabbitmq.amqp_url}?heartbeat=2"
    processes = await world.start(handler_timeout_s=5, transaction_idle_s=6)

    async def given_up() -> bool:
        consumers = [
            (await world.queue(topology.intake_queue(name, PARTNERS[0])))[1] for name in ("registry", "survey")
        ]
        return not any(consumers) and not await world.idle_in_transaction()

    async with world.flow(said) as saying:
        await world.worked(0.05)
        for one in processes:
            one.signal(signal.SIGSTOP)
        await saying
        await world.outage(given_up, "broker and database have given them up")
        for one in processes:
            one.signal(signal.SIGCONT)
    await assert_mails_twice_at_most(world, most=CONNECTIONS)
