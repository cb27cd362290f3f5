"""SMTP: one kept connection, one mail at a time, and an honest answer about what became of it."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException
from email_validator import EmailNotValidError, validate_email

from services.notify.domain.handover import Again, Delivered, Failed, Outcome, Stage, refusal
from services.notify.letter import Letter
from services.notify.settings import Settings
from services.notify.store.deliveries import Claimed

IDLE_S, NOOP_S, CONNECT_S = 5.0, 5.0, 10.0
"""After IDLE_S without a mail, the server is asked whether the connection still stands, and has NOOP_S to answer."""

CLOSING = 421
"""RFC 5321: the server closes the connection, for a reason of its own."""


class Away(Exception):
    """The mail server cannot be reached, or does not let us in: no fault of any mail."""


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

    async def hand_over(self, content: bytes, to: Envelope) -> Outcome:
        """Hands one mail to the server, and tells what became of it. Raises Away if that was not begun."""
        await self.ready()
        if to.utf8 and self._smtp and not self._smtp.supports_extension("smtputf8"):
            return Failed("refused", "the mail server does not take addresses with such letters")
        outcome, was_over = await self._try(content, to)
        if was_over:
            await self.ready()
            outcome, _ = await self._try(content, to)
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

    async def _try(self, content: bytes, to: Envelope) -> tuple[Outcome, bool]:
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
                stage = "content"
                reply = await smtp.data(content)
        except SMTPResponseException as error:
            closing = error.code == CLOSING
            await self._reset(smtp, closing=closing)
            return refusal(stage, error.code, error.message), closing and stage == "sender"
        except (SMTPException, OSError, TimeoutError) as error:
            self.close()
            again = Again(str(error) or "the mail server did not answer in time", doubtful=stage == "content")
            return again, stage == "sender" and not isinstance(error, TimeoutError)
        return Delivered(f"{reply.code} {reply.message}"), False

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
            local_hostname=_domain(settings.sender[1]),
            timeout=settings.smtp_timeout_s,
        )
        try:
            async with asyncio.timeout(CONNECT_S):
                await smtp.connect()
        except (SMTPException, OSError, TimeoutError) as error:
            smtp.close()
            raise Away(f"{settings.smtp_host}:{settings.smtp_port}: {error or 'no answer'}") from error
        return smtp


def compose(letter: Letter, mail: Claimed, to: Envelope, settings: Settings, now: datetime) -> bytes:
    """The message: text and HTML, and the headers that mail servers and clients act on.

    Built with the classic classes of the standard library, three times as fast as EmailMessage. What goes into a header
    is made one line here. Both fold, or even encode, a link that is longer than 78 characters, so that some mail clients
    do not find it: that header is written as it is, and so is a recipient that only SMTPUTF8 can carry.
    """
    name, address = settings.sender
    message = MIMEMultipart("alternative", policy=_WIRE)
    message["From"] = _address(name, address)
    as_it_is = []
    if to.utf8:
        as_it_is.append(f"To: <{to.to}>\r\n")
    else:
        message["To"] = _address(mail.name or "", to.to)
    message["Reply-To"] = _address(*parseaddr(settings.mail_reply_to)) if settings.mail_reply_to else message["From"]
    message["Subject"] = Header(one_line(letter.subject), _UTF8, header_name="Subject")  # type: ignore[assignment]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}@{_domain(address)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = "nl"
    message["X-Burenbus-Kind"] = mail.kind
    if letter.unsubscribe_url:
        as_it_is.append(f"List-Unsubscribe: <{letter.unsubscribe_url}>\r\n")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if mail.doubts:
        message["X-Burenbus-Possible-Duplicate"] = "yes"
    message.attach(_part(letter.text, "plain"))
    message.attach(_part(letter.html, "html"))
    return "".join(as_it_is).encode() + message.as_bytes()


def one_line(text: str) -> str:
    """Text that can stand in a header: whatever breaks a line, or cannot be seen, becomes a space."""
    return re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()


_WIRE = compat32.clone(linesep="\r\n", mangle_from_=False)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


def _part(text: str, subtype: str) -> MIMEText:
    return MIMEText(text, subtype, _UTF8, policy=_WIRE)  # type: ignore[arg-type] # typeshed: str only, but a Charset is documented


def _address(name: str, address: str) -> str:
    return formataddr((one_line(name), address))


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
