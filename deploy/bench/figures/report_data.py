"""A region's figures for programs and pages, with few and with many responses behind them."""

import asyncio
import statistics
import time
from collections import Counter

import httpx

from deploy.bench.figure import Figure, at_most
from deploy.bench.load import Load
from deploy.bench.rig import Rig
from services.reporting.domain.fields import items

NAMES = ("report-data-ms", "report-data-growth")
FEW, MANY = 10_000, 1_000_000
ASKED = 60
REGION = "PV26"
PROVINCES = [f"PV{n}" for n in range(20, 32)]

_SEED = (
    """
    INSERT INTO heard.campaign VALUES ('2026', 1, 'Meting', '2026.1', now() - interval '9 days', now() + interval '9 days',
                                       'open')
    """,
    """
    INSERT INTO heard.initiative (id, version, region, leaf, items)
    SELECT 'i' || n, 1, 'GM0355', ($1::text[])[1 + n % 12], '{status:active}' FROM generate_series(1, $2::int) n
    """,
    """
    INSERT INTO heard.invitation SELECT 'v' || n, '2026', 'i' || n, false FROM generate_series(1, $2::int) n
    WHERE $1::text[] IS NOT NULL
    """,
    """
    INSERT INTO heard.response SELECT 'r' || n, 1, '2026', 'i' || n, $1::text[], NULL FROM generate_series(1, $2::int) n
    """,
)


async def measure(rig: Rig) -> list[Figure]:
    """The same question to the same service on two databases, in turns."""
    sizes = (FEW, FEW * 10 if rig.quick else MANY)
    running = []
    for size in sizes:
        dsn = await rig.database("reporting")
        await _fill(rig, dsn, size)
        running.append(await rig.service("reporting", dsn))
    took: list[list[float]] = [[], []]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for turn in range(ASKED + 5):
            for n, one in enumerate(running):
                started = time.perf_counter()
                answer = await client.get(f"{one.url}/api/regio/{REGION}")
                answer.raise_for_status()
                assert answer.json()["campaign"]["responded"] > 0
                if turn >= 5:  # the first ones open connections
                    took[n].append((time.perf_counter() - started) * 1000)
                await asyncio.sleep(0.005)
    await rig.stop(*running)
    few, many = (statistics.median(each) for each in took)
    said = f"{sizes[0]:,} responses {few:.1f} ms, {sizes[1]:,} responses {many:.1f} ms, median of {ASKED}"
    return [at_most("report-data-ms", many, "ms", 100, said), at_most("report-data-growth", many / few, "×", 2, said)]


async def _fill(rig: Rig, dsn: str, size: int) -> None:
    """What was heard, and the tally that goes with it: what follows from adding up is put in added up."""
    load = Load()
    counted = [items("2026.1", answers) for answers in load.answers]
    tally = Counter(item for one in counted for item in one)
    tally["invited"] = len(counted)
    async with rig.connection(dsn) as database:
        await database.execute(_SEED[0])
        for statement, first in zip(_SEED[1:], (PROVINCES, PROVINCES, list(counted[0])), strict=True):
            await database.execute(statement, first, size)
        share = size / len(counted) / len(PROVINCES)
        await database.executemany(
            "INSERT INTO heard.tally VALUES ('2026', $1, $2, $3)",
            [(region, item, round(n * share)) for region in PROVINCES for item, n in tally.items()],
        )
        await database.execute("ANALYZE")
