"""Messages that are poison, and releases that are: the culprit alone is set aside, nobody else notices."""

import asyncio

from shared.bus import dead

from .workload import Workload, workload
from .world import SCALE, World

CULPRIT = "signaal-7."
"""In the text of one signal, and of no other."""


async def replay_all(world: World, service: str) -> None:
    """As `burenbus dead replay --all` does."""
    async with world.transaction(service) as tx:
        rows = [one.id for one in await dead.listed(tx)]
        await dead.ask_replay(tx, rows, "els")

    async def none_left() -> bool:
        return not await set_aside(world, service)

    await world.until(none_left, "all have been run again")


async def set_aside(world: World, service: str) -> int:
    return await world.rows(service, "SELECT count(*) FROM bus.set_aside")


async def test_a_message_that_kills_its_process(world: World, said: Workload) -> None:
    """Each time: at the third attempt it is set aside, it alone; all others pass. Run again by a release in which that is
    mended, the end is as if nothing had been."""
    await world.start("registry", "notify")
    order = f"kill:record_signals:{CULPRIT}"
    [survey] = await world.start("survey", sabotage=order)
    alive = asyncio.create_task(survey.keep_alive(sabotage=order))
    publishing = asyncio.create_task(world.publish(said))

    async def aside() -> bool:
        return await set_aside(world, "survey") > 0

    await world.until(aside, "it is set aside", within_s=150)
    await publishing
    alive.cancel()
    await survey.stop()
    assert await set_aside(world, "survey") == 1
    assert survey.deaths == 3
    await survey.start()
    await replay_all(world, "survey")
    await world.as_undisturbed()


async def test_a_bug_in_one_handler(world: World, said: Workload) -> None:
    """That event alone is set aside, and its partner told that the fault is ours; mended and run again, all is as ever."""
    await world.start("registry", "notify")
    [survey] = await world.start("survey", sabotage=f"fail:record_signals:{CULPRIT}")
    await world.publish(said)

    async def aside() -> bool:
        return await set_aside(world, "survey") > 0

    await world.until(aside, "it is set aside")
    await world.worked(len(said.ids) // 2)
    await survey.stop()
    assert await set_aside(world, "survey") == 1
    await survey.start()
    await replay_all(world, "survey")
    await world.as_undisturbed()


async def test_a_release_that_fails_on_every_message(world: World, said: Workload) -> None:
    """After ten in a row the queue pauses, and is not emptied into what is set aside; after the mend all are processed,
    those ten too, without an operator."""
    await world.start("registry", "notify")
    [survey] = await world.start("survey", sabotage="fail:take_responses: fail:record_signals:")
    publishing = asyncio.create_task(world.publish(said))

    async def paused() -> bool:
        return any("paused" in trouble for trouble in await survey.troubles() or [])

    await world.until(paused, "a queue pauses")
    await publishing
    await asyncio.sleep(3)  # some probes fail
    aside = await set_aside(world, "survey")
    assert 10 <= aside < 60, aside
    await survey.stop()
    await survey.start()
    await world.as_undisturbed()


async def test_poison_among_good_messages(world: World) -> None:
    """A tenth of what is sent cannot be read, is not the sender's, or is nonsense: each is refused with its reason, and the
    good ones end as without it."""
    scale = SCALE
    poisoned = workload(scale, poison=int(200 * scale))
    await world.start()
    await world.publish(poisoned)
    found = await world.end()
    assert world.undisturbed
    refused = [answer for answer in found.answers if answer not in world.undisturbed.answers]
    assert len(refused) == int(200 * scale)
    assert {kind for _, kind, _ in refused} == {"event-refused.v1"}
    for answer in refused:
        del found.answers[answer]
    found.tallies = world.undisturbed.tallies
    assert not found.differences(world.undisturbed)
