"""The outbox relay: facts that were committed, handed to the broker and confirmed."""

import asyncio
import signal
import statistics
import time

from deploy.bench import race
from deploy.bench.figure import Figure, at_least
from deploy.bench.rig import Rig

NAMES = ("relay-per-second",)
BYTES = 900
"""The mean of what survey says."""

_FILL = """
INSERT INTO bus.outbox (exchange, routing_key, body, created_at)
SELECT 'events', 'response-recorded.v1',
       convert_to('{"id":"' || gen_random_uuid() || '","data":"' || repeat('x', $2::int - 60) || '"}', 'UTF8'), now()
FROM generate_series(1, $1::int)
"""


async def measure(rig: Rig) -> list[Figure]:
    """A service with nothing else to do and a full outbox."""
    events, laps = (5_000, 1) if rig.quick else (40_000, 3)
    dsn = await rig.database("survey")
    survey = await rig.service("survey", dsn)
    process = survey.pid.find()
    assert process is not None
    rates, costs = [], []
    async with rig.connection(dsn) as database:
        for _ in range(laps):
            process.send_signal(signal.SIGSTOP)
            await database.execute(_FILL, events, BYTES)
            await rig.checkpoint()
            await asyncio.sleep(0.2)
            before, started = race.spent(survey.pid), time.monotonic()
            process.send_signal(signal.SIGCONT)
            await database.execute("NOTIFY bus_outbox")
            await race.until(database, "SELECT (NOT EXISTS (SELECT FROM bus.outbox))::int", 1)
            rates.append(events / (time.monotonic() - started))
            costs.append((race.spent(survey.pid) - before) / events * 1e6)
            await rig.purge()
    await rig.stop(survey)
    said = f"{BYTES} bytes an event, cpu µs/event {statistics.median(costs):.0f}"
    return [at_least("relay-per-second", statistics.median(rates), "events/s", 10_000, said)]
