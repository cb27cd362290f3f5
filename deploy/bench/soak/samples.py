"""What is looked at while the soak lasts: the memory of each process, what waits in the queues, what waits to be said."""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import aio_pika
import psutil

from deploy.bench.rig import Rig
from deploy.local.process import Pid
from shared.bus import topology

MEGABYTE = 1_000_000
EVERY_S = 5.0

_UNSAID = """
SELECT (SELECT coalesce(sum(events), 0) FROM bus.outbox),
       (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 FROM bus.outbox)
"""


@dataclass(frozen=True)
class Sample:
    """One look. Memory in MB by process, its children included; `queued` messages; `oldest_s` of the outboxes."""

    at_s: float
    memory: Mapping[str, float]
    queued: int
    outbox: int
    oldest_s: float


class Sampler:
    """Looks every few seconds, until cancelled."""

    def __init__(self, rig: Rig, pids: Mapping[str, Pid], dsns: Mapping[str, str]) -> None:
        self._rig, self._pids, self._dsns = rig, pids, dsns
        self.samples: list[Sample] = []

    async def run(self) -> None:
        started = time.monotonic()
        while True:
            self.samples.append(await self.look(time.monotonic() - started))
            await asyncio.sleep(EVERY_S)

    async def look(self, at_s: float) -> Sample:
        """Raises DeployError when a process is gone."""
        outbox, oldest = 0, 0.0
        for dsn in self._dsns.values():
            async with self._rig.connection(dsn) as database:
                count, age = await database.fetchrow(_UNSAID) or (0, 0.0)
            outbox, oldest = outbox + count, max(oldest, age)
        memory = {name: resident(pid) / MEGABYTE for name, pid in self._pids.items()}
        return Sample(at_s, memory, await queued(self._rig), outbox, oldest)


def resident(pid: Pid) -> int:
    """Bytes that a process and its children have in memory; 0 if it is gone."""
    process = pid.find()
    total = 0
    for one in [process, *process.children(recursive=True)] if process else []:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


async def queued(rig: Rig) -> int:
    """Messages that wait in the services' queues at this moment: the management API knows it seconds later only."""
    names = [queue["name"] for queue in await rig.management.queues()]
    connection = await aio_pika.connect(rig.amqp_url)
    async with connection:
        channel = await connection.channel()
        declared = [
            await channel.declare_queue(name, passive=True)
            for name in names
            if not name.startswith(topology.feedback_queue(""))
        ]
    return sum(one.declaration_result.message_count or 0 for one in declared)


async def held(rig: Rig) -> int:
    """Messages in the services' queues, those that are being worked on included; as it was some seconds ago."""
    return sum(
        queue.get("messages", 0)
        for queue in await rig.management.queues()
        if not queue["name"].startswith(topology.feedback_queue(""))
    )


def slope(samples: Sequence[Sample], name: str) -> float:
    """MB a minute: the median of the slopes between any two looks (Theil and Sen), so that one odd look does not count."""
    points = [(one.at_s / 60, one.memory[name]) for one in samples]
    steps = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x2 > x1]
    return statistics.median(steps) if steps else 0.0
