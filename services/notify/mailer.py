"""The mailer: several connections to the mail server, over which mails from the queue are handed over, each of them once."""

import asyncio
from datetime import timedelta

from services.notify.ledger import Ledger
from services.notify.letter import Writer
from services.notify.settings import Settings
from services.notify.worker import FRESH_S, Worker
from shared.transaction import Database


class Mailer:
    """Hands over mails until it is cancelled; then it finishes what it has begun."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._writer = Writer(settings)
        self._workers: list[Worker] = []
        self._ledger: Ledger | None = None

    def wake(self) -> None:
        """There is something to send."""
        for worker in self._workers:
            worker.bell.set()

    async def run(self, database: Database) -> None:
        """Works until cancelled. Mails that are being handed over then are finished, and what became of them is kept."""
        ledger = self._ledger_of(database)
        self._workers = [
            Worker(self._settings, self._writer, database.clock, ledger) for _ in range(self._settings.smtp_connections)
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
        worker = Worker(self._settings, self._writer, database.clock, self._ledger_of(database))
        try:
            handed_over = await worker.drain()
            await worker.connection.quit()
        finally:
            worker.connection.close()
        return handed_over

    def _ledger_of(self, database: Database) -> Ledger:
        """One and the same when work begins again after a fault: it knows when the database was away."""
        if self._ledger is None:
            self._ledger = Ledger(database, lease(self._settings.smtp_timeout_s))
        return self._ledger


def lease(timeout_s: float) -> timedelta:
    """Whoever claimed a mail has finished by then: a wait, two tries of the timeout each, and connecting between them."""
    return timedelta(seconds=FRESH_S + 2 * timeout_s + 30)
