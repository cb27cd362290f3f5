"""One queue that is consumed, on a channel of its own, with what has arrived and was not taken yet.

The channel is not one that aio-pika restores: a lane that has ended, because the server cancelled its consumer or the
channel is gone, is opened again as a whole, and until then it can be said that its queue is not consumed.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aio_pika import Channel
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue, ConsumerTag
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from .item import Item

CLOSE_S = 5.0
"""A server that has gone without a word does not confirm the closing."""


@dataclass(slots=True, eq=False)
class Delivery:
    """A message, and its events once it has been taken."""

    lane: "Lane"
    message: AbstractIncomingMessage
    items: list[Item] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    @property
    def settled(self) -> bool:
        return all(item.settled for item in self.items)

    @property
    def stale(self) -> bool:
        """Its channel is gone: the broker delivers it again, and nobody can acknowledge this one."""
        try:
            return self.message.channel.is_closed
        except ChannelInvalidStateError:
            return True


@dataclass(slots=True, eq=False)
class Lane:
    """One queue that is consumed. A paused one is `probing` until a message succeeds: one message at a time.

    `connection` is there if it has one of its own, which goes when it goes.
    """

    queue: str
    channel: AbstractChannel
    connection: AbstractConnection | None = None
    consuming: AbstractQueue | None = None
    tag: ConsumerTag = ""
    arrived: deque[Delivery] = field(default_factory=deque)
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

    def put_back(self, deliveries: Sequence[Delivery]) -> None:
        """These come first again."""
        self.arrived.extendleft(reversed(deliveries))

    async def depth(self) -> tuple[int, float]:
        """How many messages wait, in the broker and here, and how long the oldest of those here is held."""
        declared = await self.channel.declare_queue(self.queue, passive=True)
        held = time.monotonic() - self.arrived[0].since if self.arrived else 0.0
        return (declared.declaration_result.message_count or 0) + len(self.arrived), held

    async def cancel(self) -> None:
        """Takes nothing more from the broker; what has arrived stays."""
        if self.consuming is not None:
            await self.consuming.cancel(self.tag)

    async def close(self) -> None:
        """What has arrived goes back to the broker."""
        with contextlib.suppress(AMQPError, ChannelInvalidStateError, RuntimeError, OSError):
            await asyncio.wait_for((self.connection or self.channel).close(), CLOSE_S)


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

    async def arrived(message: AbstractIncomingMessage) -> None:
        lane.arrived.append(Delivery(lane, message))
        something.set()

    def cancelled(_: object) -> None:
        lane.cancelled = True

    try:
        await channel.initialize()
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(cancelled)
        channel.close_callbacks.add(lambda *_: on_end())
        await channel.set_qos(prefetch_count=prefetch)
        lane.consuming = await channel.get_queue(queue, ensure=True)
        lane.tag = await lane.consuming.consume(arrived, no_ack=False)
    except BaseException:
        await lane.close()
        raise
    return lane
