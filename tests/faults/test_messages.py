"""Messages that are poison, and releases that are: the culprit alone is set aside, nobody else notices."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.bus import dead

from .beginning import begin_anew
from .ending import assert_as_undisturbed, assert_same, end
from .patience import until
from .workload import POISON_SCALE, Workload, workload
from .world import World

CULPRIT = "signaal-7."
"""In the text of one signal, and of no other."""


async def test_a_message_that_kills_its_process(world: World, said: Workload) -> None:
    """Each time: at the third attempt it is set aside, it alone; all others pass. Run again by a release in which that is
    mended, the end is as if nothing had been."""
    await world.start("registry", "notify")
    order = f"kill:record_signals:{CULPRIT}"
    [survey] = await world.start("survey", sabotage=order)
    alive = asyncio.create_task(survey.keep_alive(sabotage=order))
    async with world.flow(said):
        await until(_aside(world), "it is set aside")
    await world.all_handled(but=1)
    alive.cancel()
    await survey.stop()
    assert await _set_aside(world) == 1
    assert survey.deaths == 3
    await survey.start()
    await _replay_all(world)
    await assert_as_undisturbed(world)


async def test_a_bug_in_one_handler(world: World, said: Workload) -> None:
    """That event alone is set aside, and its partner told that the fault is ours; mended and run again, all is as ever."""
    await world.start("registry", "notify")
    [survey] = await world.start("survey", sabotage=f"fail:record_signals:{CULPRIT}")
    await world.publish(said)
    await until(_aside(world), "it is set aside")
    await world.all_handled(but=1)
    await survey.stop()
    assert await _set_aside(world) == 1
    [culprit] = {e["id"] for one in said.said for e in one.events if CULPRIT in e["data"].get("text", "")}
    assert [partner.delayed for partner in world.partners] == [{culprit}, set()]
    await survey.start()
    await _replay_all(world)
    await assert_as_undisturbed(world)


async def test_a_release_that_fails_on_every_message(world: World, said: Workload) -> None:
    """After ten in a row the queue pauses, and is not emptied into what is set aside; after the mend all are processed,
    those ten too, without an operator."""
    await world.start("registry", "notify")
    [survey] = await world.start("survey", sabotage="fail:take_responses: fail:record_signals:")

    async def paused_again() -> bool:
        return survey.said("every message fails: the queue pauses") >= 3

    async with world.flow(said):
        await until(paused_again, "a queue has paused, and has been tried twice")
    aside = await _set_aside(world)
    assert 10 <= aside < 60, aside
    await survey.stop()
    await survey.start()
    await assert_as_undisturbed(world)


async def test_poison_among_good_messages(world: World) -> None:
    """A tenth of what is sent cannot be read, is not the sender's, or is nonsense: each is refused with its reason, and the
    good ones end as without it."""
    poison = int(200 * POISON_SCALE)
    await world.start()
    await world.publish(workload(POISON_SCALE))
    good = await end(world)
    await begin_anew(world)
    await world.start()
    await world.publish(workload(POISON_SCALE, poison=poison))
    found = await end(world)
    refused = found.answers - good.answers
    assert len(refused) == poison
    assert {(name.partition("-")[0], kind) for name, kind, _ in refused} == {("vergif", "event-refused.v1")}
    kept = found.history - good.history
    assert {(event.partition("-")[0], was_refused) for event, was_refused in kept} == {("vergif", True)}
    assert len(kept) == poison
    found.answers -= refused
    found.history -= kept
    assert_same(found, good)


async def _set_aside(world: World) -> int:
    return await world.rows("survey", "SELECT count(*) FROM bus.set_aside")


def _aside(world: World) -> Callable[[], Awaitable[int]]:
    return lambda: _set_aside(world)


async def _replay_all(world: World) -> None:
    """As `burenbus dead replay --all` does."""
    async with world.transaction("survey") as tx:
        rows = [one.id for one in await dead.listed(tx)]
        await dead.ask_replay(tx, rows, "els")

    async def none_left() -> bool:
        return not await _set_aside(world)

    await until(none_left, "all have been run again")
