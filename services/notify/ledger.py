"""The ledger: what became of mails, and who hands over which one next, kept for all connections of a process together.

What connections ask while it is being written goes into the next turn, together: one commit for several mails, without any
of them waiting for company. The relay is not woken: nobody waits to hear that a mail was delivered, and what is said in a
second costs it hardly more than one fact.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from services.notify.domain.handover import Again, Delivered, Failed, NotBegun, Outcome, Reason, pause
from services.notify.store import deliveries, suppression
from services.notify.store.deliveries import Claimed, Settled
from shared.db import COMMAND_S, WorldAway, is_away
from shared.events.notify import NotificationDelivered, NotificationFailed
from shared.logs import get_logger
from shared.transaction import Database, Tx

LONGEST_PAUSE_S = 60.0
"""Between two tries of a connection that could not write."""
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
        self._database = database
        self._leases = Leases(lease, seconds)
        if database.was_away:
            self._leases.begin_anew()
        self._turns: list[_Turn] = []
        self._writing = asyncio.Lock()
        self._connection: Any = None

    async def turn(self, done: Sequence[Done], *, more: bool) -> Claimed | None:
        """Keeps what became of a connection's mails and, if it wants more, gives the next one; None if nothing is due.

        Both are committed when this returns. If it raises, neither is: ask again with the same.
        """
        mine = _Turn(done, more)
        self._turns.append(mine)
        try:
            async with self._writing:
                if not mine.written:
                    with self._watching():
                        await self._write(tuple(self._turns))
        finally:
            if mine in self._turns:
                self._turns.remove(mine)
        return mine.next

    async def something_due(self) -> bool:
        """Whether a turn now would give a mail, if no other process had its eye on it."""
        with self._watching():
            async with self._database.transaction() as tx:
                return await deliveries.anything_due(tx, self._leases.at(tx.now))

    async def rest(self) -> None:
        """Nothing is to be done for now: the connection that was kept from turn to turn goes back."""
        async with self._writing:
            await self._let_go()

    async def _write(self, turns: Sequence[_Turn]) -> None:
        wanting = [turn for turn in turns if turn.more]
        done = [one for turn in turns for one in turn.done]
        gone = [d.mail.recipient for d in done if isinstance(d.outcome, Failed) and d.outcome.mailbox_gone]
        if gone:
            async with self._database.transaction() as tx:
                for address in sorted(gone):
                    await suppression.suppress(tx, address, "mailbox-gone")
        now = self._database.clock()
        try:
            if self._connection is None:
                self._connection = await self._database.pool.acquire()
            tx = Tx(self._connection, now, self._database.service)
            settled = [_settled(one, tx) for one in done]
            mails = await deliveries.turn(tx.connection, now, settled, len(wanting), self._leases.at(now))
        except asyncpg.InterfaceError as error:  # the kept connection was lost since the last turn
            await self._let_go()
            raise WorldAway(repr(error)) from error
        except BaseException:
            await self._let_go()
            raise
        for turn, mail in zip(wanting, mails, strict=False):
            turn.next = mail
        for turn in turns:
            turn.written = True
            self._turns.remove(turn)

    @contextmanager
    def _watching(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if is_away(error):
                self._leases.begin_anew()
            raise

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._database.pool.release(connection)


class Leases:
    """How long a claim lasts, by a clock that may be set while a mail is being handed over.

    Claims are compared by the clock. When that has jumped, those of live processes look old, or as if they were made in
    the future: nothing is then taken over until a whole lease has really passed. By that time the dead are dead. So it is when
    the database was away: the living could not say what became of their mails.
    """

    def __init__(self, lease: timedelta, seconds: Callable[[], float]) -> None:
        self._lease, self._seconds = lease, seconds
        self._last: tuple[datetime, float] | None = None
        self._again_at = float("-inf")

    def begin_anew(self) -> None:
        """Nobody could write a moment ago; whoever tries again does so after a pause, and gives up that try after a while."""
        self._again_at = self._seconds() + LONGEST_PAUSE_S + COMMAND_S + self._lease.total_seconds()

    def at(self, now: datetime) -> timedelta | None:
        """The lease, now; None if nothing may be taken over."""
        passed = self._seconds()
        if self._last is not None:
            clock, before = self._last
            if abs((now - clock).total_seconds() - (passed - before)) > DRIFT_S:
                _log.warning("the clock has jumped", by_s=round((now - clock).total_seconds() - (passed - before)))
                self._again_at = max(self._again_at, passed + self._lease.total_seconds())
        self._last = (now, passed)
        return self._lease if passed >= self._again_at else None


def failed(delivery_id: str, kind: str, about: str, reason: Reason, tx: Tx) -> NotificationFailed:
    """The fact that a mail is not tried again."""
    return NotificationFailed(delivery_id=delivery_id, kind=kind, about=about, reason=reason, at=tx.now)


def _settled(done: Done, tx: Tx) -> Settled:
    """What is to be written of it, with what is said of it: `tx` makes that ready for the outbox, and writes nothing."""
    mail = done.mail
    named = {"delivery": mail.id, "kind": mail.kind}
    match done.outcome:
        case Delivered(reply):
            tx.emit(NotificationDelivered(delivery_id=mail.id, kind=mail.kind, about=mail.about, at=tx.now))
            return Settled(mail, "delivered", reply, fact=tx.outgoing[-1])
        case Failed(reason, reply):
            tx.emit(failed(mail.id, mail.kind, mail.about, reason, tx))
            _log.warning("a mail has failed", reason=reason, **named)
            return Settled(mail, "failed", reply, reason=reason, fact=tx.outgoing[-1])
        case NotBegun(reply):
            return Settled(mail, "due", reply, due=tx.now, tries=-1)
        case Again(reply, doubtful):
            _log.warning("a mail is tried again later", reply=reply, **named)
            return Settled(mail, "due", reply, due=tx.now + pause(mail.attempts), doubts=int(doubtful))
