"""The ledger: what became of mails, and who hands over which one next, kept for all connections of a process together.

What connections ask while a transaction runs goes into the next one, together: one commit for several mails, without any
of them waiting for company.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.domain.handover import Again, Delivered, Failed, NotBegun, Outcome, Reason, pause
from services.notify.store import deliveries, suppression
from services.notify.store.deliveries import Claimed, Settled
from shared.events.notify import NotificationDelivered, NotificationFailed
from shared.logs import get_logger
from shared.transaction import Database, Tx

DRIFT_S = 5.0
"""By so much the clock may run away from the seconds that passed, between two looks, without having been set."""

_log = get_logger(__name__)


@dataclass(frozen=True)
class Done:
    """A mail, and what became of it."""

    mail: Claimed
    outcome: Outcome


@dataclass(eq=False)
class _Turn:
    done: Sequence[Done]
    more: bool
    next: Claimed | None = None
    written: bool = False


class Ledger:
    """Of one process. `lease`: whoever claimed a mail has finished by then, or died."""

    def __init__(self, database: Database, lease: timedelta, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._database = _without_haste(database)
        self._leases = Leases(lease, seconds)
        self._turns: list[_Turn] = []
        self._writing = asyncio.Lock()

    async def turn(self, done: Sequence[Done], *, more: bool) -> Claimed | None:
        """Keeps what became of a connection's mails and, if it wants more, gives the next one; None if nothing is due.

        Both are committed when this returns. If it raises, neither is: ask again with the same.
        """
        mine = _Turn(done, more)
        self._turns.append(mine)
        try:
            async with self._writing:
                if not mine.written:
                    await self._write(tuple(self._turns))
        finally:
            if mine in self._turns:
                self._turns.remove(mine)
        return mine.next

    async def something_due(self) -> bool:
        """Whether a turn now would give a mail, if no other process had its eye on it."""
        async with self._database.transaction() as tx:
            return await deliveries.anything_due(tx, self._leases.at(tx.now))

    async def _write(self, turns: Sequence[_Turn]) -> None:
        wanting = [turn for turn in turns if turn.more]
        async with self._database.transaction() as tx:
            await keep(tx, [done for turn in turns for done in turn.done])
            mails = await deliveries.claim(tx, self._leases.at(tx.now), len(wanting)) if wanting else []
        for turn, mail in zip(wanting, mails, strict=False):
            turn.next = mail
        for turn in turns:
            turn.written = True
            self._turns.remove(turn)


class Leases:
    """How long a claim lasts, by a clock that may be set while a mail is being handed over.

    Claims are compared by the clock. When that has jumped, those of live processes look old, or as if they were made in
    the future: nothing is then taken over until a whole lease has really passed. By that time the dead are dead.
    """

    def __init__(self, lease: timedelta, seconds: Callable[[], float]) -> None:
        self._lease, self._seconds = lease, seconds
        self._last: tuple[datetime, float] | None = None
        self._again_at = float("-inf")

    def at(self, now: datetime) -> timedelta | None:
        """The lease, now; None if nothing may be taken over."""
        passed = self._seconds()
        if self._last is not None:
            clock, before = self._last
            if abs((now - clock).total_seconds() - (passed - before)) > DRIFT_S:
                _log.warning("the clock has jumped", by_s=round((now - clock).total_seconds() - (passed - before)))
                self._again_at = passed + self._lease.total_seconds()
        self._last = (now, passed)
        return self._lease if passed >= self._again_at else None


async def keep(tx: Tx, done: Sequence[Done]) -> None:
    """Writes down what became of these mails, and says it. What another process has taken over meanwhile is left to it."""
    if not done:
        return
    gone = [d.mail.recipient for d in done if isinstance(d.outcome, Failed) and d.outcome.mailbox_gone]
    for address in sorted(gone):
        await suppression.suppress(tx, address, "mailbox-gone")
    ours = await deliveries.settle(tx, [_settled(d, tx.now) for d in done])
    for mail, outcome in ((d.mail, d.outcome) for d in done if d.mail.id in ours):
        match outcome:
            case Delivered():
                tx.emit(NotificationDelivered(delivery_id=mail.id, kind=mail.kind, about=mail.about, at=tx.now))
            case Failed(reason):
                tx.emit(failed(mail.id, mail.kind, mail.about, reason, tx))
                _log.warning("a mail has failed", delivery=mail.id, kind=mail.kind, reason=reason)
            case NotBegun(reply) | Again(reply):
                _log.warning("a mail is tried again later", delivery=mail.id, kind=mail.kind, reply=reply)


def failed(delivery_id: str, kind: str, about: str, reason: Reason, tx: Tx) -> NotificationFailed:
    """The fact that a mail is not tried again."""
    return NotificationFailed(delivery_id=delivery_id, kind=kind, about=about, reason=reason, at=tx.now)


def _settled(done: Done, now: datetime) -> Settled:
    mail = done.mail
    match done.outcome:
        case Delivered(reply):
            return Settled(mail, "delivered", reply)
        case Failed(reason, reply):
            return Settled(mail, "failed", reply, reason=reason)
        case NotBegun(reply):
            return Settled(mail, "due", reply, due=now, tries=-1)
        case Again(reply, doubtful):
            return Settled(mail, "due", reply, due=now + pause(mail.attempts), doubts=int(doubtful))


def _without_haste(database: Database) -> Database:
    """The same database, but what is said in its transactions wakes nobody: the relay finds it within a second.

    Nobody waits for the fact that a mail was delivered, and a second's facts together cost the relay hardly more than one.
    """
    quiet = Database(database.pool, service=database.service, clock=database.clock)
    quiet.wake_relay = lambda: None
    return quiet
