"""From the outbox to the broker: what was committed is published, packed into batches, and deleted once confirmed."""

import asyncio
import contextlib
from collections.abc import Sequence

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, DeliveryMode
from faststream.rabbit import RabbitBroker

from shared import db, outbox
from shared.events.envelope import BATCH_JSON, join_batch, split_batches
from shared.logs import get_logger
from shared.outbox import Pending
from shared.telemetry import Telemetry

from . import topology
from .losses import losses

_log = get_logger(__name__)

ROUND = 500
"""Rows taken from the outbox at once: 32 MB at most, mostly far less."""
POLL_S = 1.0
"""How long the relay sleeps when nobody wakes it."""
CONFIRM_S = 30.0
"""How long the broker may take to confirm. The rows are locked meanwhile."""
LISTEN_CHECK_S = 5.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 15.0


class NotConfirmed(Exception):
    """The broker did not take some of what was published; it stays in the outbox."""


class Relay:
    """Publishes a service's outbox; several of them share the work.

    `confirm_s` is well within the time after which the database ends a transaction that asks nothing: another relay would
    publish the same rows.
    """

    def __init__(
        self, broker: RabbitBroker, pool: db.Pool, telemetry: Telemetry, *, confirm_s: float = CONFIRM_S
    ) -> None:
        self._broker, self._pool, self._telemetry, self._confirm_s = broker, pool, telemetry, confirm_s
        self._something, self._caught_up = asyncio.Event(), asyncio.Event()
        self._channel: AbstractChannel | None = None
        self._exchanges: dict[str, AbstractExchange] = {}

    def wake(self) -> None:
        """There is something in the outbox."""
        self._caught_up.clear()
        self._something.set()

    async def caught_up(self, within_s: float) -> None:
        """Waits until all that this was woken for has left, or until the time is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._caught_up.wait(), within_s)

    async def run(self) -> None:
        """Relays until cancelled; when broker or database is away it tries again, with growing pauses."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(), name="listen")
            group.create_task(self._relay(), name="relay")

    async def flush(self, within_s: float) -> None:
        """Relays what there is, if that can be done in time."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(within_s):
                while await self.once():
                    pass

    async def _listen(self) -> None:
        """Hears of what other processes wrote into the outbox."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await connection.add_listener(outbox.CHANNEL, self._heard)
                    try:
                        while not connection.is_closed():
                            await asyncio.sleep(LISTEN_CHECK_S)
                            await connection.execute("SELECT 1")
                    finally:
                        # A connection that was lost raises here, and would take the place of our being cancelled.
                        with contextlib.suppress(Exception):
                            await connection.remove_listener(outbox.CHANNEL, self._heard)
            except Exception as error:  # noqa: BLE001 - until it listens again, the relay looks by itself
                _log.warning("cannot listen now", error=repr(error))
            await asyncio.sleep(1)

    def _heard(self, *_: object) -> None:
        self.wake()

    async def _relay(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            self._something.clear()
            try:
                with losses():
                    relayed = await self.once()
                pause = FIRST_PAUSE_S
            except Exception as error:  # noqa: BLE001 - what was committed must leave, sooner or later
                _log.warning("cannot relay now", error=repr(error), pause_s=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
                continue
            if relayed < ROUND and not self._something.is_set():
                self._caught_up.set()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._something.wait(), POLL_S)

    async def once(self) -> int:
        """Relays one round; gives how many rows the broker has confirmed.

        Raises NotConfirmed if it did not take all, after deleting what it took; and whatever broker or database raise
        when they are away.
        """
        exchanges = await self._connected()
        async with self._pool.acquire() as connection, connection.transaction():
            pending = await outbox.lock_pending(connection, ROUND)  # type: ignore[arg-type]
            if not pending:
                return 0
            batches = _batches(pending)
            answers = await asyncio.gather(
                *(_publish(exchanges, batch, self._confirm_s) for batch in batches), return_exceptions=True
            )
            confirmed = [row for batch, answer in zip(batches, answers, strict=True) if answer is None for row in batch]
            await outbox.delete(connection, [row.id for row in confirmed])  # type: ignore[arg-type]
        relayed = sum(row.events for row in confirmed)
        self._telemetry.relayed.inc(relayed)
        failures = [answer for answer in answers if answer is not None]
        if failures:
            raise NotConfirmed(f"{sum(row.events for row in pending) - relayed} events, for one {failures[0]!r}")
        return len(confirmed)

    async def _connected(self) -> dict[str, AbstractExchange]:
        if self._channel is None or self._channel.is_closed:
            connection = await self._broker.connect()
            self._channel = await connection.channel(publisher_confirms=True)
            self._exchanges = {
                name: await self._channel.get_exchange(name, ensure=False)
                for name in (topology.EVENTS, topology.FEEDBACK, topology.RESTATE, topology.IN)
            }
        return self._exchanges


async def _publish(exchanges: dict[str, AbstractExchange], batch: Sequence[Pending], confirm_s: float) -> None:
    """Publishes a batch and waits for the confirm. Not mandatory: a fact that nobody hears is no error."""
    message = aio_pika.Message(
        join_batch(row.body for row in batch), content_type=BATCH_JSON, delivery_mode=DeliveryMode.PERSISTENT
    )
    await exchanges[batch[0].exchange].publish(message, batch[0].routing_key, mandatory=False, timeout=confirm_s)


def _batches(pending: Sequence[Pending]) -> list[Sequence[Pending]]:
    groups: dict[tuple[str, str], list[Pending]] = {}
    for row in pending:
        groups.setdefault((row.exchange, row.routing_key), []).append(row)
    return [
        rows[cut]
        for rows in groups.values()
        for cut in split_batches([len(row.body) for row in rows], [row.events for row in rows])
    ]
