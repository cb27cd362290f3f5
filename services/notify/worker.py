"""One connection's work: one mail at a time, and never more than one of which it is unknown whether the server has it.

A mail is claimed, and that is committed, before it is handed over; what became of it is committed after. If the process
dies between the two, nobody knows whether the server has the mail: it is sent once more, marked as a possible duplicate.
While the result of one mail is being committed, the next is written, and its sender and recipient are offered; the mail
itself is sent when that commit is there. So a connection leaves at most one mail in doubt, and seldom waits.
"""

import asyncio
import contextlib
from dataclasses import dataclass

from services.notify.domain.handover import Again, Failed, NotBegun, Outcome, settle
from services.notify.gateway import Away, Connection, Envelope, NotNow, envelope
from services.notify.ledger import LONGEST_PAUSE_S, Done, Ledger
from services.notify.letter import Writer
from services.notify.message import compose
from services.notify.settings import Settings
from services.notify.store.deliveries import Claimed
from shared import db
from shared.clock import Clock
from shared.logs import get_logger

POLL_S = 2.0
"""How long a worker sleeps when nobody wakes it: mails whose time has come, and those that another process queued."""
FIRST_PAUSE_S = 1.0
FRESH_S = 5.0
"""A claimed mail that had to wait longer than this for the one before it is left to another connection."""

_log = get_logger(__name__)


@dataclass(frozen=True)
class _Ahead:
    """The mail that comes next, claimed no earlier than this moment of the event loop's clock."""

    mail: Claimed
    since: float

    @property
    def is_stale(self) -> bool:
        return asyncio.get_running_loop().time() - self.since > FRESH_S


class Worker:
    """Hands over mails on a connection of its own."""

    def __init__(self, settings: Settings, writer: Writer, clock: Clock, ledger: Ledger) -> None:
        self._settings, self._writer, self._clock, self._ledger = settings, writer, clock, ledger
        self.connection = Connection(settings)
        self.bell = asyncio.Event()
        self._stopped = asyncio.Event()
        self._ahead: _Ahead | None = None
        self._done: list[Done] = []
        """Mails and what became of them, until the database knows."""

    def stop(self) -> None:
        """No new mail after this one."""
        self._stopped.set()
        self.bell.set()

    async def run(self) -> None:
        """Works until it is stopped, whatever is away in the meantime."""
        pause_s = FIRST_PAUSE_S
        while not self._stopped.is_set() or self._done or self._ahead:
            self.bell.clear()
            try:
                await self.drain()
                pause_s = FIRST_PAUSE_S
                await _wait(self.bell, POLL_S)
            except Exception as error:
                if not (isinstance(error, Away) or db.is_away(error)):
                    raise
                _log.warning("mail waits: a server is away", error=str(error), pause_s=pause_s)
                if self._stopped.is_set():
                    await asyncio.sleep(pause_s)
                else:
                    await _wait(self._stopped, pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        await self.connection.quit()

    async def drain(self) -> int:
        """Hands over what is due until nothing is. Raises Away, with no mail claimed, or an error of the database."""
        handed_over = 0
        try:
            while self._ahead or self._done or await self._something_to_do():
                ahead, self._ahead = self._ahead, None
                if ahead is None:
                    await self._turn()
                elif ahead.is_stale or self._stopped.is_set():
                    self._done.append(Done(ahead.mail, NotBegun("left to another connection")))
                else:
                    await self._send(ahead.mail)
                    handed_over += 1
        finally:
            await self._ledger.rest()
        return handed_over

    async def _something_to_do(self) -> bool:
        """Whether a mail is due and the mail server listens. Raises Away."""
        if self._stopped.is_set():
            return False
        due = await self._ledger.something_due()
        if due:
            await self.connection.ready()
        return due

    async def _turn(self) -> None:
        """Lets the database know what became of mails, and claims the next one if there is a connection to send it by."""
        asked_at, done = asyncio.get_running_loop().time(), tuple(self._done)
        more = self.connection.is_open and not self._stopped.is_set()
        mail = await self._ledger.turn(done, more=more)
        del self._done[: len(done)]
        self._ahead = _Ahead(mail, asked_at) if mail else None

    async def _send(self, mail: Claimed) -> None:
        """Hands over a mail while what became of the one before is kept, and the one after it claimed."""
        turn = asyncio.create_task(self._turn())
        try:
            outcome = await self._hand_over(mail, turn if self._done else None)
        except Away as error:
            await self._let_go(mail, turn, str(error))
            raise
        except BaseException:
            turn.cancel()
            raise
        try:
            await turn
        finally:
            self._done.append(Done(mail, settle(outcome, doubts=mail.doubts)))

    async def _let_go(self, mail: Claimed, turn: "asyncio.Task[None]", why: str) -> None:
        """The server is away: whatever was claimed waits as if it had not been."""
        try:
            await turn
        finally:
            self._done.append(Done(mail, NotBegun(why)))
        if self._ahead:
            self._done.append(Done(self._ahead.mail, NotBegun(why)))
            self._ahead = None
        await self._turn()

    async def _hand_over(self, mail: Claimed, turn: "asyncio.Task[None] | None") -> Outcome:
        """Raises Away if the server cannot be reached. The mail is not sent before `turn` has ended well."""

        async def may_send() -> None:
            if turn is not None:
                await asyncio.wait([turn])
                if turn.cancelled() or turn.exception():
                    raise NotNow("the database is away")

        to = envelope(mail.recipient)
        if never := _never(mail, to):
            return never
        assert to is not None
        try:
            message = compose(self._writer.write(mail), mail, to.to, self._settings, self._clock(), utf8=to.utf8)
        except Exception as error:  # noqa: BLE001 - our fault, not the mail's: it is kept until that is mended
            _log.exception("a mail cannot be written", delivery=mail.id, kind=mail.kind)
            return Again(f"cannot be written: {type(error).__name__}")
        try:
            return await self.connection.hand_over(message, to, may_send)
        except Away:
            raise
        except Exception as error:  # noqa: BLE001 - nobody knows how far it came; the other connections go on
            _log.exception("a mail cannot be handed over", delivery=mail.id, kind=mail.kind)
            self.connection.close()
            return Again(f"cannot be handed over: {type(error).__name__}", doubtful=True)


def _never(mail: Claimed, to: Envelope | None) -> Failed | None:
    """Why a mail is not even tried."""
    if mail.suppressed:
        return Failed("suppressed", "the address is on the suppression list")
    if mail.doubts > 1:
        return Failed("given-up", "sent twice without an answer; it may have arrived")
    if to is None:
        return Failed("refused", "not a mail address", mailbox_gone=True)
    return None


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
