"""Delivery over a real SMTP server that accepts, refuses, hangs, hangs up: never twice, never lost."""

import asyncio
from datetime import timedelta

import pytest

from services.notify import gateway, schedule
from services.notify.gateway import Away
from services.notify.mailer import Mailer, lease
from shared.events.notify import NotificationDelivered, NotificationFailed
from tests.room import NOW

from .conftest import Notify
from .facts import contact, initiative, invitation, opened, signal


async def test_a_mail_carries_the_headers_of_a_real_sender(notify: Notify):
    """From, Reply-To, a stable Message-ID, automatic, in Dutch, with one-click unsubscribe, its link in one piece."""
    await notify.staff()
    await notify.room.hear(signal())
    await notify.mail()
    [mail] = notify.server.mails
    [delivery] = await notify.deliveries()
    assert str(mail["From"]) == "Buren <post@nlzve.example>"
    assert str(mail["Reply-To"]) == "Buren <post@nlzve.example>"
    assert str(mail["To"]) == "Anna <anna@nlzve.example>"
    assert mail["Message-ID"] == f"<{delivery['id']}@nlzve.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    assert mail["Content-Language"] == "nl"
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [unsubscribe] = [line for line in notify.server.raw[0].split(b"\r\n") if line.startswith(b"List-Unsubscribe:")]
    assert unsubscribe.startswith(b"List-Unsubscribe: <http://burenbus.example/afmelden/")
    assert unsubscribe.endswith(b">")
    assert "X-Burenbus-Possible-Duplicate" not in mail


async def test_a_temporary_refusal_is_tried_again_after_growing_pauses(notify: Notify):
    """4xx: after 1 minute, then after 5; the attempts and the server's words are kept in the database."""
    await notify.staff()
    notify.server.on_recipient["*"] = "451 4.7.1 greylisted"
    await notify.room.hear(signal())
    assert await notify.mail() == 1
    assert await notify.mail() == 0
    notify.later(minutes=1)
    assert await notify.mail() == 1
    notify.later(minutes=4)
    assert await notify.mail() == 0
    notify.later(minutes=1)
    notify.server.on_recipient.clear()
    assert await notify.mail() == 1
    [delivery] = await notify.deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 3)
    assert len(notify.server.mails) == 1


async def test_a_mail_is_given_up_after_its_deadline(notify: Notify):
    """After 48 hours of 4xx it fails, and says so; it is never sent afterwards."""
    await notify.staff()
    notify.server.on_content = "452 4.3.1 full"
    await notify.room.hear(signal())
    await notify.mail()
    notify.later(hours=49)
    await notify.room.run(schedule.give_up)
    notify.server.on_content = None
    assert await notify.mail() == 0
    [fact] = await notify.room.said(NotificationFailed)
    assert (fact.kind, fact.reason) == ("bottleneck", "given-up")
    [delivery] = await notify.deliveries()
    assert (delivery["state"], delivery["letter"]) == ("failed", None)


async def test_a_refused_content_fails_at_once(notify: Notify):
    """5xx to the content: not tried again, and the address is not suppressed."""
    await notify.staff()
    notify.server.on_content = "554 5.7.1 looks like spam"
    await notify.room.hear(signal())
    await notify.mail()
    assert await notify.states() == ["failed"]
    [fact] = await notify.room.said(NotificationFailed)
    assert fact.reason == "refused"
    assert await notify.room.fetch("SELECT address FROM suppression") == []


async def test_a_mailbox_that_does_not_exist_is_never_mailed_again(notify: Notify):
    """550 5.1.1 suppresses the address, whatever its capitals; the next mail to it fails without the server being asked."""
    await notify.staff("Anna@NLZVE.example")
    notify.server.on_recipient["*"] = "550 5.1.1 user unknown"
    await notify.room.hear(signal("s1"))
    await notify.mail()
    notify.server.on_recipient.clear()
    await notify.room.hear(signal("s2"))
    await notify.mail()
    assert notify.server.mails == []
    assert [f.reason for f in await notify.room.said(NotificationFailed)] == ["refused", "suppressed"]
    assert await notify.room.fetch("SELECT address, reason FROM suppression") == [
        {"address": "anna@nlzve.example", "reason": "mailbox-gone"}
    ]


