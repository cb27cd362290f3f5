"""From queues to the engine: takes what has arrived, in turns over the queues, and acknowledges what has its outcome."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared import db
from shared.events.envelope import read_message
from shared.logs import get_logger

from . import topology
from .engine import Engine, Report
from .item import PLATFORM, Item
from .lane import Delivery, Lane
from .lanes import Connect, Lanes
from .turns import BACKLOG, Turn, Turns

__all__ = ["PLATFORM", "Consumer"]

_log = get_logger(__name__)

HANDS = 2
"""So many batches are at work at a time, each in its own transaction, as if there were so many replicas."""
LINGER_S = 0.003
"""With few messages at hand, how long to wait for company."""
FEW = 10
SAY_S = 0.1
"""How long a short turn waits for what the one before it said to leave."""


class Consumer:
    """Consumes the queues that `queues` names, which may grow while it runs."""

    def __init__(
        self,
        shared: Connect,
        connect: Connect,
        engine: Engine,
        queues: Callable[[], Awaitable[Sequence[str]]],
        *,
        service: str,
        batch_messages: int = 100,
        batch_events: int = 500,
        prefetch: int = 200,
        world_away_s: float = 300,
        pause_s: float = 60,
        said: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self._engine, self._service = engine, service
        self._something, self._drained = asyncio.Event(), asyncio.Event()
        self._choosing, self._nobody_else, self._at_work = asyncio.Lock(), asyncio.Event(), 0
        self._nobody_else.set()
        self._lanes = Lanes(shared, connect, queues, prefetch=prefetch, something=self._something)
        self._batch_messages = batch_messages
        self._turns = Turns(batch_events, lambda queue: topology.partner_of(queue) is not None)
        self._said = said
        self._world_away_s, self._pause_s = world_away_s, pause_s
        self._stopping = False
        self.world_away = False

    @property
    def troubles(self) -> list[str]:
        """Why this is not ready, in words."""
        return [*self._lanes.troubles, *(["the database is away"] if self.world_away else [])]

    async def depths(self) -> dict[str, tuple[int, float]]:
        """Of each queue how many messages wait, and how long the oldest is held here; of those that can be asked."""
        return await self._lanes.depths()

    async def run(self) -> None:
        """Consumes until cancelled, or until it has drained."""
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(self._lanes.keep(), name="lanes")
                await group.create_task(self._work(), name="work")
                keeping.cancel()
        finally:
            await self._lanes.close()
            self._drained.set()

    async def drain(self, within_s: float) -> None:
        """Takes nothing more from the broker, finishes what is at hand, and closes; what that leaves will come again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._lanes.stop(within_s / 2)
                self._stopping = True  # not before: who has nothing more to do closes what is being cancelled
                self._something.set()
                await self._drained.wait()

    # --- work -------------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(HANDS):
                group.create_task(self._hand(), name=f"hand {number + 1}")

    async def _hand(self) -> None:
        """One batch after the other. While it waits for the database, another hand reads and runs the next."""
        while not self._nothing_more:
            try:
                async with self._choosing:
                    turn, taken, items = await self._choose()
                    alone = turn.short or any(delivery.delicate for delivery in taken)
                    if alone:
                        await self._nobody_else.wait()
                        await self._run(turn, taken, items)
                if not alone:
                    await self._run(turn, taken, items)
            except Exception:  # noqa: BLE001 - whatever it is, no message may be lost for it
                _log.exception("a batch failed outside the engine; its messages will come again")
                await self._lanes.close()
                await asyncio.sleep(1)

    async def _choose(self) -> tuple[Turn, list[Delivery], list[Item]]:
        """Whose turn it is, once there is something. A short turn is chosen when nobody else is at work: who came meanwhile
        may go first."""
        await self._wait_for_something()
        turn, ready = self._next_turn()
        if turn.short and not self._nobody_else.is_set():
            await self._nobody_else.wait()
            turn, ready = self._next_turn()
        return turn, *self._take(turn, ready)

    @property
    def _nothing_more(self) -> bool:
        return self._stopping and not self._lanes.ready()

    def _ready(self) -> dict[str, Lane]:
        """What can be taken now. What one queue holds is done in order, but for a backlog."""
        return {
            name: lane for name, lane in self._lanes.ready().items() if not lane.at_work or len(lane.arrived) >= BACKLOG
        }

    def _next_turn(self) -> tuple[Turn, dict[str, Lane]]:
        ready = self._ready()
        return self._turns.next({name: len(lane.arrived) for name, lane in ready.items()}, time.monotonic()), ready

    async def _run(self, turn: Turn, taken: Sequence[Delivery], items: Sequence[Item]) -> None:
        lanes = {delivery.lane for delivery in taken}
        self._at_work += 1
        self._nobody_else.clear()
        for lane in lanes:
            lane.at_work += 1
        try:
            started = time.monotonic()
            await self._process(taken, items)
            now = time.monotonic()
            self._turns.took(turn, Counter(item.queue for item in items), now - started, now)
            if turn.short and self._said is not None:
                await self._said(SAY_S)
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._nobody_else.set()
            for lane in lanes:
                lane.at_work -= 1
            self._something.set()

    def _take(self, turn: Turn, ready: Mapping[str, Lane]) -> tuple[list[Delivery], list[Item]]:
        """What has arrived: up to the limits, one message from each queue in turn. May be empty.

        Of a message that holds more events than a short turn has room for, the first; it comes first the next time.
        """
        lanes = [ready[name] for name in turn.queues]
        taken: list[Delivery] = []
        items: list[Item] = []
        while lanes:
            for lane in list(lanes):
                room = turn.events - len(items)
                if len(taken) >= self._batch_messages or room <= 0:
                    return taken, items
                delivery = lane.next()
                if delivery is not None:
                    delivery.items = delivery.items or self._items(lane, delivery)
                    left = [item for item in delivery.items if not item.settled]
                    taken.append(delivery)
                    items += left[:room] if turn.short else left
                if delivery is None or lane.probing:
                    lanes.remove(lane)
        return taken, items

    async def _wait_for_something(self) -> None:
        while not (ready := self._ready()) and not self._nothing_more:
            self._something.clear()
            rest = self._lanes.paused_until
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._something.wait(), max(rest - time.monotonic(), 0.01) if rest else None)
        if sum(len(lane.arrived) for lane in ready.values()) < FEW:
            await asyncio.sleep(LINGER_S)

    def _items(self, lane: Lane, delivery: Delivery) -> list[Item]:
        message, properties = delivery.message, delivery.properties
        spoken_by_partner = topology.partner_of(lane.queue) is not None or lane.queue == topology.UNROUTABLE_QUEUE
        partner, _, rest = (message.routing_key or "").partition(".")
        speaker = partner if spoken_by_partner else None
        arrivals = read_message(
            message.body,
            properties.content_type,
            properties.headers or {},
            partner=speaker,
            routing_key=rest if spoken_by_partner else None,
            now=self._engine.clock(),
            message_id=properties.message_id,
            contain=True,
        )
        return [
            Item(arrived, speaker or PLATFORM, speaker, lane.queue, redelivered=bool(message.redelivered))
            for arrived in arrivals
        ]

    async def _process(self, taken: Sequence[Delivery], items: Sequence[Item]) -> None:
        dead = [d for d in taken if d.lane.queue == topology.dead_queue(self._service)]
        items = [item for item in items if item.queue != topology.dead_queue(self._service)]
        started = time.monotonic()
        pause = 0.1
        while True:
            try:
                for delivery in dead:
                    await self._bury(delivery)
                report = await self._engine.process(items)
                break
            except db.WorldAway as error:
                self.world_away = True
                self._engine.telemetry.again("world-away", len(items))
                _log.warning("the database is away; holding the batch", error=str(error), pause_s=pause)
                if time.monotonic() - started > self._world_away_s:
                    await self._lanes.close()
                    await self._until_the_world_is_back()
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, 15)
        self.world_away = False
        self._engine.telemetry.batch.observe(time.monotonic() - started)
        self._pause(taken, report.paused)
        await self._acknowledge(taken)
        await self._resume(taken, report)

    async def _acknowledge(self, taken: Sequence[Delivery]) -> None:
        """Acknowledges what has its outcome; puts the rest back."""
        for lane in {delivery.lane for delivery in taken}:
            lane.put_back(d for d in taken if d.lane is lane and not d.settled)
            with contextlib.suppress(
                Exception
            ):  # whatever its channel died of: it comes again, and is found in the inbox
                await lane.acknowledge()

    def _pause(self, taken: Sequence[Delivery], queues: set[str]) -> None:
        for lane in {d.lane for d in taken if d.lane.queue in queues}:
            lane.paused_until, lane.probing = time.monotonic() + self._pause_s, True
            self._engine.telemetry.pause(lane.queue, paused=True)
            _log.error("every message fails: the queue pauses", queue=lane.queue, pause_s=self._pause_s)

    async def _resume(self, taken: Sequence[Delivery], report: Report) -> None:
        """A message succeeded again: its queue goes on, and what failed before the pause is run again."""
        resumed = False
        for lane in {d.lane for d in taken if d.lane.probing and d.lane.queue not in report.paused}:
            if any(item.label in report.ran for d in taken if d.lane is lane for item in d.items):
                lane.probing, resumed = False, True
                self._engine.telemetry.pause(lane.queue, paused=False)
                _log.info("the queue goes on", queue=lane.queue)
        if resumed:
            await self.replay_pausing()

    async def replay_pausing(self) -> None:
        """Runs what was set aside just before a pause; if the world is away, at the next occasion."""
        with contextlib.suppress(db.WorldAway):
            await self._engine.replay_pausing()

    async def _bury(self, delivery: Delivery) -> None:
        """A message that the broker gave up is set aside, with the queue it died in."""
        deaths = (delivery.properties.headers or {}).get("x-death")
        queue = "?"
        if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict):
            queue = str(deaths[0].get("queue"))
        partner = topology.partner_of(queue)
        for item in delivery.items:
            item.partner, item.origin, item.queue = partner, partner or PLATFORM, queue
        await self._engine.bury(delivery.items)

    async def _until_the_world_is_back(self) -> None:
        while self.world_away:
            try:
                with db.world():
                    await self._engine.database.pool.fetchval("SELECT 1")
            except db.WorldAway:
                await asyncio.sleep(2)
            else:
                self.world_away = False
                self._lanes.refresh()
