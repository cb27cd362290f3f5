"""Clocks that jump."""

from datetime import timedelta

from .ending import assert_mails_twice_at_most, hurry_mails
from .patience import until
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

    def jump_to(offset: timedelta) -> None:
        part = ahead.with_suffix(".part")
        part.write_text(str(offset.total_seconds()))
        part.rename(ahead)  # read whole, whenever

    async def answered() -> bool:
        async with world.transaction("survey") as tx:
            late = tx.now + HOUR / 2
            await tx.execute("UPDATE bus.waiting SET next_try = $1 WHERE next_try > $2", tx.now, late)
        return world.unanswered == 0

    jump_to(timedelta())
    await world.start(sabotage=f"clock:{ahead}", waiting_s=2 * HOUR.total_seconds())
    async with world.flow(said):
        for part, offset in ((0.05, HOUR), (0.3, timedelta()), (0.5, HOUR), (0.7, timedelta())):
            await world.worked(part)
            jump_to(offset)
    await until(answered, "all was answered")
    await hurry_mails(world)
    await assert_mails_twice_at_most(world, most=2 * CONNECTIONS)
