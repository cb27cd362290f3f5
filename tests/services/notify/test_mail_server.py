"""The mail server refuses for an hour, hangs, says what nobody expects; the database goes away in between."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from services.notify import gateway, worker
from services.notify.gateway import Away
from services.notify.mailer import Mailer, lease
from shared import db
from shared.events.notify import NotificationDelivered
from tests.waiting import until

from .conftest import Notify
from .facts import signal

MINUTE = timedelta(minutes=1)


async def test_an_hour_of_not_now_costs_five_tries_and_no_mail(notify: Notify):
    """4xx for an hour: tried at once and after 1, 6, 21 and 51 minutes; then it is delivered, once, within the next hour."""
    await notify.staff()
    notify.server.on_content = "451 4.3.0 try again later"
    await notify.room.hear(signal())
    tried = []
    for minute in range(60):
        if await notify.mail():
            tried.append(minute)
        notify.room.clock.advance(MINUTE)
    assert tried == [0, 1, 6, 21, 51]
    notify.server.on_content = None
    for _ in range(60):
        await notify.mail()
        notify.room.clock.advance(MINUTE)
    [delivery] = await notify.deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 6)
    [mail] = notify.server.mails
    assert mail["X-Burenbus-Possible-Duplicate"] is None


async def test_a_server_that_lets_nobody_in_costs_no_attempt(notify: Notify):
    """5xx to the whole session, as from a list of forbidden senders: the mail waits as if it had not been taken up."""
    await notify.staff()

    async def busy(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 5.7.1 no service here\r\n")
        writer.close()

    port = notify.server.port
    await notify.server.stop()
    closed = await asyncio.start_server(busy, "127.0.0.1", port)
    await notify.room.hear(signal())
    with pytest.raises(Away):
        await notify.mail()
    closed.close()
    await closed.wait_closed()
    await notify.server.start(port)
    await notify.mail()
    [delivery] = await notify.deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)


async def test_a_server_that_does_not_greet_costs_no_attempt(notify: Notify, monkeypatch: pytest.MonkeyPatch):
    """It takes the connection and says nothing: after the time for connecting the mail waits on."""
    monkeypatch.setattr(gateway, "CONNECT_S", 0.2)
    await notify.staff()

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    port = notify.server.port
    await notify.server.stop()
    silent = await asyncio.start_server(silence, "127.0.0.1", port)
    await notify.room.hear(signal())
    with pytest.raises(Away):
        await notify.mail()
    silent.close()
    [delivery] = await notify.deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("due", 0)


async def test_a_server_that_goes_away_between_two_mails_costs_the_second_no_attempt(notify: Notify):
    """The second mail was claimed while the first was handed over: it is put back as it was, and goes when the server is there."""
    await notify.staff()
    await notify.room.hear(signal("s1"), signal("s2"))
    port = notify.server.port

    async def last_mail() -> None:
        notify.server.before_reply = None
        notify.server.hangs_up_on_sender = 1
        notify.server.listen_no_more()

    notify.server.before_reply = last_mail
    with pytest.raises(Away):
        await notify.mail()
    states = {(d["state"], d["attempts"]) for d in await notify.deliveries()}
    assert states == {("delivered", 1), ("due", 0)}
    await notify.server.start(port)
    await notify.mail()
    assert await notify.states() == ["delivered", "delivered"]
    assert Counter(m["Message-ID"] for m in notify.server.mails).most_common(1)[0][1] == 1


async def test_a_hang_before_the_mail_leaves_no_doubt(notify_with):
    """It hangs on the recipient: the mail was not sent, so the next try carries no mark."""
    notify = await notify_with(smtp_timeout_s=1)
    await notify.staff()
    notify.server.hangs_on_recipient.add("anna@nlzve.example")
    await notify.room.hear(signal())
    await notify.mail()
    notify.server.hangs_on_recipient.clear()
    notify.later(minutes=1)
    await notify.mail()
    [mail] = notify.server.mails
    assert mail["X-Burenbus-Possible-Duplicate"] is None
    [delivery] = await notify.deliveries()
    assert (delivery["state"], delivery["attempts"], delivery["doubts"]) == ("delivered", 2, 0)


async def test_a_mail_behind_one_that_hangs_is_left_to_others(notify_with, monkeypatch: pytest.MonkeyPatch):
    """It was claimed ahead, the one before it took long, and another process has taken over both: it is sent once."""
    monkeypatch.setattr(worker, "FRESH_S", 0.5)
    notify = await notify_with(smtp_timeout_s=3)
    await notify.staff()
    await notify.staff("bert@nlzve.example")
    await notify.room.hear(signal())
    await notify.room.fetch("UPDATE delivery SET due_at = due_at - interval '1 second' WHERE address LIKE 'anna%'")
    notify.server.hangs_on_recipient.add("anna@nlzve.example")
    slow = asyncio.create_task(notify.mail())
    await notify.server.hanging.wait()

    async def both_claimed() -> bool:
        return bool(await notify.states() == ["sending", "sending"])

    await until(both_claimed, "the next mail is claimed ahead")
    notify.server.hangs_on_recipient.clear()
    notify.room.clock.advance(lease(3))
    notify.later(seconds=1)
    await notify.mail()
    await slow
    assert sorted(m["X-RcptTo"] for m in notify.server.mails) == ["anna@nlzve.example", "bert@nlzve.example"]
    assert await notify.states() == ["delivered", "delivered"]


async def test_a_mail_is_sent_only_when_the_last_one_is_known_to_be(notify: Notify):
    """Its recipient is offered meanwhile. So a crash leaves one mail of a connection in doubt, however slow the database."""
    await notify.staff()
    await notify.room.hear(signal("s1"), signal("s2"))
    locked, release, second = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with notify.room.tx() as tx:
            await tx.fetch("SELECT id FROM delivery WHERE state = 'sending' FOR UPDATE")
            locked.set()
            await release.wait()

    async def first_is_taken() -> None:
        notify.server.before_reply = None
        notify.server.accepted = second.set
        holding.append(asyncio.create_task(hold()))
        await locked.wait()

    holding: list[asyncio.Task[None]] = []
    notify.server.before_reply = first_is_taken
    sending = asyncio.create_task(notify.mail())

    async def offered() -> bool:
        return bool(notify.server.recipients == 2)

    await until(offered, "the recipient of the second mail is offered")
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await second.wait()
    finally:
        release.set()
    assert await sending == 2
    await asyncio.gather(*holding)
    assert len(notify.server.mails) == 2


@pytest.mark.parametrize("said", ["250 klaar \xe9\x00", "250 " + "x" * 2000, "250 \u202e\u2028"])
async def test_whatever_it_says_when_it_takes_a_mail_is_kept_as_it_can_be(notify: Notify, said: str):
    """A reply in letters that no database keeps: the mail is delivered, and not sent again."""
    await notify.staff()
    notify.server.reply = said
    await notify.room.hear(signal())
    await notify.mail()
    notify.later(hours=1)
    await notify.mail()
    assert len(notify.server.mails) == 1
    [delivery] = await notify.deliveries()
    assert (delivery["state"], delivery["reply"][:3]) == ("delivered", "250")
    assert delivery["reply"].isprintable()


async def test_a_reply_that_says_neither_yes_nor_no_leaves_a_doubt(notify: Notify):
    """After the whole mail comes no reply that we know: it may have been taken, so it goes once more, marked."""
    await notify.staff()
    notify.server.reply = "299 well"
    await notify.room.hear(signal())
    await notify.mail()
    notify.server.reply = "250 OK"
    notify.later(minutes=1)
    await notify.mail()
    assert [m["X-Burenbus-Possible-Duplicate"] for m in notify.server.mails] == [None, "yes"]


async def test_a_crash_leaves_one_mail_in_doubt_and_not_the_next(notify: Notify):
    """The process dies when the server has the first mail; the next was claimed already, and comes once. No third copy."""
    await notify.staff()
    await notify.room.hear(signal("s1"), signal("s2"), signal("s3"))
    died = asyncio.Event()
    notify.server.accepted = died.set
    notify.server.hangs_before_reply = True
    dying = asyncio.create_task(notify.mail())
    await died.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    notify.server.hangs_before_reply = False
    await notify.mail()
    notify.later(minutes=5)
    await notify.mail()
    copies = Counter(m["Message-ID"] for m in notify.server.mails)
    assert sorted(copies.values()) == [1, 1, 2]
    [twice] = [message_id for message_id, n in copies.items() if n == 2]
    marks = [m["X-Burenbus-Possible-Duplicate"] for m in notify.server.mails if m["Message-ID"] == twice]
    assert marks == [None, "yes"]
    assert await notify.states() == ["delivered"] * 3
    assert len(await notify.room.said(NotificationDelivered)) == 3


async def test_a_database_that_is_away_holds_the_next_mail_back(notify_with):
    """Its connections are cut when the server has a mail: no other is sent until that one is known to be; none goes twice."""
    notify = await notify_with(smtp_connections=1)
    await notify.staff()
    await notify.room.hear(*(signal(f"s{n}") for n in range(5)))

    async def cut() -> None:
        notify.server.before_reply = None
        await notify.room.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    notify.server.before_reply = cut
    running = asyncio.create_task(Mailer(notify.settings).run(notify.room.database))

    async def all_delivered() -> bool | None:
        try:
            return set(await notify.states()) == {"delivered"} or None
        except Exception as error:
            if not db.is_away(error):
                raise
            return None

    await until(all_delivered, "every mail is delivered")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert Counter(m["Message-ID"] for m in notify.server.mails) == Counter(
        f"<{d['id']}@nlzve.example>" for d in await notify.deliveries()
    )
    assert not [m for m in notify.server.mails if m["X-Burenbus-Possible-Duplicate"]]
