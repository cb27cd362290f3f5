"""The platform over AMQP: publish with confirms to exchange `in`.

Answers are not read here: they stand in the feedback queue of the partner, and whoever takes one from there takes it from
the partner's own program.
"""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.connection import make_url
from aio_pika.exceptions import AMQPError, DeliveryError

from deploy.errors import DeployError, WrongCommand
from shared.events.base import PREFIX
from shared.events.envelope import BATCH_JSON, join_batch

from .job import Answer, Item
from .reasons import sentence

PATIENCE_S = (0.2, 0.5, 1, 2, 5, 10, 10, 10)
"""Pauses after which a message is tried again that the broker did not confirm: the queue of this partner is full, or the
connection was lost. What had arrived all the same is known by its id."""
CONFIRM_S = 30.0


def partner_in(url: str) -> str:
    """The partner whose user it is: `omzien` of `amqp://omzien.1:…@…`. Raises WrongCommand."""
    user = unquote(urlsplit(url).username or "")
    name, _, number = user.rpartition(".")
    if not name or not number:
        raise WrongCommand("In het AMQP-adres staat geen gebruiker van een partner, zoals omzien.1.")
    return name


class Wire:
    """A partner's connection to the broker, made again when it is lost."""

    def __init__(self, url: str) -> None:
        self.partner = partner_in(url)
        self._url = url
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._connect()
        except (AMQPError, OSError, RuntimeError, TimeoutError, ValueError) as error:
            await self._close()
            raise DeployError(f"Over AMQP lukt het niet: {sentence(error)} Er is niets verstuurd.") from error
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._close()

    async def send(self, items: Sequence[Item]) -> dict[str, Answer]:
        """Publishes one batch; returns when the broker has confirmed it."""
        [kind] = {item.type for item in items}
        message = aio_pika.Message(
            join_batch(item.body for item in items),
            content_type=BATCH_JSON,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=items[0].id,
        )
        key = f"{self.partner}.{kind.removeprefix(PREFIX)}"
        last: BaseException | None = None
        for pause in PATIENCE_S:
            try:
                exchange = self._exchange or await self._connect()
                await exchange.publish(message, key, mandatory=True, timeout=CONFIRM_S)
            except DeliveryError as error:  # refused or not routed: the connection is sound
                last = error
            except (AMQPError, OSError, RuntimeError, TimeoutError) as error:
                last = error
                await self._close()
            else:
                return {}
            await asyncio.sleep(pause)
        raise DeployError(
            f"RabbitMQ neemt niets aan: {sentence(last)} Geef dezelfde opdracht later nog eens: niets gaat dubbel."
        ) from last

    async def _connect(self) -> AbstractExchange:
        self._connection = aio_pika.Connection(make_url(self._url))  # known before it stands, so that it is closed
        await self._connection.connect(timeout=15)
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        self._exchange = await channel.get_exchange("in", ensure=False)
        return self._exchange

    async def _close(self) -> None:
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            try:
                await connection.close()
            except (AMQPError, OSError, RuntimeError, TimeoutError):
                return
