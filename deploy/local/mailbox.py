"""Where the mail of the local stack ends up: an SMTP server that delivers nothing and keeps everything, and pages to read it.

`python -m deploy.local.mailbox`, on one's own machine and as the mail catcher in compose. Anyone who can reach the
pages reads all mail, login links included: it is for trying things, never for a platform that is in use.
"""

import asyncio
import email
import email.policy
import mailbox
import re
import threading
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from aiosmtpd.handlers import Mailbox as Keep
from aiosmtpd.smtp import SMTP
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

HERE = ZoneInfo("Europe/Amsterdam")
SHOWN_AT_MOST = 500
SIZE_LIMIT_BYTES = 32 * 1024 * 1024

pages = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
)


class Settings(BaseSettings):
    """Where mail comes in, where it is kept (a Maildir) and where it can be read."""

    model_config = SettingsConfigDict(env_prefix="BURENBUS_")

    mail_dir: Path
    smtp_host: str = "127.0.0.1"
    smtp_port: int
    http_host: str = "127.0.0.1"
    http_port: int


@dataclass(frozen=True)
class Summary:
    """One line of the list."""

    key: str
    when: datetime | None
    sender: str
    recipients: str
    subject: str


class Mails:
    """What was received, newest first."""

    def __init__(self, directory: Path) -> None:
        self._maildir = mailbox.Maildir(directory, create=True)
        self._known: dict[str, Summary] = {}
        self._lock = threading.Lock()

    def newest(self, search: str = "") -> list[Summary]:
        """The mails in which recipient or subject contains `search`. A mail never changes, so each is read once."""
        with self._lock:
            for key in self._maildir.keys():  # noqa: SIM118 - iterating a Maildir itself reads every message
                if key not in self._known:
                    self._known[key] = self._read(key)
            all_known = sorted(self._known.items(), key=lambda item: _arrival(item[0]), reverse=True)
        wanted = search.lower()
        return [one for _, one in all_known if wanted in f"{one.recipients} {one.subject}".lower()]

    def get(self, key: str) -> EmailMessage:
        """One mail. Raises KeyError."""
        return email.message_from_bytes(self._maildir.get_bytes(key), policy=email.policy.default)

    def raw(self, key: str) -> bytes:
        """One mail as it came in. Raises KeyError."""
        return self._maildir.get_bytes(key)

    def _read(self, key: str) -> Summary:
        mail = BytesHeaderParser(policy=email.policy.default).parsebytes(self._maildir.get_bytes(key))
        return Summary(
            key=key,
            when=_when(mail),
            sender=str(mail["From"] or ""),
            recipients=str(mail["X-RcptTo"] or mail["To"] or ""),
            subject=str(mail["Subject"] or "(geen onderwerp)"),
        )


def _when(mail: EmailMessage) -> datetime | None:
    """What the mail says, in Dutch time; None when that is no date."""
    date = mail["Date"]
    return date.datetime.astimezone(HERE) if date is not None and date.datetime else None


def _arrival(key: str) -> tuple[int, ...]:
    """Seconds, microseconds and rank, from the name that Maildir gives a file: `1700000000.M123456P42Q7.host`."""
    found = re.match(r"(\d+)\.M(\d+)P\d+Q(\d+)", key)
    return tuple(int(number) for number in found.groups()) if found else (0, 0, 0)


class Pages:
    """The list, one mail, and the same for programs. Nothing can be changed here."""

    def __init__(self, mails: Mails) -> None:
        self._mails = mails

    def list(self, request: Request) -> Response:
        """All mails, newest first."""
        search = request.query_params.get("zoek", "")
        found = self._mails.newest(search)
        page = pages.get_template("mails.html")
        return HTMLResponse(page.render(mails=found[:SHOWN_AT_MOST], total=len(found), search=search))

    def show(self, request: Request) -> Response:
        """One mail: its text, and its HTML in a frame that runs no scripts."""
        mail = self._find(request)
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        page = pages.get_template("mail.html").render(
            mail=mail,
            key=request.path_params["key"],
            when=_when(mail),
            text=text.get_content() if text else "",
            html=html.get_content() if html else "",
            files=[part.get_filename() or part.get_content_type() for part in mail.iter_attachments()],
        )
        return HTMLResponse(page)

    def raw(self, request: Request) -> Response:
        """One mail as it came in."""
        self._find(request)
        return PlainTextResponse(self._mails.raw(request.path_params["key"]))

    def data(self, request: Request) -> Response:
        """The list for programs."""
        found = self._mails.newest(request.query_params.get("zoek", ""))
        return JSONResponse(
            [
                {
                    "key": m.key,
                    "when": m.when.isoformat() if m.when else None,
                    "from": m.sender,
                    "to": m.recipients,
                    "subject": m.subject,
                }
                for m in found
            ]
        )

    def _find(self, request: Request) -> EmailMessage:
        try:
            return self._mails.get(request.path_params["key"])
        except KeyError:
            raise HTTPException(404, "Deze mail is er niet.") from None


def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


def build(directory: Path) -> Starlette:
    """The pages over a Maildir, as an ASGI application."""
    served = Pages(Mails(directory))
    return Starlette(
        routes=[
            Route("/", served.list),
            Route("/mails.json", served.data),
            Route("/mails/{key}", served.show),
            Route("/mails/{key}/raw", served.raw),
            Route("/health/live", _healthy),
            Route("/health/ready", _healthy),
        ]
    )


async def serve(settings: Settings) -> None:
    """Take mail and show it until told to stop."""
    app = build(settings.mail_dir)
    keep = Keep(settings.mail_dir)
    session = partial(SMTP, keep, enable_SMTPUTF8=True, data_size_limit=SIZE_LIMIT_BYTES, ident="Burenbus mailbox")
    smtp = await asyncio.get_running_loop().create_server(session, settings.smtp_host, settings.smtp_port)
    async with smtp:
        config = uvicorn.Config(app, host=settings.http_host, port=settings.http_port, access_log=False)
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(Settings()))
