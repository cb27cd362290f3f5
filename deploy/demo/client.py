"""A partner that publishes over AMQP with its own user, and reads the answers to what it said.

What any partner's program does: confirms, patience when its intake is full, its own feedback queue. It knows the contract
and nothing of the platform's inside.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage, AbstractQueue, AbstractRobustConnection
from aio_pika.exceptions import AMQPError, DeliveryError

from shared.events.base import PREFIX
from shared.events.envelope import BATCH_JSON, BATCH_LIMIT, EVENT_JSON, dump_event, join_batch, split_batches

IN = "in"
UNDER_WAY = 20
"""Messages sent before the first of them is confirmed."""
PATIENCE_S = (0.2, 0.5, 1, 2, 5, 10, 10, 10)
"""Pauses after which a message is tried again that the broker refused (the intake is full) or did not confirm.

What had arrived all the same is then sent twice, and found to be the same by its id.
"""
CONFIRM_S = 10
AWAY: tuple[type[BaseException], ...] = (DeliveryError, AMQPError, OSError, RuntimeError)

Event = Mapping[str, Any]


class Client:
    """One partner's connection. `answers` counts what came back: accepted, refused, delayed; `told`: facts about its own."""

    patience_s: Iterable[float] = PATIENCE_S

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.published: set[str] = set()
        self.answered: set[str] = set()
        self.answers: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.heard = asyncio.Event()
        """Set once anything has come back."""
        self._url = url
        self._connection: AbstractRobustConnection
        self._exchange: AbstractExchange
        self._feedback: AbstractQueue
        """Looked for passively, and kept: after a lost connection aio-pika makes anew what it was not told exists, which
        a partner may not, and restores only what somebody still holds."""

    async def __aenter__(self) -> Self:
        self._connection = await aio_pika.connect_robust(self._url, timeout=10)
        channel = await self._connection.channel(publisher_confirms=True)
        self._exchange = await channel.get_exchange(IN, ensure=False)
        reading = await self._connection.channel()
        await reading.set_qos(prefetch_count=50)
        self._feedback = await reading.get_queue(f"feedback.{self.name}", ensure=True)
        await self._feedback.consume(self._read)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._connection.close()

    async def publish(self, events: Sequence[Event], *, batches: bool) -> None:
        """Sends events in this order, as batches of one type or one by one; returns when the broker has all of them."""
        messages = list(_messages(events) if batches else _singles(events))
        for start in range(0, len(messages), UNDER_WAY):
            await asyncio.gather(*(self._send(*message) for message in messages[start : start + UNDER_WAY]))
        self.published |= {str(event["id"]) for event in events if event.get("id")}

    async def _send(self, key: str, content_type: str, body: bytes) -> None:
        message = aio_pika.Message(
            body, content_type=content_type, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, app_id=self.name
        )
        for pause in self.patience_s:
            try:
                await self._exchange.publish(message, f"{self.name}.{key}", mandatory=True, timeout=CONFIRM_S)
            except AWAY:
                await asyncio.sleep(pause)
            else:
                return
        raise TimeoutError(f"the broker takes nothing from {self.name}")

    async def _read(self, message: AbstractIncomingMessage) -> None:
        for event in json.loads(message.body):
            kind = str(event["type"]).removeprefix(PREFIX).partition(".")[0]
            if kind in ("event-accepted", "event-refused", "event-delayed"):
                self.answers[kind.removeprefix("event-")] += 1
                if kind != "event-delayed":
                    self.answered.add(event["data"]["event"].get("id"))
            else:
                self.told[kind] += 1
        await message.ack()
        self.heard.set()

    @property
    def unanswered(self) -> int:
        """Events, by their id, to which there is no final answer yet."""
        return len(self.published - self.answered)


def _key(event: Event) -> str:
    return str(event["type"]).removeprefix(PREFIX)


def _singles(events: Sequence[Event]) -> Iterator[tuple[str, str, bytes]]:
    for event in events:
        yield _key(event), EVENT_JSON, dump_event(event)


def _messages(events: Sequence[Event], size: int = BATCH_LIMIT // 2) -> Iterator[tuple[str, str, bytes]]:
    run: list[Event] = []
    for event in [*events, None]:
        if run and (event is None or _key(event) != _key(run[0])):
            bodies = [dump_event(e) for e in run]
            for cut in split_batches([len(b) for b in bodies], limit=size):
                yield _key(run[0]), BATCH_JSON, join_batch(bodies[cut])
            run = []
        if event is not None:
            run.append(event)
