"""Mails handed to a mail server, beside a bare loop over as many connections to the same server."""

import asyncio
import signal
import statistics
from collections.abc import Awaitable, Callable
from pathlib import Path

from deploy.bench.figure import Figure, at_least, beside
from deploy.bench.rig import Rig
from deploy.local import process

NAMES = ("mails-vs-bare", "mails-per-second", "mails-bare-per-second")
CONNECTIONS = 4
BYTES = 6_000
"""Of an invitation, text and HTML, as the sink gets it."""
PATIENCE_S = 120.0

_FILL = """
INSERT INTO delivery (id, kind, about, recipient, name, letter, priority, state, created_at, due_at, deadline)
SELECT gen_random_uuid(), 'invitation', 'v' || n || '-' || $2::int, 'iemand' || n || '@burenbus.example', 'Buren',
       jsonb_build_object('initiative', 'Buurthuis ' || n, 'title', 'Inventarisatie 2026',
                          'url', 'https://burenbus.example/enquete/' || n, 'closes', '2026-12-31T22:59:59+00:00'),
       2, 'due', now(), now(), now() + interval '2 days'
FROM generate_series(1, $1::int) n
"""


async def measure(rig: Rig) -> list[Figure]:
    """Invitations; the clock runs from the first to the last that the server had."""
    mails, laps = (200, 1) if rig.quick else (1_500, 3)
    [port] = process.free_ports(1)
    sink = await rig.program("deploy.bench.sink", str(port))
    dsn = await rig.database("notify")
    notify = await rig.service("notify", dsn, smtp_port=str(port), smtp_connections=str(CONNECTIONS))
    running = notify.pid.find()
    assert running is not None

    async def bare() -> None:
        one = await rig.program("deploy.bench.bare_mail", str(port), str(CONNECTIONS), str(mails), str(BYTES))
        await rig.stop(one)

    async def ours(lap: int) -> None:
        running.send_signal(signal.SIGSTOP)
        try:
            async with rig.connection(dsn) as database:
                await database.execute(_FILL, mails, lap)
                await rig.checkpoint()
        finally:
            running.send_signal(signal.SIGCONT)

    bare_rates, rates = [], []
    for lap in range(laps):
        bare_rates.append(await _rate(sink.log, mails, bare))
        rates.append(await _rate(sink.log, mails, lambda lap=lap: ours(lap)))  # type: ignore[misc]
    await rig.stop(notify, sink)
    rate, bare_rate = statistics.median(rates), statistics.median(bare_rates)
    return [
        at_least("mails-vs-bare", rate / bare_rate, "×", 0.5, f"{CONNECTIONS} connections"),
        beside("mails-per-second", rate, "mails/s"),
        beside("mails-bare-per-second", bare_rate, "mails/s", f"{BYTES} bytes, made before"),
    ]


async def _rate(log: Path, mails: int, begin: Callable[[], Awaitable[None]]) -> float:
    with log.open() as lines:
        lines.read()
        await begin()
        came: list[float] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(came) < mails:
                came += [float(line) for line in lines.read().splitlines()]
                await asyncio.sleep(0.02)
    return (len(came) - 1) / (came[-1] - came[0])
