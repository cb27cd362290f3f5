"""SMTP: one kept connection, one mail at a time, and an honest answer about what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException
from email_validator import EmailNotValidError, validate_email

from services.notify.domain.handover import Again, Delivered, Failed, NotBegun, Outcome, Stage, refusal, said
from services.notify.message import domain
from services.notify.settings import Settings

IDLE_S, NOOP_S, CONNECT_S = 5.0, 5.0, 10.0
"""After IDLE_S without a mail, the server is asked whether the connection still stands, and has NOOP_S to answer."""

CLOSING = 421
"""RFC 5321: the server closes the connection, for a reason of its own."""


class Away(Exception):
    """The mail server cannot be reached, or does not let us in: no fault of any mail."""


class NotNow(Exception):
    """The mail that is being handed over may not be sent after all."""


@dataclass(frozen=True)
class Envelope:
    """Where a mail goes, as the mail server takes it. `utf8`: only a server with SMTPUTF8 can."""

    to: str
    utf8: bool


def envelope(recipient: str) -> Envelope | None:
    """The envelope for an address, its domain in ASCII; None if it is no address."""
    try:
        valid = validate_email(recipient, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return Envelope(valid.ascii_email or f"{valid.local_part}@{valid.ascii_domain}", utf8=valid.smtputf8)


class Connection:
    """One connection to the mail server, opened when it is needed and kept."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._smtp: aiosmtplib.SMTP | None = None
        self._used = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as we know."""
        return self._smtp is not None and self._smtp.is_connected

    async def ready(self) -> None:
        """Makes sure that the server listens. Raises Away."""
        now = asyncio.get_running_loop().time
        if self._smtp is not None and now() - self._used > IDLE_S:
            try:
                await self._smtp.noop(timeout=NOOP_S)
            except (SMTPException, OSError):
                self.close()
        if self._smtp is None or not self._smtp.is_connected:
            self._smtp = await self._connect()
        self._used = now()

    async def hand_over(self, content: bytes, to: Envelope, may_send: Callable[[], Awaitable[None]]) -> Outcome:
        """Hands one mail to the server, and tells what became of it. Raises Away if that was not begun.

        `may_send` is awaited when the server has taken the recipient, before it gets the mail; the mail is not sent if it
        raises NotNow.
        """
        await self.ready()
        if to.utf8 and self._smtp and not self._smtp.supports_extension("smtputf8"):
            return Failed("refused", "the mail server does not take addresses with such letters")
        outcome, was_over = await self._try(content, to, may_send)
        if was_over:
            await self.ready()
            outcome, _ = await self._try(content, to, may_send)
        self._used = asyncio.get_running_loop().time()
        return outcome

    async def quit(self) -> None:
        """Ends the connection as the protocol wants it."""
        if self._smtp is not None and self._smtp.is_connected:
            try:
                await self._smtp.quit(timeout=NOOP_S)
            except (SMTPException, OSError):
                self.close()
        self._smtp = None

    def close(self) -> None:
        """Drops the connection."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    async def _try(self, content: bytes, to: Envelope, may_send: Callable[[], Awaitable[None]]) -> tuple[Outcome, bool]:
        """One try; also tells whether the connection was over before the mail was begun, so that a new one may do."""
        smtp = self._smtp
        if smtp is None:
            raise Away("not connected")
        stage: Stage = "sender"
        try:
            async with asyncio.timeout(self._settings.smtp_timeout_s):
                await smtp.mail(self._settings.sender[1], options=["SMTPUTF8"] if to.utf8 else [])
                stage = "recipient"
                await smtp.rcpt(to.to, encoding="utf-8" if to.utf8 else "ascii")
                await may_send()
                stage = "content"
                reply = await smtp.data(content)
        except NotNow as error:
            await self._reset(smtp, closing=False)
            return NotBegun(str(error)), False
        except SMTPResponseException as error:
            closing = error.code == CLOSING
            await self._reset(smtp, closing=closing)
            return refusal(stage, error.code, error.message), closing and stage == "sender"
        except (SMTPException, OSError, TimeoutError) as error:
            self.close()
            again = Again(str(error) or "the mail server did not answer in time", doubtful=stage == "content")
            return again, stage == "sender" and not isinstance(error, TimeoutError)
        return Delivered(said(reply.code, reply.message)), False

    async def _reset(self, smtp: aiosmtplib.SMTP, *, closing: bool) -> None:
        try:
            if not closing:
                await smtp.rset(timeout=NOOP_S)
                return
        except (SMTPException, OSError):
            pass
        self.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        self.close()
        settings = self._settings
        smtp = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            use_tls=settings.smtp_tls,
            start_tls=None if settings.smtp_tls else settings.smtp_starttls,
            local_hostname=domain(settings.sender[1]),
            timeout=settings.smtp_timeout_s,
        )
        try:
            async with asyncio.timeout(CONNECT_S):
                await smtp.connect()
        except (SMTPException, OSError, TimeoutError) as error:
            smtp.close()
            raise Away(f"{settings.smtp_host}:{settings.smtp_port}: {error or 'no answer'}") from error
        return smtp
