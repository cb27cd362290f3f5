"""From queues to the engine: takes what has arrived, in turns over the queues, and acknowledges what has its outcome.

Each queue has a channel of its own, so that one `ack(multiple=True)` speaks for that queue alone.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelInvalidStateError
from aiormq.exceptions import AMQPError
from faststream.rabbit import RabbitBroker

from shared import db
from shared.events.envelope import read_message
from shared.logs import get_logger

from . import keep, topology
from .engine import Engine, Item

_log = get_logger(__name__)

LINGER_S = 0.003
"""After the first message, how long to wait for company."""
REFRESH_S = 2.0
"""How often to look for queues that should be consumed and are not yet."""
PAUSE_S = 60.0
"""How long a queue rests on which every message fails, before one is tried."""
_AWAY: tuple[type[BaseException], ...] = (*db.WORLD_AWAY, AMQPError, RuntimeError)
PLATFORM = "platform"
"""The origin of facts and answers in the inbox."""


@dataclass(slots=True, eq=False)
class Lane:
    """One queue that is consumed."""

    queue: str
    channel: AbstractChannel
    arrived: deque[AbstractIncomingMessage] = field(default_factory=deque)
    paused_until: float = 0.0
    probing: bool = False

    def ready(self, now: float) -> bool:
        return bool(self.arrived) and now >= self.paused_until


@dataclass(slots=True)
class Taken:
    """A message of a batch, with its events."""

    lane: Lane
    message: AbstractIncomingMessage
    items: list[Item]


class Consumer:
    """Consumes the queues that `queues` names, which may grow while it runs."""

    def __init__(
        self,
        broker: RabbitBroker,
        engine: Engine,
        queues: Callable[[], Awaitable[Sequence[str]]],
        *,
        service: str,
        batch_messages: int = 100,
        batch_events: int = 500,
        prefetch: int = 200,
        world_away_s: float = 300,
    ) -> None:
        self._broker, self._engine, self._queues, self._service = broker, engine, queues, service
        self._batch_messages, self._batch_events, self._prefetch = batch_messages, batch_events, prefetch
        self._world_away_s = world_away_s
        self._lanes: dict[str, Lane] = {}
        self._missing: set[str] = set()
        self._something = asyncio.Event()
        self._refresh_now = asyncio.Event()
        self._turn = 0
        self.world_away = False

    @property
    def troubles(self) -> list[str]:
        """Why this is not ready, in words."""
        now = time.monotonic()
        found = [f"queue {name} does not exist yet" for name in sorted(self._missing)]
        found += [
            f"queue {lane.queue} is paused: every message failed"
            for lane in self._lanes.values()
            if lane.paused_until > now or lane.probing
        ]
        if self.world_away:
            found.append("the database is away")
        if not self._lanes and not found:
            found.append("nothing is consumed yet")
        return found

    async def run(self) -> None:
        """Consumes until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_lanes(), name="lanes")
            group.create_task(self._work(), name="work")

    # --- lanes ------------------------------------------------------------------------------------------------------

    async def _keep_lanes(self) -> None:
        while True:
            try:
                await self._open_lanes()
            except _AWAY as error:
                _log.warning("cannot open queues now", error=repr(error))
            self._refresh_now.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._refresh_now.wait(), REFRESH_S)

    async def _open_lanes(self) -> None:
        wanted = await self._queues()
        for name in wanted:
            lane = self._lanes.get(name)
            if lane is None:
                await self._open(name)

    async def _open(self, name: str) -> None:
        connection = await self._broker.connect()
        channel = await connection.channel()
        try:
            await channel.set_qos(prefetch_count=self._prefetch)
            queue = await channel.get_queue(name, ensure=True)
            lane = Lane(name, channel)

            async def arrived(message: AbstractIncomingMessage) -> None:
                lane.arrived.append(message)
                self._something.set()

            await queue.consume(arrived, no_ack=False)
        except AMQPError as error:
            if name not in self._missing:
                _log.warning("cannot consume yet", queue=name, error=str(error))
            self._missing.add(name)
            with contextlib.suppress(AMQPError, RuntimeError):
                await channel.close()
            return
        self._missing.discard(name)
        self._lanes[name] = lane

    async def _close_lanes(self) -> None:
        lanes, self._lanes = list(self._lanes.values()), {}
        for lane in lanes:
            with contextlib.suppress(AMQPError, RuntimeError):
                await lane.channel.close()

    # --- work -------------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            taken = await self._take()
            async with self._returning(taken):
                await self._process(taken)

    @contextlib.asynccontextmanager
    async def _returning(self, taken: Sequence[Taken]) -> AsyncIterator[None]:
        """If the batch is not finished for a reason nobody thought of, its messages go back to the broker."""
        try:
            yield
        except Exception:  # noqa: BLE001 - whatever it is, no message may be lost for it
            _log.exception("a batch failed outside the engine; its messages will come again", messages=len(taken))
            await self._close_lanes()
            await asyncio.sleep(1)

    async def _take(self) -> list[Taken]:
        """What has arrived: up to the limits, one message from each queue in turn."""
        while not (ready := self._ready()):
            self._something.clear()
            rest = min((lane.paused_until for lane in self._lanes.values() if lane.arrived), default=None)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._something.wait(), max(rest - time.monotonic(), 0.01) if rest else None)
        if sum(len(lane.arrived) for lane in ready) < self._batch_messages:
            await asyncio.sleep(LINGER_S)
        self._turn += 1
        taken: list[Taken] = []
        events = 0
        lanes = self._ready()
        lanes = lanes[self._turn % len(lanes) :] + lanes[: self._turn % len(lanes)] if lanes else []
        while lanes and len(taken) < self._batch_messages and events < self._batch_events:
            for lane in list(lanes):
                message = lane.arrived.popleft()
                items = self._items(lane, message)
                taken.append(Taken(lane, message, items))
                events += len(items)
                if not lane.arrived or lane.probing:
                    lanes.remove(lane)
                if len(taken) >= self._batch_messages or events >= self._batch_events:
                    break
        return taken

    def _ready(self) -> list[Lane]:
        now = time.monotonic()
        return [lane for lane in self._lanes.values() if lane.ready(now)]

    def _items(self, lane: Lane, message: AbstractIncomingMessage) -> list[Item]:
        key = message.routing_key or ""
        partner, _, rest = key.partition(".")
        spoken_by_partner = lane.queue.startswith(f"{self._service}.from.") or lane.queue == topology.UNROUTABLE_QUEUE
        arrivals = read_message(
            message.body,
            message.content_type,
            dict(message.headers),
            partner=partner if spoken_by_partner else None,
            routing_key=rest if spoken_by_partner else None,
            now=self._engine.clock(),
        )
        return [
            Item(
                arrived,
                origin=partner if spoken_by_partner else PLATFORM,
                partner=partner if spoken_by_partner else None,
                queue=lane.queue,
                redelivered=bool(message.redelivered),
            )
            for arrived in arrivals
        ]

    async def _process(self, taken: Sequence[Taken]) -> None:
        dead = [t for t in taken if t.lane.queue == topology.dead_queue(self._service)]
        items = [item for t in taken for item in t.items if t not in dead]
        started = time.monotonic()
        pause = 0.1
        while True:
            try:
                for t in dead:
                    await self._bury(t)
                report = await self._engine.process(items)
                break
            except db.WORLD_AWAY as error:
                self.world_away = True
                _log.warning("the database is away; holding the batch", error=repr(error), pause_s=pause)
                if time.monotonic() - started > self._world_away_s:
                    await self._close_lanes()
                    await self._until_the_world_is_back()
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, 15)
        self.world_away = False
        self._engine.telemetry.batch.observe(time.monotonic() - started)
        self._pause(taken, report.paused)
        left = {id(item) for item in report.unprocessed}
        await self._acknowledge([t for t in taken if not any(id(i) in left for i in t.items)], taken)
        resumed = [t.lane for t in taken if t.lane.probing and t.lane.queue not in report.paused]
        if resumed:
            await self._resume(resumed)

    async def _acknowledge(self, done: Sequence[Taken], taken: Sequence[Taken]) -> None:
        """Acknowledges each queue's messages up to the first that has not got its outcome; puts the rest back."""
        finished = {id(t) for t in done}
        by_lane: dict[int, list[Taken]] = {}
        for t in taken:
            by_lane.setdefault(id(t.lane), []).append(t)
        for group in by_lane.values():
            first_left = next((n for n, t in enumerate(group) if id(t) not in finished), len(group))
            if first_left:
                with contextlib.suppress(ChannelInvalidStateError, AMQPError, RuntimeError):
                    await group[first_left - 1].message.ack(multiple=True)
            group[0].lane.arrived.extendleft(t.message for t in reversed(group[first_left:]))

    def _pause(self, taken: Sequence[Taken], queues: set[str]) -> None:
        for lane in {t.lane for t in taken if t.lane.queue in queues}:
            lane.paused_until, lane.probing = time.monotonic() + PAUSE_S, True
            self._engine.telemetry.pause(lane.queue, paused=True)
            _log.error("every message fails: the queue pauses", queue=lane.queue, pause_s=PAUSE_S)

    async def _resume(self, lanes: Sequence[Lane]) -> None:
        """A message succeeded again: the queue goes on, and what failed before the pause is run again."""
        for lane in lanes:
            lane.probing = False
            self._engine.telemetry.pause(lane.queue, paused=False)
            _log.info("the queue goes on", queue=lane.queue)
        await self.replay_pausing()

    async def replay_pausing(self) -> None:
        """Runs what was set aside just before a pause: it was no fault of those events."""
        with contextlib.suppress(*db.WORLD_AWAY):
            ids = await keep.pausing(self._engine.database.pool)
            if ids:
                await self._engine.replay(ids)

    async def _bury(self, taken: Taken) -> None:
        """A message that the broker gave up is set aside, with the queue it died in."""
        deaths = taken.message.headers.get("x-death")
        queue = "?"
        if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict):
            queue = str(deaths[0].get("queue"))
        partner = queue.split(".from.")[-1] if ".from." in queue else None
        for item in taken.items:
            item.partner, item.origin, item.queue = partner, partner or PLATFORM, queue
            await self._engine.bury(item)

    async def _until_the_world_is_back(self) -> None:
        while True:
            try:
                await self._engine.database.pool.fetchval("SELECT 1")
            except db.WORLD_AWAY:
                await asyncio.sleep(2)
            else:
                self.world_away = False
                self._refresh_now.set()
                return