async def test_our_own_sender_refused_is_no_fault_of_the_mail(notify: Notify):
    """5xx to MAIL FROM is to be mended at our side: the mail waits."""
    await notify.staff()
    notify.server.on_sender = "550 5.7.1 sender not allowed"
    await notify.room.hear(signal())
    await notify.mail()
    assert await notify.states() == ["due"]


async def test_a_server_that_is_away_costs_no_attempt(notify: Notify):
    """Refused connection: nothing is claimed; when the server is back the mail goes at once."""
    await notify.staff()
    port = notify.server.port
    await notify.server.stop()
    await notify.room.hear(signal())
    with pytest.raises(Away):
        await notify.mail()
    [delivery] = await notify.deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("due", 0)
    await notify.server.start(port)
    await notify.mail()
    assert len(notify.server.mails) == 1


async def test_a_kept_connection_that_was_closed_is_opened_anew(notify: Notify):
    """A server that hangs up between two mails costs neither mail an attempt nor a pause."""
    await notify.staff()
    notify.server.hangs_up_on_sender = 1
    await notify.room.hear(signal("s1"), signal("s2"))
    await notify.mail()
    assert len(notify.server.mails) == 2
    assert notify.server.sessions == 2
    assert [d["attempts"] for d in await notify.deliveries()] == [1, 1]


async def test_a_server_that_hangs_up_after_the_mail_gets_it_once_more_marked(notify: Notify):
    """Nobody knows whether it was accepted: one more time, with the same Message-ID and a mark; then never again."""
    await notify.staff()
    notify.server.hangs_up_before_reply = True
    await notify.room.hear(signal())
    await notify.mail()
    notify.later(minutes=1)
    await notify.mail()
    notify.later(hours=24)
    await notify.mail()
    first, second = notify.server.mails
    assert first["X-Burenbus-Possible-Duplicate"] is None
    assert second["X-Burenbus-Possible-Duplicate"] == "yes"
    assert first["Message-ID"] == second["Message-ID"]
    assert await notify.states() == ["failed"]
    [fact] = await notify.room.said(NotificationFailed)
    assert fact.reason == "given-up"


async def test_a_server_that_hangs_is_left_after_the_timeout(notify_with):
    """A hang after the whole mail is a doubt too; the retry carries the mark."""
    notify = await notify_with(smtp_timeout_s=1)
    await notify.staff()
    notify.server.hangs_before_reply = True
    await notify.room.hear(signal())
    await notify.mail()
    notify.server.hangs_before_reply = False
    notify.later(minutes=1)
    await notify.mail()
    assert [m["X-Burenbus-Possible-Duplicate"] for m in notify.server.mails] == [None, "yes"]
    assert await notify.states() == ["delivered"]


async def test_a_crash_between_acceptance_and_commit_sends_once_more_marked(notify: Notify):
    """The process dies when the server has the mail: `sending` stands in the database, and after the lease it goes again."""
    await notify.staff()
    await notify.room.hear(signal())
    handing_over = asyncio.create_task(notify.mail())
    died = asyncio.Event()
    notify.server.accepted = died.set
    notify.server.hangs_before_reply = True
    await died.wait()
    assert await notify.states() == ["sending"]
    handing_over.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handing_over
    notify.server.hangs_before_reply = False
    assert await notify.mail() == 0  # whoever claimed it may still be at it
    notify.later(minutes=5)
    assert await notify.mail() == 1
    first, second = notify.server.mails
    assert (first["X-Burenbus-Possible-Duplicate"], second["X-Burenbus-Possible-Duplicate"]) == (None, "yes")
    assert first["Message-ID"] == second["Message-ID"]
    assert await notify.states() == ["delivered"]
    assert len(await notify.room.said(NotificationDelivered)) == 1


