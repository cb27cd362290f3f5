"""The way in for partners who do not speak AMQP themselves: the registry publishes for them, as they would have.

The routing key begins with the partner's name, as it does for the partner's own broker user; whoever calls this has made
sure who speaks. There is one connection for it, apart from the bus's own, so that a broker that holds back partners'
events (a full queue, a memory alarm) holds back nothing that the registry itself has to say.
"""

import asyncio
import contextlib
from collections.abc import Sequence

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, DeliveryMode
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, DeliveryError

from shared.bus import topology
from shared.bus.losses import losses
from shared.events.base import PREFIX
from shared.events.envelope import BATCH_JSON, join_batch, split_batches
from shared.logs import get_logger
from shared.service import named
from shared.transaction import Database

CONNECT_S, CONFIRM_S = 3.0, 8.0
"""How long the broker may take to let us in, and to confirm. A broker that is down says so at once; these are for one that
does not answer at all."""
_AWAY: tuple[type[BaseException], ...] = (AMQPError, ChannelInvalidStateError, RuntimeError, OSError)
_log = get_logger(__name__)


class DoorFull(Exception):
    """The partner's intake queue holds as much as it may: nothing is wrong with the events, later it goes."""


class BrokerAway(Exception):
    """The broker cannot be reached, or did not confirm in time. Sent again, an event counts once."""


class Publisher:
    """Publishes partners' events to `in`; any number of callers at once."""

    def __init__(self, amqp_url: str) -> None:
        self._url = named(amqp_url, "burenbus-registry-door")
        self._connecting = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._in: AbstractExchange | None = None

    async def publish(self, partner: str, events: Sequence[bytes], type_: str) -> None:
        """Publishes events of one type, each already dumped; returns when the broker has confirmed all of them.

        `type_` as on the wire or in the catalogue. Raises DoorFull if the queue refuses, BrokerAway if the broker does not
        answer; some of several messages may have been taken then: sent again, these are duplicates and do no harm.
        """
        key = f"{partner}.{type_.removeprefix(PREFIX)}"
        exchange = await self._connected()
        messages = [
            aio_pika.Message(join_batch(events[cut]), content_type=BATCH_JSON, delivery_mode=DeliveryMode.PERSISTENT)
            for cut in split_batches([len(event) for event in events])
        ]
        answers = await asyncio.gather(
            *(_publish(exchange, message, key) for message in messages),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, DeliveryError):
                raise DoorFull(key) from answer
            if isinstance(answer, _AWAY):
                if isinstance(answer, TimeoutError):  # this connection may be dead without knowing it
                    await self.close()
                _log.warning("the broker did not confirm", key=key, error=repr(answer))
                raise BrokerAway(repr(answer)) from answer
            if isinstance(answer, BaseException):
                raise answer

    async def run(self, _database: Database) -> None:
        """Closes the connection when the service stops."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """Closes the connection; the next publish opens another."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(*_AWAY):
                async with asyncio.timeout(CONNECT_S):
                    await connection.close()

    async def _connected(self) -> AbstractExchange:
        async with self._connecting:
            if self._in is not None and self._channel is not None and not self._channel.is_closed:
                return self._in
            try:
                with losses():
                    async with asyncio.timeout(CONNECT_S):
                        return await self._connect()
            except _AWAY as error:
                await self.close()
                _log.warning("cannot reach the broker", error=repr(error))
                raise BrokerAway(repr(error)) from error

    async def _connect(self) -> AbstractExchange:
        await self.close()  # one whose channel is gone may not know yet that it is gone itself
        self._connection = await aio_pika.connect(self._url)
        self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        self._in = await self._channel.get_exchange(topology.IN, ensure=False)
        return self._in


async def _publish(exchange: AbstractExchange, message: aio_pika.Message, key: str) -> None:
    with losses():
        await exchange.publish(message, key, mandatory=True, timeout=CONFIRM_S)
