"""Two pipelines side by side: each gets the same load in turns (ABAB…), from a queue that was filled while it stood still."""

import asyncio
import contextlib
import signal
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import aio_pika
import asyncpg
import psutil

from deploy.bench import load
from deploy.bench.rig import Rig
from deploy.errors import DeployError
from deploy.local.process import Pid

PATIENCE_S = 120.0
POLL_S = 0.01
PUBLISHED_AT_ONCE = 400


@dataclass(frozen=True)
class Progress:
    """How far a pipeline is, read from its database: what it took for good, and whether all it said has left."""

    dsn: str
    reached: str
    """A cheap query for how many were taken, perhaps not yet committed."""
    taken: str
    """How many were taken and committed."""
    silent: str
    """Whether nothing is left to be said."""


SERVICE = (
    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM bus.answer_sequence",
    "SELECT count(*) FROM bus.inbox",
    "SELECT NOT EXISTS (SELECT FROM bus.outbox)",
)
BARE = (
    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM done",
    "SELECT count(*) FROM inbox",
    "SELECT NOT EXISTS (SELECT FROM outbox)",
)


@dataclass(frozen=True)
class Subject:
    """One pipeline: its processes, where its messages go, how far it is, and the events for one lap."""

    name: str
    pids: Sequence[Pid]
    exchange: str
    routing_key: str
    progress: Progress
    events: Callable[[int], Sequence[bytes]]


@dataclass(frozen=True)
class Lap:
    """`cpu`: seconds of processor time by process."""

    events: int
    seconds: float
    cpu: Mapping[str, float]

    @property
    def rate(self) -> float:
        return self.events / self.seconds


@dataclass
class Laps:
    """All laps of one pipeline."""

    laps: list[Lap] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Events a second: the median of the laps."""
        return statistics.median(lap.rate for lap in self.laps)

    def cpu(self, process: str) -> float:
        """Microseconds of processor time an event: the median of the laps."""
        return statistics.median(lap.cpu[process] / lap.events for lap in self.laps) * 1e6

    @property
    def costs(self) -> str:
        """What an event costs whom."""
        return "cpu µs/event " + " ".join(f"{name} {self.cpu(name):.0f}" for name in self.laps[0].cpu)


async def race(
    rig: Rig,
    subjects: Sequence[Subject],
    *,
    events: int,
    at_once: int,
    laps: int,
    between: Callable[[], Awaitable[None]] | None = None,
) -> dict[str, Laps]:
    """Laps of so many events in messages of so many each, in turns. A short one of each goes before and does not count."""
    found = {one.name: Laps() for one in subjects}
    for turn in range(laps + 1):
        for one in subjects:
            lap = await run(rig, one, max(events // 10, 1) if turn == 0 else events, at_once)
            if turn:
                found[one.name].laps.append(lap)
            if between:
                await between()
    return found


async def run(rig: Rig, subject: Subject, events: int, at_once: int) -> Lap:
    """One lap. The pipeline stands still while its queue is filled; the clock runs from when it goes on."""
    bodies = subject.events(events)
    async with rig.connection(subject.progress.dsn) as database:
        target = await database.fetchval(subject.progress.taken) + len(bodies)
        reached = await database.fetchval(subject.progress.reached) + len(bodies)
        with halted(subject.pids):
            await publish(rig, subject.exchange, subject.routing_key, bodies, at_once)
            await rig.checkpoint()
            await asyncio.sleep(0.3)
            before, started = _cpu(rig, subject), time.monotonic()
        async with asyncio.timeout(PATIENCE_S):
            await until(database, subject.progress.reached, reached)
            await until(database, subject.progress.taken, target)
            await until(database, subject.progress.silent, 1)
        seconds, after = time.monotonic() - started, _cpu(rig, subject)
    await rig.purge()
    return Lap(len(bodies), seconds, {name: after[name] - before[name] for name in after})


async def until(database: "asyncpg.Connection[asyncpg.Record]", query: str, at_least: int) -> None:
    """Returns when the query gives that much."""
    while await database.fetchval(query) < at_least:  # noqa: ASYNC110 - what happens, happens in other processes
        await asyncio.sleep(POLL_S)


async def publish(rig: Rig, exchange: str, routing_key: str, bodies: Sequence[bytes], at_once: int) -> None:
    """Puts events on the broker and waits until it has confirmed all of them. Raises DeployError when it refuses one."""
    connection = await aio_pika.connect(rig.amqp_url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        out = await channel.get_exchange(exchange, ensure=False)
        messages = [load.message(*one) for one in load.packed(bodies, at_once)]
        for n in range(0, len(messages), PUBLISHED_AT_ONCE):
            try:
                await asyncio.gather(*(out.publish(m, routing_key) for m in messages[n : n + PUBLISHED_AT_ONCE]))
            except aio_pika.exceptions.DeliveryError as error:
                raise DeployError(f"RabbitMQ neemt de berichten voor {routing_key} niet aan: {error}") from error


@contextlib.contextmanager
def halted(pids: Sequence[Pid]) -> Iterator[None]:
    """These processes stand still."""
    processes = [process for pid in pids if (process := pid.find())]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


def _cpu(rig: Rig, subject: Subject) -> dict[str, float]:
    groups: dict[str, Sequence[Pid | None]] = {subject.name: subject.pids}
    groups |= {name: [pid] for name, pid in rig.server_pids().items()}
    return {name: sum(spent(pid) for pid in pids if pid) for name, pids in groups.items()}


def spent(pid: Pid) -> float:
    """Processor time of a process and its children, in seconds, those that have ended included."""
    process = pid.find()
    if process is None:
        return 0.0
    family, total = [process, *process.children(recursive=True)], 0.0
    own = process.cpu_times()
    total += own.children_user + own.children_system
    for one in family:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total
