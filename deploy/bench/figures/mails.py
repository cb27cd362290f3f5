"""Mails handed to a mail server, beside a bare loop over as many connections to the same server."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.bench.figure import Figure, at_least, beside
from deploy.bench.race import halted, spent
from deploy.bench.rig import Rig
from deploy.local import process
from deploy.local.process import Pid

NAMES = ("mails-vs-bare", "mails-per-second", "mails-bare-per-second")
CONNECTIONS = 4
BYTES = 4_900
"""Of these invitations, text and HTML, as the sink gets them."""
PATIENCE_S = 120.0

_FILL = """
INSERT INTO delivery (id, kind, about, recipient, name, letter, priority, state, created_at, due_at, deadline)
SELECT gen_random_uuid(), 'invitation', 'v' || n || '-' || $2::int, 'iemand' || n || '@burenbus.example', 'Buren',
       jsonb_build_object('initiative', 'Zorgcoöperatie ' || n, 'title', 'Inventarisatie 2026',
                          'url', 'https://burenbus.example/enquete/' || n, 'closes', '2026-12-31T22:59:59+00:00'),
       2, 'due', now(), now(), now() + interval '2 days'
FROM generate_series(1, $1::int) n
"""


@dataclass(frozen=True)
class _Lap:
    """`cpu`: seconds of processor time by process."""

    mails: int
    rate: float
    size: float
    cpu: Mapping[str, float]


async def measure(rig: Rig) -> list[Figure]:
    """Invitations; the clock runs from the first to the last that the server had."""
    mails, laps = (200, 1) if rig.quick else (1_500, 3)
    [port] = process.free_ports(1)
    sink = await rig.program("deploy.bench.sink", str(port))
    dsn = await rig.database("notify")
    notify = await rig.service("notify", dsn, smtp_port=str(port), smtp_connections=str(CONNECTIONS))
    watched = {"notify": notify.pid, "sink": sink.pid, **{n: pid for n, pid in rig.server_pids().items() if pid}}

    async def bare() -> None:
        one = await rig.program("deploy.bench.bare_mail", str(port), str(CONNECTIONS), str(mails), str(BYTES))
        await rig.stop(one)

    async def ours(lap: int) -> None:
        with halted([notify.pid]):
            async with rig.connection(dsn) as database:
                await database.execute(_FILL, mails, lap)
                await rig.checkpoint()

    bare_laps, our_laps = [], []
    for lap in range(laps):
        bare_laps.append(await _lap(sink.log, mails, bare, {"sink": sink.pid}))
        our_laps.append(await _lap(sink.log, mails, lambda lap=lap: ours(lap), watched))  # type: ignore[misc]
    await rig.stop(notify, sink)
    rate, bare_rate = _rate(our_laps), _rate(bare_laps)
    return [
        at_least("mails-vs-bare", rate / bare_rate, "×", 0.5, f"{CONNECTIONS} connections"),
        beside("mails-per-second", rate, "mails/s", _costs(our_laps)),
        beside("mails-bare-per-second", bare_rate, "mails/s", f"made before; {_costs(bare_laps)}"),
    ]


async def _lap(log: Path, mails: int, begin: Callable[[], Awaitable[None]], watched: Mapping[str, Pid]) -> _Lap:
    with log.open() as lines:
        lines.read()
        before = {name: spent(pid) for name, pid in watched.items()}
        await begin()
        came: list[list[str]] = []
        rest = ""
        async with asyncio.timeout(PATIENCE_S):
            while len(came) < mails:
                *whole, rest = (rest + lines.read()).split("\n")
                came += [line.split() for line in whole]
                await asyncio.sleep(0.02)
    cpu = {name: spent(pid) - before[name] for name, pid in watched.items()}
    times = [float(at) for at, _ in came]
    return _Lap(mails, (mails - 1) / (times[-1] - times[0]), sum(int(size) for _, size in came) / mails, cpu)


def _rate(laps: Sequence[_Lap]) -> float:
    return statistics.median(lap.rate for lap in laps)


def _costs(laps: Sequence[_Lap]) -> str:
    costs = {name: statistics.median(lap.cpu[name] / lap.mails for lap in laps) * 1e6 for name in laps[0].cpu}
    size = statistics.median(lap.size for lap in laps)
    return f"{size:.0f} bytes; cpu µs/mail " + " ".join(f"{name} {cost:.0f}" for name, cost in costs.items())
