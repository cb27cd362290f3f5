"""Whatever is sent is kept and can be read, and nothing in a mail runs in the reader's browser."""

import os
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from deploy.local import mailbox, process
from deploy.local.process import LOOPBACK, free_ports


def _mail(subject: str, to: str = "Jan <jan@example.org>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Burenbus <bus@example.org>", to, subject
    mail["Date"], mail["Message-ID"] = "Sun, 20 Sep 2026 10:00:00 +0000", f"<{abs(hash(subject))}@example.org>"
    mail.set_content("Open https://example.org/inloggen?x=1 & <b>kijk</b>\n")
    mail.add_alternative('<p>Dag "Jan"</p><script>alert(1)</script>', subtype="html")
    return mail


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[int, str, Path]]:
    """The mailbox as a process: its SMTP port, the address of its pages, and its Maildir."""
    smtp, http = free_ports(2)
    mails = tmp_path / "mail"
    env = os.environ | {
        "BURENBUS_MAIL_DIR": str(mails),
        "BURENBUS_SMTP_PORT": str(smtp),
        "BURENBUS_HTTP_PORT": str(http),
    }
    log = tmp_path / "log"
    command = [sys.executable, "-m", "deploy.local.mailbox"]
    pid = process.start(command, log=log, env=env, cwd=Path.cwd())
    try:
        process.wait_until(lambda: process.listens(http), what="mailbox", pid=pid, log=log, timeout_s=30)
        yield smtp, f"http://{LOOPBACK}:{http}", mails
    finally:
        process.stop([pid])


async def test_a_mail_is_kept_as_it_was_sent_and_can_be_read(running: tuple[int, str, Path]) -> None:
    """In the Maildir, in the list, on its own page, and raw; the newest first."""
    smtp, url, mails = running
    for subject in ("Uitnodiging – één", "Nieuw initiatief"):
        await aiosmtplib.send(_mail(subject), hostname=LOOPBACK, port=smtp)
    kept = Maildir(mails)
    assert sorted(str(m["Message-ID"]) for m in kept) == sorted(
        _mail(s)["Message-ID"] for s in ("Uitnodiging – één", "Nieuw initiatief")
    )
    async with httpx.AsyncClient(base_url=url) as browser:
        listed = (await browser.get("/mails.json")).json()
        assert [m["subject"] for m in listed] == ["Nieuw initiatief", "Uitnodiging – één"]
        assert listed[0]["to"] == "jan@example.org"
        assert listed[0]["when"] == "2026-09-20T12:00:00+02:00"
        assert "Uitnodiging – één" in (await browser.get("/", params={"zoek": "uitnod"})).text
        assert "Nieuw initiatief" not in (await browser.get("/", params={"zoek": "uitnod"})).text
        assert (await browser.get(f"/mails/{listed[0]['key']}/raw")).text.startswith("From: Burenbus")


async def test_nothing_in_a_mail_runs_or_escapes_its_frame(tmp_path: Path) -> None:
    """The HTML stands, escaped, in a frame that may open links and run no scripts; the text is text with links."""
    maildir = Maildir(tmp_path / "mail", create=True)
    key = maildir.add(_mail('"><script>alert(2)</script>').as_bytes())
    transport = httpx.ASGITransport(mailbox.build(tmp_path / "mail"))
    async with httpx.AsyncClient(transport=transport, base_url="http://mail.test") as browser:
        page = (await browser.get(f"/mails/{key}")).text
        listed = (await browser.get("/")).text
    assert "<script>" not in page
    assert "<script>" not in listed
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert 'href="https://example.org/inloggen?x=1"' in page


async def test_a_mail_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A name that is not a mail's, a path included, reads no file."""
    transport = httpx.ASGITransport(mailbox.build(tmp_path / "mail"))
    async with httpx.AsyncClient(transport=transport, base_url="http://mail.test") as browser:
        for key in ("x", "..%2F..%2Fetc%2Fpasswd"):
            assert (await browser.get(f"/mails/{key}")).status_code == 404


async def test_an_empty_box_says_so(tmp_path: Path) -> None:
    """And so does a search that finds nothing."""
    transport = httpx.ASGITransport(mailbox.build(tmp_path / "mail"))
    async with httpx.AsyncClient(transport=transport, base_url="http://mail.test") as browser:
        assert "Er is nog geen mail" in (await browser.get("/")).text
        assert "Geen mail gevonden" in (await browser.get("/?zoek=x")).text


async def test_a_mail_with_broken_headers_is_listed_all_the_same(tmp_path: Path) -> None:
    """Whoever looks for a mistake must be able to see it."""
    Maildir(tmp_path / "mail", create=True).add(b"Date: gisteren\nSubject: =?utf-8?q?=FF?=\n\nhoi")
    transport = httpx.ASGITransport(mailbox.build(tmp_path / "mail"))
    async with httpx.AsyncClient(transport=transport, base_url="http://mail.test") as browser:
        [one] = (await browser.get("/mails.json")).json()
        assert one["when"] is None
        assert (await browser.get(f"/mails/{one['key']}")).status_code == 200
