"""The mailbox on a phone: what a mail carries does not make the page wider than the screen."""

from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path

import pytest

from deploy.local import mailbox
from tests.browser.conftest import Opened, broken_words, overflow_px
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
LINK = "http://127.0.0.1:8000/enquete?k=" + "x" * 400


async def test_a_mail_with_a_long_link_fits_a_phone(tmp_path: Path, opened: Opened) -> None:
    """In the text, in the preview and in the list; a date stays on one line, and the preview shows most of a mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "bus@example.org", "jan@example.org", "Uitnodiging"
    mail["Date"] = "Sun, 20 Sep 2026 10:00:00 +0000"
    mail.set_content(f"Open {LINK}\n")
    mail.add_alternative(f'<p>Open <a href="{LINK}">{LINK}</a></p>', subtype="html")
    key = Maildir(tmp_path / "mail", create=True).add(mail.as_bytes())
    async with serving(mailbox.build(tmp_path / "mail")) as url:
        for path in ("/", f"/mails/{key}"):
            page = await opened(url + path, width=360)
            assert await overflow_px(page) == 0
            assert await broken_words(page) == []
            when = page.locator("time")
            assert await when.inner_text() == "20-09-2026 12:00"
            assert await when.evaluate("it => it.getClientRects().length") == 1
        frame = page.frame_locator("iframe").locator("html")
        assert await frame.evaluate("it => it.scrollWidth - it.clientWidth") == 0
        assert await page.locator("iframe").evaluate("it => it.clientHeight") >= 900
