"""The queues that a service consumes: opened, kept open, and closed.

Each has a channel of its own, so that one `ack(multiple=True)` speaks for that queue alone. Each partner's has a connection of
its own as well: what the broker sends ahead of a burst, some megabytes, would keep another partner's event waiting on the way.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError

from shared.logs import get_logger

from . import topology
from .lane import Lane, open_lane
from .losses import losses

_log = get_logger(__name__)

Connect = Callable[[], Awaitable[AbstractConnection]]
REFRESH_S = 2.0
"""How often to look for queues that should be consumed and are not yet."""
OPEN_S = 15.0
"""How long opening a queue may take: a connection that is being lost can leave it waiting for ever."""


class Lanes:
    """Keeps a lane for each queue that `queues` names, which may grow meanwhile. `something` is set when a message arrives.

    `shared` gives the connection that the queues of facts share, `connect` a new one for a partner's queue.
    """

    def __init__(
        self,
        shared: Connect,
        connect: Connect,
        queues: Callable[[], Awaitable[Sequence[str]]],
        *,
        prefetch: int,
        something: asyncio.Event,
    ) -> None:
        self._shared, self._connect, self._queues, self._prefetch = shared, connect, queues, prefetch
        self._something, self._refresh_now = something, asyncio.Event()
        self._open: dict[str, Lane] = {}
        self._missing: set[str] = set()
        self._stopping = False

    @property
    def troubles(self) -> list[str]:
        """Which queues are not consumed as they should be, in words."""
        now = time.monotonic()
        found = [f"queue {name} does not exist yet" for name in sorted(self._missing)]
        found += [f"queue {lane.queue} is not consumed now" for lane in self._open.values() if lane.ended]
        found += [
            f"queue {lane.queue} is paused: every message failed"
            for lane in self._open.values()
            if lane.paused_until > now or lane.probing
        ]
        return found or ([] if self._open else ["nothing is consumed yet"])

    @property
    def paused_until(self) -> float | None:
        """When the first of those goes on that are paused and hold something."""
        return min((lane.paused_until for lane in self._open.values() if lane.arrived), default=None)

    def ready(self) -> dict[str, Lane]:
        """Those that hold something and are not paused, by queue."""
        now = time.monotonic()
        return {name: lane for name, lane in self._open.items() if lane.ready(now)}

    async def depths(self) -> dict[str, tuple[int, float]]:
        """Of each queue how many messages wait, and how long the oldest is held here; of those that can be asked."""
        found = {}
        for lane in list(self._open.values()):
            if not lane.ended and (depth := await lane.depth()):
                found[lane.queue] = depth
        return found

    async def keep(self) -> None:
        """Opens what should be open, again and again, until cancelled or stopped."""
        while not self._stopping:
            self._refresh_now.clear()
            try:
                with losses():
                    await self._refresh()
            except Exception as error:  # noqa: BLE001 - broker or database are away in many ways; it is tried again
                _log.warning("cannot open queues now", error=repr(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._refresh_now.wait(), REFRESH_S)

    def refresh(self) -> None:
        """Looks now."""
        self._refresh_now.set()

    async def stop(self, within_s: float) -> None:
        """Takes nothing more from the broker; what has arrived stays. A broker that says nothing is waited for so long."""
        self._stopping = True
        if cancelling := [asyncio.create_task(lane.cancel()) for lane in self._open.values()]:
            await asyncio.wait(cancelling, timeout=within_s)

    async def close(self) -> None:
        """What has arrived goes back to the broker."""
        lanes, self._open = list(self._open.values()), {}
        await asyncio.gather(*(lane.close() for lane in lanes))

    async def _refresh(self) -> None:
        wanted = await self._queues()
        self._missing &= set(wanted)
        for name in self._open.keys() - set(wanted):
            await self._open.pop(name).close()
        for name in wanted:
            if (name not in self._open or self._open[name].ended) and not self._stopping:
                await self._open_one(name)

    async def _open_one(self, name: str) -> None:
        own = topology.partner_of(name) is not None
        # This waits for the broker by itself, and cut short would try on unseen.
        shared = None if own else await self._shared()
        async with asyncio.timeout(OPEN_S):
            connection = shared or await self._connect()
            try:
                lane = await open_lane(connection, name, self._prefetch, self._something, self.refresh, own=own)
            except AMQPError as error:
                if name not in self._missing:
                    _log.warning("cannot consume yet", queue=name, error=str(error))
                self._missing.add(name)
                return
        self._missing.discard(name)
        if ended := self._open.pop(name, None):
            lane.paused_until, lane.probing = ended.paused_until, ended.probing
            await ended.close()
        self._open[name] = lane
        self._something.set()  # what arrived before the lane was known