async def test_many_connections_send_each_mail_once(notify: Notify):
    """Two mailers with four connections each, as two replicas: every mail arrives exactly once."""
    keys = [f"i{n}" for n in range(150)]
    await notify.room.hear(opened(), *[initiative(k, name=f"Buurt {k}") for k in keys])
    await notify.room.hear(*[contact(k) for k in keys], *[invitation(k) for k in keys])
    all_sent = asyncio.Event()
    notify.server.accepted = lambda: all_sent.set() if len(notify.server.mails) >= len(keys) else None
    running = [asyncio.create_task(Mailer(notify.settings).run(notify.room.database)) for _ in range(2)]
    async with asyncio.timeout(30):
        await all_sent.wait()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert sorted(m["X-RcptTo"] for m in notify.server.mails) == sorted(f"{k}@austerlitz.example" for k in keys)
    assert await notify.mail() == 0
    assert set(await notify.states()) == {"delivered"}


async def test_stopping_finishes_what_was_begun(notify: Notify):
    """On SIGTERM the mail that the server is accepting is recorded as delivered, so that nothing is sent twice."""
    await notify.staff()
    await notify.room.hear(signal())
    accepted = asyncio.Event()
    notify.server.accepted = accepted.set
    running = asyncio.create_task(Mailer(notify.settings).run(notify.room.database))
    await accepted.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await notify.states() == ["delivered"]


async def test_a_wake_sends_at_once(notify_with):
    """What is queued in the service's own transactions goes without waiting for the poll."""
    notify = await notify_with()
    await notify.staff()
    mailer_run = notify.room.service.background[0]
    running = asyncio.create_task(mailer_run(notify.room.database))
    sent = asyncio.Event()
    notify.server.accepted = sent.set
    await asyncio.sleep(0)
    await notify.room.hear(signal())
    async with asyncio.timeout(1.5):  # less than the poll
        await sent.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_who_waits_at_a_screen_goes_before_a_thousand_invitations(notify: Notify):
    """A login link overtakes what was queued before it."""
    await notify.staff()
    keys = [f"i{n}" for n in range(20)]
    await notify.room.hear(opened(), *[initiative(k) for k in keys])
    await notify.room.hear(*[contact(k) for k in keys], *[invitation(k) for k in keys])
    async with notify.room.web() as browser:
        await browser.post("/inloggen", data={"email": "anna@nlzve.example"})
    await notify.mail()
    assert notify.server.mails[0]["Subject"] == "Uw link om in te loggen"


async def test_the_mail_log_is_kept_a_year(notify: Notify):
    """After 12 months nobody can see who was mailed; yet a fact that is told again mails nobody."""
    await notify.staff()
    await notify.room.hear(signal())
    await notify.mail()
    notify.later(days=366)
    await notify.room.run(schedule.forget)
    assert await notify.deliveries() == []
    assert await notify.room.fetch("SELECT staff_id FROM notification") == []
    await notify.room.hear(signal())
    assert await notify.mail() == 0


async def test_an_address_with_foreign_letters_goes_out(notify: Notify):
    """An internationalised domain is sent in ASCII; a local part with diacritics by SMTPUTF8."""
    await notify.room.hear(opened(), initiative("i1"), initiative("i2"))
    await notify.room.hear(contact("i1", email="bep@dörpszörg.example"), contact("i2", email="jürgen@dorp.example"))
    await notify.room.hear(invitation("i1"), invitation("i2"))
    await notify.mail()
    assert sorted(m["X-RcptTo"] for m in notify.server.mails) == [
        "bep@xn--drpszrg-90ae.example",
        "jürgen@dorp.example",
    ]


@pytest.mark.parametrize("timeout_s", [1, 30, 600])
def test_the_lease_outlasts_the_longest_handing_over(timeout_s: int):
    """Two tries of the timeout each, two connects and a noop fit in the lease, so that nobody takes over a live mail."""
    longest = gateway.NOOP_S + 2 * gateway.CONNECT_S + 2 * timeout_s
    assert lease(timeout_s) > timedelta(seconds=longest)
