"""The broker stops, dies, is cut off, closes, cancels, and blocks."""

import asyncio
import shlex
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from deploy.local.rabbitmq import CONSUMER_TIMEOUT_MS
from shared.bus import topology
from tests.shared.bus.broker import Cable

from .beginning import board
from .ending import assert_as_undisturbed
from .patience import until
from .workload import PARTNERS, Workload
from .world import NO_BROKER, USUAL, VHOST, World

NOORD, ZUID = PARTNERS


async def test_stopped(world: World, said: Workload) -> None:
    """In order, while the workload flows; partners have patience, services reconnect."""
    await world.start()
    async with world.flow(said):
        await world.worked(0.05)
        await asyncio.to_thread(world.servers.rabbitmq.stop)
        await world.all_notice(NO_BROKER)
        await asyncio.to_thread(world.servers.rabbitmq.start)
    await assert_as_undisturbed(world)


async def test_killed(world: World, said: Workload) -> None:
    """kill -9 of the broker: what it confirmed is on disk."""
    await world.start()
    async with world.flow(said):
        await world.worked(0.05)
        await asyncio.to_thread(world.servers.rabbitmq.kill)
        await asyncio.to_thread(world.servers.rabbitmq.start)
    await assert_as_undisturbed(world)


async def test_cut_off_in_the_middle(world: World, said: Workload) -> None:
    """The way to the broker is cut again and again, mid-publish and mid-delivery: confirms and acknowledgements are lost."""
    async with Cable(world.servers.rabbitmq.amqp_url) as cable:
        world.amqp = cable.url
        await world.start()
        async with world.flow(said):
            for part in (0.05, 0.2, 0.4):
                await world.worked(part)
                cable.cut()
                await world.all_notice(NO_BROKER)
                await cable.mend()
        await assert_as_undisturbed(world)


async def test_every_connection_is_closed_by_the_administrator(world: World, said: Workload) -> None:
    """As when a node of a cluster drains; channels and consumers come back."""
    await world.start()
    async with world.flow(said):
        for part in (0.05, 0.2, 0.4):
            await world.worked(part)
            for service in USUAL:
                await world.management.disconnect(service)
    await assert_as_undisturbed(world)


async def test_a_consumer_is_cancelled_by_the_server(world: World, said: Workload) -> None:
    """A queue is deleted under load and made again: its consumer is cancelled, and comes back by itself."""
    await world.start()
    intake = topology.intake_queue("registry", ZUID)
    async with world.flow(said.of(NOORD)):
        await world.worked(0.05)
        await world.management.delete_queue(intake)  # nothing is in it: this partner says its part after

        async def noticed() -> bool:
            return any(intake in trouble for trouble in await world.of("registry").troubles() or [])

        await until(noticed, "registry notices")
        await board(world, ZUID)
    await world.of("registry").until_ready()
    await world.publish(said.of(ZUID))
    await assert_as_undisturbed(world)


async def _rabbitmqctl(world: World, *words: str) -> None:
    """The broker's own tool, on the private node."""
    command = [*shlex.split(world.servers.rabbitmq.rabbitmqctl), *words]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"rabbitmqctl: {done.stdout} {done.stderr}"


async def _eval(world: World, erlang: str) -> None:
    await _rabbitmqctl(world, "eval", erlang)


@asynccontextmanager
async def _at_a_word(world: World, erlang: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """This is run in the broker as soon as the word is given, and has been when that returns: the tool itself takes
    seconds to start."""
    word, waits = world.servers.home / "word", world.servers.rabbitmq.home / "waits"
    for file in (word, waits):
        file.unlink(missing_ok=True)
    wait = (
        f'file:write_file("{waits}", <<>>), '
        f'(fun Wait() -> case filelib:is_file("{word}") of true -> ok; false -> timer:sleep(5), Wait() end end)(), '
    )
    running = asyncio.create_task(_eval(world, wait + erlang))

    async def ready() -> bool:
        return waits.exists() or running.done()

    async def give() -> None:
        word.touch()
        await running

    try:
        await until(ready, "the broker waits for the word")
        yield give
    finally:
        word.touch()
        running.cancel()


async def test_queue_leaders_die(world: World, said: Workload) -> None:
    """The process in the broker that leads a queue is killed, of every queue, while messages go in and out of it."""
    leaders = f'[exit(whereis(element(1, amqqueue:get_pid(Q))), kill) || Q <- rabbit_amqqueue:list(<<"{VHOST}">>)], ok.'
    await world.start()
    async with _at_a_word(world, leaders) as die, world.flow(said):
        await world.worked(0.05)
        await die()
    await assert_as_undisturbed(world)


async def test_channels_are_closed_by_the_server(world: World, said: Workload) -> None:
    """As it does with a consumer that does not acknowledge in time: the channel goes, its connection stays, and what was
    at hand comes again."""
    closes = "delivery acknowledgement"
    patience = "application:set_env(rabbit, consumer_timeout, {})."
    look = "[begin [P ! tick || P <- rabbit_channel:list()], timer:sleep(20) end || _ <- lists:seq(1, 20)], ok."
    log = world.servers.rabbitmq.home / "log" / "rabbit.log"
    before = log.read_text().count(closes)
    await _eval(world, patience.format(1))  # ms; a channel asks once, when it is opened
    try:
        await world.start()
    finally:
        await _eval(world, patience.format(CONSUMER_TIMEOUT_MS))
    async with _at_a_word(world, look) as look_now, world.flow(said):
        await world.worked(0.05)
        await look_now()
    await assert_as_undisturbed(world)
    assert log.read_text().count(closes) > before


async def test_memory_alarm(world: World, said: Workload) -> None:
    """The broker blocks who publishes: consuming and acknowledging go on, what is said waits in the outbox, and leaves
    when the alarm is over."""
    first, second = said.parts(2)
    await world.publish(first)
    await _rabbitmqctl(world, "set_vm_memory_high_watermark", "0.000001")
    await world.start()
    async with world.flow(second):

        async def taken() -> bool:
            intakes = [topology.intake_queue(service, NOORD) for service in ("registry", "survey")]
            waits = [(await world.queue(name))[0] for name in intakes]
            unsaid = [
                await world.rows(service, "SELECT count(*) FROM bus.outbox") for service in ("registry", "survey")
            ]
            return not any(waits) and all(unsaid)

        await world.outage(taken, "what was said is taken, and the answers wait in the outbox")
        await _rabbitmqctl(world, "set_vm_memory_high_watermark", "absolute", "1GiB")
    await assert_as_undisturbed(world)


async def test_intake_full(world: World, said: Workload) -> None:
    """A partner's queue that is full refuses more, to that partner alone; what it was refused it sends again."""
    limit = {"pattern": "^survey\\.from\\.", "definition": {"max-length": 20}, "apply-to": "queues"}
    policy = f"policies/{VHOST}/full"
    await world.management._call("PUT", policy, json=limit)  # a policy may be stricter than the queue's own argument
    try:
        async with world.flow(said):

            async def full() -> bool:
                return (await world.queue(topology.intake_queue("survey", NOORD)))[0] >= 20

            await until(full, "survey's queue is full")
            await world.start()
        await assert_as_undisturbed(world)
    finally:
        await world.management._call("DELETE", policy)
