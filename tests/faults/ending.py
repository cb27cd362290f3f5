"""How a scenario ends: when all is quiet, what there is, and that it is what the undisturbed run came to."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg

from deploy.demo.platform import Platform
from deploy.demo.quiet import Watch

from . import state
from .patience import PATIENCE_S
from .state import State
from .world import VHOST, World

OBSERVER = "tests.facts"


@asynccontextmanager
async def _watch(world: World) -> AsyncIterator[Watch]:
    """The demo's watch, on this world; its own connections go the direct way."""
    rabbitmq = world.servers.rabbitmq
    platform = Platform({}, rabbitmq.amqp_url, rabbitmq.api_url, VHOST, "", Path(), "")
    queues = [queue["name"] for queue in await world.management.queues()]
    queues = [name for name in queues if name.partition(".")[0] in world.running]
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(await aio_pika.connect_robust(world.admin_amqp))
        pools = {}
        for name in sorted(world.running):
            pool = asyncpg.create_pool(world.dsn(name), min_size=0, max_size=2)
            pools[name] = await stack.enter_async_context(pool)
        yield Watch(platform, pools, connection, queues)


async def until_quiet(world: World) -> None:
    """Waits until nothing is on its way and everything was answered. Raises when it stands still."""
    async with _watch(world) as watch:
        await watch.until_quiet(also=lambda: world.unanswered, stuck_s=PATIENCE_S)


async def end(world: World) -> State:
    """What there is when all is quiet."""
    await until_quiet(world)
    async with _watch(world) as watch:
        found = await state.databases(watch.databases)
        home = await state.homes(watch.databases["survey"])
    found.answers = state.answers((answer for p in world.partners for answer in p.received.values()), home)
    found.facts = state.facts(await _heard(world), home)
    found.mails = state.mails(world.mail.mails, {to: name for p in world.partners for to, name in p.names.items()})
    return found


async def _heard(world: World) -> list[dict[str, Any]]:
    """Every fact that was said, each once: all that stands in the observer's queue before a last word of our own."""
    heard: dict[str, dict[str, Any]] = {}
    last = secrets.token_bytes(16)
    connection = await aio_pika.connect(world.admin_amqp)
    async with connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(last), OBSERVER)
        queue = await channel.get_queue(OBSERVER, ensure=False)
        async with queue.iterator(no_ack=True, timeout=PATIENCE_S) as messages:
            async for message in messages:
                if message.body == last:
                    break
                heard.update((event["id"], event) for event in state.read(message.body))
    return list(heard.values())


def assert_same(found: State, undisturbed: State | None, *, but: tuple[str, ...] = ()) -> None:
    """All that is held is what the undisturbed run holds, but for these parts."""
    assert undisturbed is not None
    differs = found.differences(undisturbed)
    differs = {part: what for part, what in differs.items() if part not in but}
    assert not differs, differs


def _unheard(world: World) -> tuple[str, ...]:
    """Reporting's counts are compared where it ran; it counts nothing that no other part of the end state tells."""
    return () if "reporting" in world.running else ("tallies",)


async def assert_as_undisturbed(world: World) -> None:
    """The end state is that of the undisturbed run: nothing was lost, and nothing happened twice."""
    assert_same(await end(world), world.undisturbed, but=_unheard(world))


async def assert_mails_twice_at_most(world: World, *, most: int, least: int = 0) -> None:
    """As undisturbed, but that so many mails may have come twice: under one Message-ID, and the second time marked."""
    found = await end(world)
    assert world.undisturbed
    by_id: dict[str, list[bool]] = {}
    for mail in world.mail.mails:
        by_id.setdefault(mail["Message-ID"], []).append(mail["X-Burenbus-Possible-Duplicate"] == "yes")
    twice = [marks for marks in by_id.values() if len(marks) > 1]
    assert all(marks == [False, True] for marks in twice), twice
    assert least <= len(twice) <= most
    assert set(found.mails) == set(world.undisturbed.mails)
    assert len(by_id) == sum(world.undisturbed.mails.values())
    assert_same(found, world.undisturbed, but=("mails", *_unheard(world)))


# --- mails ----------------------------------------------------------------------------------------------------------


async def hurry_mails(world: World) -> None:
    """The pauses between tries are minutes long: here they are over at once."""
    async with world.transaction("notify") as tx:
        await tx.execute("UPDATE delivery SET due_at = $1 WHERE state = 'due' AND due_at > $1", tx.now)


async def abandon_mails(world: World) -> int:
    """Notify has died: what it was handing over is nobody's now, and not only when its lease is over. Gives how many."""
    async with world.transaction("notify") as tx:
        return len(
            await tx.fetch(
                "UPDATE delivery SET claimed_at = claimed_at - interval '1 hour' WHERE state = 'sending' RETURNING id"
            )
        )
