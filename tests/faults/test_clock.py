"""Clocks that jump."""

from datetime import timedelta

from .ending import assert_mails_twice_at_most, hurry_mails
from .workload import Workload
from .world import CONNECTIONS, World

HOUR = timedelta(hours=1)


async def test_jumps_an_hour_ahead_and_back(world: World, said: Workload) -> None:
    """All clocks at once, twice, in the middle of the work. What was done in the hour that was not is heard all the same;
    what was put off till then is late by an hour at most; a mail that is being handed over at the jump seems abandoned,
    and goes out once more, marked.

    Events that wait for longer than the time for that are refused, so here that time is longer than the jump.
    """
    ahead = world.directory / "ahead"
    ahead.write_text("0")
    await world.start(sabotage=f"clock:{ahead}", waiting_s=2 * HOUR.total_seconds())
    async with world.flow(said):
        for part, by in ((0.05, HOUR), (0.3, -HOUR), (0.5, HOUR), (0.7, -HOUR)):
            await world.worked(part)
            ahead.write_text(str(max(by, timedelta()).total_seconds()))
    await world.all_handled()
    await hurry_mails(world)
    async with world.transaction("survey") as tx:
        await tx.execute("UPDATE bus.waiting SET next_try = $1", tx.now)
    await assert_mails_twice_at_most(world, most=2 * CONNECTIONS)
