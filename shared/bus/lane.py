"""One queue that is consumed, on a channel of its own, with what has arrived and was not taken yet.

The channel is not one that aio-pika restores: a lane that has ended, because the server cancelled its consumer or the
channel is gone, is opened again as a whole, and until then it can be said that its queue is not consumed. Messages are taken
from aiormq, on which aio-pika stands: what aio-pika makes of each, and its task, is a quarter of what a message costs.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aio_pika import Channel
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.abc import AbstractChannel as UnderlayChannel
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from .item import Item
from .losses import losses

CLOSE_S = 5.0
"""A server that has gone without a word does not confirm the closing."""
DEPTH_S = 2.0


@dataclass(slots=True, eq=False)
class Delivery:
    """A message, and its events once it has been taken."""

    lane: "Lane"
    message: DeliveredMessage
    items: list[Item] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    @property
    def properties(self) -> Basic.Properties:
        """What AMQP says of the message."""
        return self.message.header.properties

    @property
    def settled(self) -> bool:
        """It was taken, and all its events have their outcome."""
        return bool(self.items) and all(item.settled for item in self.items)

    @property
    def tag(self) -> int:
        """Its number on its channel."""
        return self.message.delivery_tag or 0

    @property
    def delicate(self) -> bool:
        """It may have killed a process, or its queue fails all the time: nothing else should be at work beside it."""
        return bool(self.message.redelivered) or self.lane.probing

    @property
    def stale(self) -> bool:
        """Its channel is gone: the broker delivers it again, and nobody can acknowledge this one."""
        return self.message.channel.is_closed


@dataclass(slots=True, eq=False)
class Lane:
    """One queue that is consumed. A paused one is `probing` until a message succeeds: one message at a time.

    `connection` is there if it has one of its own, which goes when it goes.
    """

    queue: str
    channel: AbstractChannel
    connection: AbstractConnection | None = None
    underlay: UnderlayChannel | None = None
    tag: str = ""
    arrived: deque[Delivery] = field(default_factory=deque)
    unanswered: deque[Delivery] = field(default_factory=deque)
    """All that the broker waits to hear of, in the order in which it came; some may be at work."""
    at_work: int = 0
    """How many batches hold something of it."""
    acknowledging: asyncio.Lock = field(default_factory=asyncio.Lock)
    asking: "asyncio.Task[int] | None" = None
    """How many messages wait in the broker, while it has not said so."""
    paused_until: float = 0.0
    probing: bool = False
    cancelled: bool = False

    @property
    def ended(self) -> bool:
        """Nothing will arrive here any more: the server has cancelled the consumer, or the channel is gone."""
        return self.cancelled or self.channel.is_closed

    def ready(self, now: float) -> bool:
        return bool(self.arrived) and now >= self.paused_until

    def next(self) -> Delivery | None:
        """The next message that can still be acknowledged."""
        while self.arrived:
            delivery = self.arrived.popleft()
            if not delivery.stale:
                return delivery
        return None

    def put_back(self, deliveries: Iterable[Delivery]) -> None:
        """These come first again, in the order in which they came."""
        first = [*deliveries]
        if self.arrived and first and self.arrived[0].tag < first[-1].tag:
            first = sorted((*first, *self.arrived), key=lambda delivery: delivery.tag)
            self.arrived.clear()
        self.arrived.extendleft(reversed(first))

    async def acknowledge(self) -> None:
        """Tells the broker of all that has its outcome, up to the first that has not.

        One after the other: a number that comes after a higher one is unknown to the broker, which then closes the channel.
        """
        async with self.acknowledging:
            last = None
            while self.unanswered and self.unanswered[0].settled:
                last = self.unanswered.popleft()
            if last is not None:
                with losses():
                    await last.message.channel.basic_ack(last.tag, multiple=True)

    async def depth(self) -> tuple[int, float] | None:
        """How many messages wait, in the broker and here, and how long the oldest of those here is held; None if the broker
        does not say so now.

        A broker that is slow is asked no second time meanwhile: a question that is taken back takes its channel along.
        """
        asking = self.asking = self.asking or asyncio.create_task(self._waiting())
        await asyncio.wait({asking}, timeout=DEPTH_S)
        if not asking.done():
            return None
        self.asking = None
        if asking.cancelled() or asking.exception():  # a connection that is being lost says so in many ways
            return None
        held = time.monotonic() - self.arrived[0].since if self.arrived else 0.0
        return asking.result() + len(self.arrived), held

    async def cancel(self) -> None:
        """Takes nothing more from the broker; what has arrived stays."""
        if self.underlay is not None:
            with contextlib.suppress(Exception), losses():  # what is lost brings nothing more, whatever it died of
                await self.underlay.basic_cancel(self.tag)

    async def close(self) -> None:
        """What has arrived goes back to the broker."""
        with contextlib.suppress(Exception), losses():  # what is lost already is closed, whatever it says
            await asyncio.wait_for((self.connection or self.channel).close(), CLOSE_S)
        if self.asking is not None:
            self.asking.cancel()

    async def _waiting(self) -> int:
        declared = await self.channel.declare_queue(self.queue, passive=True)
        return declared.declaration_result.message_count or 0


async def open_lane(
    connection: AbstractConnection,
    queue: str,
    prefetch: int,
    something: asyncio.Event,
    on_end: Callable[[], None],
    *,
    own: bool,
) -> Lane:
    """Consumes a queue; `something` is set whenever a message has arrived, `on_end` called when the channel is gone.

    The connection is closed with the lane if it is its `own`, also when this fails. Raises AMQPError, for one if the queue
    is missing.
    """
    channel = Channel(connection, publisher_confirms=False)
    lane = Lane(queue, channel, connection if own else None)

    async def arrived(message: DeliveredMessage) -> None:
        delivery = Delivery(lane, message)
        lane.arrived.append(delivery)
        lane.unanswered.append(delivery)
        something.set()

    def cancelled(_: object) -> None:
        lane.cancelled = True

    try:
        await channel.initialize()
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(cancelled)
        channel.close_callbacks.add(lambda *_: on_end())
        await channel.set_qos(prefetch_count=prefetch)
        await channel.get_queue(queue, ensure=True)
        lane.tag = (await underlay.basic_consume(queue, arrived, no_ack=False)).consumer_tag or ""
        lane.underlay = underlay
    except BaseException:
        await lane.close()
        raise
    return lane
