"""Time passes: marked functions run in a transaction of their own, again and again, whatever happens to one of them."""

import asyncio
import contextlib
from datetime import timedelta
from types import ModuleType

import pytest

from shared import schedule
from shared.clock import FixedClock
from shared.schedule import Job, every, jobs_in
from shared.transaction import Tx, connect
from tests.conftest import MakeDatabase
from tests.room import NOW


def module(**functions: object) -> ModuleType:
    one = ModuleType("probe")
    for name, function in functions.items():
        function.__module__ = "probe"
        function.__name__ = name  # type: ignore[attr-defined]
        setattr(one, name, function)
    return one


async def test_marked_functions_are_jobs_with_their_knobs() -> None:
    """A keyword-only parameter is bound by its name; one without a knob is refused when the service is built."""
    given = []

    @every(seconds=60)
    async def tidy(tx: Tx, *, days: int) -> None:
        given.append(days)

    async def no_job(tx: Tx) -> None: ...

    [job] = jobs_in(module(tidy=tidy, no_job=no_job), days=7)
    assert (job.name, job.seconds) == ("tidy", 60)
    await job.run(None)  # type: ignore[arg-type]
    assert given == [7]
    with pytest.raises(TypeError, match="tidy needs days"):
        jobs_in(module(tidy=tidy))


async def test_a_job_that_fails_runs_again_and_the_others_go_on(database: MakeDatabase) -> None:
    """What it wrote is rolled back; the clock is the database's."""
    one = await connect(await database("survey"), service="survey", clock=FixedClock(NOW + timedelta(days=1)))
    enough = asyncio.Event()
    turns: list[str] = []

    async def good(tx: Tx) -> None:
        assert tx.now == NOW + timedelta(days=1)
        turns.append("good")

    async def bad(tx: Tx) -> None:
        await tx.execute("CREATE TABLE half_done (id int)")
        turns.append("bad")
        if turns.count("bad") >= 3 and turns.count("good") >= 3:
            enough.set()
        raise ZeroDivisionError

    running = asyncio.create_task(schedule.run([Job("good", 0.01, good), Job("bad", 0.01, bad)], one))
    await asyncio.wait_for(enough.wait(), 30)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert await one.pool.fetchval("SELECT to_regclass('half_done')") is None
    await one.close()
