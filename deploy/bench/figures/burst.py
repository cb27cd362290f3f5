"""What one partner's burst does to the others: how long they wait for their answers while it lasts."""

import asyncio
import statistics

from deploy.bench import race
from deploy.bench.figure import Figure, at_most, beside
from deploy.bench.figures.latency import a_signal, answer_times, percentile
from deploy.bench.rig import Rig
from shared.bus import topology

NAMES = ("burst-p99-vs-quiet", "burst-p99-ms", "burst-quiet-p99-ms")
QUIET, LOUD = "rustige", "drukke"
BURST = 100_000
A_SECOND, SECONDS, STRETCHES = 20, 5, 3
"""A p99 is that of the middle one of three stretches: a disk that stands still for half a second, as shared ones do, spoils one."""


async def measure(rig: Rig) -> list[Figure]:
    """The same partner at the same pace, alone and beside 100,000 events of another that are there already."""
    await rig.board(QUIET, LOUD)
    dsn = await rig.database("survey")
    await rig.know(dsn, QUIET, LOUD)
    survey = await rig.service("survey", dsn)
    await answer_times(rig, QUIET, count=A_SECOND, a_second=A_SECOND)
    quiet = await _p99(rig)
    burst = [a_signal(LOUD)[1] for _ in range(BURST // 10 if rig.quick else BURST)]
    with race.halted([survey.pid]):  # who measures has nothing else to do while measuring
        await race.publish(rig, topology.IN, f"{LOUD}.signal-reported.v1", burst, 50)
    await asyncio.sleep(0.5)
    during = await _p99(rig)
    async with rig.connection(dsn) as database:
        done = await database.fetchval("SELECT count(*) FROM bus.inbox WHERE origin = $1", LOUD)
    await rig.stop(survey)
    lasted = "the burst lasted longer" if done < len(burst) else "the burst was over before the end"
    said = f"{len(burst):,} events in batches of 50; {done:,} done at the end: {lasted}"
    return [
        at_most("burst-p99-vs-quiet", during / quiet, "×", 2, said),
        beside("burst-p99-ms", during, "ms"),
        beside("burst-quiet-p99-ms", quiet, "ms", f"{A_SECOND} a second"),
    ]


async def _p99(rig: Rig) -> float:
    count = A_SECOND * (1 if rig.quick else SECONDS)
    found = [await answer_times(rig, QUIET, count=count, a_second=A_SECOND) for _ in range(STRETCHES)]
    return statistics.median(percentile(times, 99) for times in found)
