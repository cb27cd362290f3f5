"""A real SMTP server that keeps what it accepts, and misbehaves when it is told to."""

import asyncio
import email
import email.policy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """Replies are None for yes, or what the server says instead."""

    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    on_sender: str | None = None
    on_recipient: dict[str, str] = field(default_factory=dict)
    on_content: str | None = None
    hangs_before_reply: bool = False
    hangs_up_before_reply: bool = False
    hangs_up_on_sender: int = 0
    sessions: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _transports: list[Any] = field(default_factory=list)
    accepted: Callable[[], None] = lambda: None
    before_reply: Callable[[], Awaitable[None]] | None = None
    hangs_on_recipient: set[str] = field(default_factory=set)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    recipients: int = 0
    reply: str = "250 OK"

    async def start(self, port: int = 0) -> None:
        def session() -> SMTP:
            self.sessions += 1
            made = SMTP(self, hostname="mail.example", enable_SMTPUTF8=True)
            self._transports.append(made)
            return made

        self._server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for one in self._transports:
            _hang_up(one)
        self._transports.clear()
        self._server = None

    def listen_no_more(self) -> None:
        """Nobody else comes in; who is in may stay."""
        assert self._server is not None
        self._server.close()

    # --- what aiosmtpd calls ---

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.hangs_up_on_sender:
            self.hangs_up_on_sender -= 1
            _hang_up(server)
        if self.on_sender:
            return self.on_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.recipients += 1
        if address in self.hangs_on_recipient:
            self.hanging.set()
            await asyncio.Event().wait()
        if reply := self.on_recipient.get(address) or self.on_recipient.get("*"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.on_content:
            return self.on_content
        content = envelope.original_content or b""
        self.raw.append(content)
        mail = email.message_from_bytes(content, policy=email.policy.default)
        mail["X-RcptTo"] = ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)
        self.accepted()
        if self.before_reply:
            await self.before_reply()
        if self.hangs_before_reply:
            await asyncio.Event().wait()
        if self.hangs_up_before_reply:
            _hang_up(server)
        return self.reply

    # --- what tests ask ---

    def to(self, recipient: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["X-RcptTo"] == recipient]

    def text(self, index: int = -1) -> str:
        body = self.mails[index].get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def html(self, index: int = -1) -> str:
        body = self.mails[index].get_body(("html",))
        assert body is not None
        return str(body.get_content())


def _hang_up(session: SMTP) -> None:
    if session.transport is not None:
        session.transport.close()
