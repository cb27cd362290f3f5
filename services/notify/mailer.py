"""The mailer: takes mails from the queue and hands them to the mail server, several at a time, each of them once.

A mail is claimed, and that is committed, before it is handed over; what became of it is committed after. If the process
dies between the two, nobody knows whether the server has the mail: it is sent once more, marked as a possible duplicate.
"""

import asyncio
import contextlib
from datetime import timedelta

from services.notify.domain.handover import Again, Delivered, Failed, Outcome, Reason, pause, settle
from services.notify.gateway import Away, Connection, compose, envelope
from services.notify.letter import Writer
from services.notify.settings import Settings
from services.notify.store import deliveries, suppression
from services.notify.store.deliveries import Claimed
from shared import db
from shared.events.notify import NotificationDelivered, NotificationFailed
from shared.logs import get_logger
from shared.transaction import Database, Tx

POLL_S = 2.0
"""How long a worker sleeps when nobody wakes it: mails whose time has come, and those that another process queued."""
LONGEST_PAUSE_S = 60.0

_log = get_logger(__name__)


class Mailer:
    """Hands over mails until it is cancelled; then it finishes what it has begun."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._writer = Writer(settings)
        self._workers: list[_Worker] = []

    def wake(self) -> None:
        """There is something to send."""
        for worker in self._workers:
            worker.bell.set()

    async def run(self, database: Database) -> None:
        """Works until cancelled. Mails that are being handed over then are finished, and what became of them is kept."""
        self._workers = [
            _Worker(self._settings, self._writer, database) for _ in range(self._settings.smtp_connections)
        ]
        tasks = [asyncio.create_task(worker.run(), name=f"mailer-{n}") for n, worker in enumerate(self._workers, 1)]
        try:
            await asyncio.gather(*[asyncio.shield(task) for task in tasks])
        except asyncio.CancelledError:
            for worker in self._workers:
                worker.stop()
            await asyncio.wait(tasks, timeout=self._settings.smtp_timeout_s)
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def drain(self, database: Database) -> int:
        """Hands over everything that is due now, and gives how many mails that were. Raises Away."""
        worker = _Worker(self._settings, self._writer, database)
        try:
            handed_over = await worker.drain()
            await worker.connection.quit()
        finally:
            worker.connection.close()
        return handed_over


class _Worker:
    """One connection, one mail at a time."""

    def __init__(self, settings: Settings, writer: Writer, database: Database) -> None:
        self._settings, self._writer, self._database = settings, writer, database
        self.connection = Connection(settings)
        self.bell = asyncio.Event()
        self._stopped = asyncio.Event()
        self._done: tuple[Claimed, Outcome] | None = None
        """The last mail and what became of it, until the database knows."""

    def stop(self) -> None:
        """No new mail after this one."""
        self._stopped.set()
        self.bell.set()

    async def run(self) -> None:
        """Works until it is stopped, whatever is away in the meantime."""
        pause_s = 1.0
        while not self._stopped.is_set() or self._done is not None:
            self.bell.clear()
            try:
                await self.drain()
                pause_s = 1.0
                await _wait(self.bell, POLL_S)
            except Exception as error:
                if not (isinstance(error, Away) or db.is_away(error)):
                    raise
                _log.warning("mail waits: a server is away", error=str(error), pause_s=pause_s)
                await _wait(self._stopped, pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        await self.connection.quit()

    async def drain(self) -> int:
        """Hands over what is due until nothing is. Raises Away before a mail is claimed, or an error of the database.

        What became of one mail is kept in the same transaction in which the next one is claimed.
        """
        handed_over = 0
        while self._done is not None or await self._something_to_do():
            async with self._database.transaction() as tx:
                if self._done is not None:
                    await self._keep(tx, *self._done)
                go_on = self.connection.is_open and not self._stopped.is_set()
                mail = await deliveries.claim(tx, self._lease) if go_on else None
            self._done = None
            if mail is not None:
                self._done = (mail, settle(await self._hand_over(mail), doubts=mail.doubts))
                handed_over += 1
        return handed_over

    async def _something_to_do(self) -> bool:
        """Whether a mail is due and the mail server listens. Raises Away."""
        if self._stopped.is_set():
            return False
        async with self._database.transaction() as tx:
            due = await deliveries.anything_due(tx, self._lease)
        if due:
            await self.connection.ready()
        return due

    @property
    def _lease(self) -> timedelta:
        """Whoever claimed a mail has finished by then: two tries of the timeout each, and connecting between them."""
        return timedelta(seconds=2 * self._settings.smtp_timeout_s + 30)

    async def _hand_over(self, mail: Claimed) -> Outcome:
        to = envelope(mail.recipient)
        if mail.suppressed:
            return Failed("suppressed", "the address is on the suppression list")
        if mail.doubts > 1:
            return Failed("given-up", "sent twice without an answer; it may have arrived")
        if to is None:
            return Failed("refused", "not a mail address", mailbox_gone=True)
        try:
            message = compose(self._writer.write(mail), mail, to, self._settings, self._database.clock())
        except Exception as error:  # noqa: BLE001 - our fault, not the mail's: it is kept until that is mended
            _log.exception("a mail cannot be written", delivery=mail.id, kind=mail.kind)
            return Again(f"cannot be written: {type(error).__name__}")
        try:
            return await self.connection.hand_over(message, to)
        except Away as error:
            return Again(str(error))

    async def _keep(self, tx: Tx, mail: Claimed, outcome: Outcome) -> None:
        match outcome:
            case Delivered(reply):
                if await deliveries.finish(tx, mail, "delivered", reason=None, reply=reply):
                    tx.emit(NotificationDelivered(delivery_id=mail.id, kind=mail.kind, about=mail.about, at=tx.now))
            case Again(reply, doubtful):
                due = tx.now + pause(mail.attempts)
                await deliveries.again(tx, mail, due=due, reply=reply, doubtful=doubtful)
                _log.warning("a mail is tried again later", delivery=mail.id, kind=mail.kind, reply=reply)
            case Failed(reason, reply, mailbox_gone):
                if mailbox_gone:
                    await suppression.suppress(tx, mail.recipient, "mailbox-gone")
                if await deliveries.finish(tx, mail, "failed", reason=reason, reply=reply):
                    tx.emit(failed(mail.id, mail.kind, mail.about, reason, tx))
                    _log.warning("a mail has failed", delivery=mail.id, kind=mail.kind, reason=reason)


def failed(delivery_id: str, kind: str, about: str, reason: Reason, tx: Tx) -> NotificationFailed:
    """The fact that a mail is not tried again."""
    return NotificationFailed(delivery_id=delivery_id, kind=kind, about=about, reason=reason, at=tx.now)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
