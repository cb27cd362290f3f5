"""Unsubscribing: one click, no login, no channel gets around it, and a way back."""

from services.notify import admin, schedule
from shared.events.notify import NotificationFailed

from .conftest import Notify
from .facts import contact, initiative, invitation, opened, signal


def header(notify: Notify) -> str:
    """The address in List-Unsubscribe of the newest mail."""
    return str(notify.server.mails[-1]["List-Unsubscribe"]).strip("<>")


async def test_one_click_of_the_mail_client_is_enough(notify: Notify):
    """RFC 8058: a POST without cookies, from nowhere; then neither reminder nor a new invitation goes there."""
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    await notify.mail()
    async with notify.room.web(accept="*/*") as provider:
        answer = await provider.post(header(notify), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    notify.later(days=14)
    await notify.room.run(schedule.send_reminders)
    await notify.room.hear(invitation("i1", invitation_id="other"))
    await notify.mail()
    assert len(notify.server.mails) == 1
    assert {f.reason for f in await notify.room.said(NotificationFailed)} == {"suppressed"}


async def test_opening_the_link_does_nothing_yet(notify: Notify):
    """Mail scanners open links: only the button unsubscribes. The page says which address it is."""
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    await notify.mail()
    async with notify.room.web() as browser:
        page = await browser.get(header(notify))
        assert "i1@austerlitz.example" in page.text
        assert await notify.room.fetch("SELECT address FROM suppression") == []
        assert "U bent afgemeld" in (await browser.post(header(notify))).text
        assert await notify.room.fetch("SELECT address, reason FROM suppression") == [
            {"address": "i1@austerlitz.example", "reason": "unsubscribed"}
        ]
        assert "weer mail" in (await browser.post(header(notify), data={"weer": "ja"})).text
        assert await notify.room.fetch("SELECT address FROM suppression") == []


async def test_the_way_back_is_not_for_a_mailbox_that_is_gone(notify: Notify):
    """Only what the reader undid themselves is undone by the reader."""
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    await notify.mail()
    async with notify.room.tx() as tx:
        await admin.suppress(tx, "i1@austerlitz.example")
    async with notify.room.web() as browser:
        await browser.post(header(notify), data={"weer": "ja"})
    assert len(await notify.room.fetch("SELECT address FROM suppression")) == 1


async def test_staff_stop_following_and_can_still_log_in(notify: Notify):
    """One click ends all notifications, those in the queue too; it is no suppression of the address."""
    await notify.staff()
    await notify.room.hear(signal("s1"))
    await notify.mail()
    link = header(notify)
    await notify.room.hear(signal("s2"))
    async with notify.room.web() as browser:
        assert "geen meldingen meer" in (await browser.post(link)).text
    await notify.room.hear(signal("s3"))
    await notify.mail()
    assert len(notify.server.mails) == 1
    async with notify.room.web() as browser:
        await browser.post("/inloggen", data={"email": "anna@nlzve.example"})
    await notify.mail()
    assert notify.server.mails[-1]["Subject"] == "Uw link om in te loggen"


async def test_a_broken_link_is_explained(notify: Notify):
    """A link that a mail client cut in two."""
    async with notify.room.web() as browser:
        answer = await browser.get("/afmelden/abc")
    assert answer.status_code == 410
    assert "niet helemaal meegekomen" in answer.text
