"""The clock is put back an hour, or a day ahead: no mail goes twice, and none stays lying."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Never

import pytest

from services.notify import schedule
from services.notify.domain.handover import Delivered
from services.notify.ledger import Done, Leases, Ledger
from services.notify.letter import Writer
from services.notify.mailer import Mailer, lease
from services.notify.worker import Worker
from shared import db
from tests.room import NOW

from .conftest import Notify
from .facts import contact, initiative, invitation, opened, signal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_worker(notify: Notify, seconds: list[float]) -> Worker:
    """A replica whose seconds pass when the test says so."""
    ledger = Ledger(notify.room.database, lease(notify.settings.smtp_timeout_s), seconds=lambda: seconds[0])
    return Worker(notify.settings, Writer(notify.settings), notify.room.clock, ledger)


async def claim_and_die(notify: Notify) -> None:
    """A replica that claims a mail, and is not heard of again."""
    ledger = Ledger(notify.room.database, lease(notify.settings.smtp_timeout_s))
    assert await ledger.turn((), more=True) is not None
    await ledger.rest()


async def test_what_was_asked_for_before_the_clock_went_back_goes_at_once(notify: Notify):
    """Queued at ten; it is nine again: nobody waits an hour for a mail that was to go at once."""
    await notify.staff()
    await notify.room.hear(signal())
    notify.room.clock.now -= HOUR
    assert await notify.mail() == 1
    notify.room.clock.now += HOUR
    assert await notify.mail() == 0


async def test_what_is_to_go_later_does_not_go_because_the_clock_went_back(notify: Notify):
    """On Sunday, for who wants mail in working hours only: still on Monday at eight."""
    await notify.staff(working_hours_only=True)
    await notify.room.hear(signal())
    notify.room.clock.now -= HOUR
    assert await notify.mail() == 0
    notify.later(hours=21)
    assert await notify.mail() == 1


async def test_a_retry_planned_on_a_wrong_day_is_not_a_day_late(notify: Notify):
    """The clock stood a day ahead when the server said not now: once it is right again, the mail goes."""
    await notify.staff()
    notify.server.on_content = "451 later"
    notify.room.clock.now += DAY
    await notify.room.hear(signal())
    await notify.mail()
    notify.server.on_content = None
    notify.room.clock.now -= DAY
    assert await notify.mail() == 1
    assert await notify.states() == ["delivered"]


async def test_a_retry_waits_the_jump_longer_at_most(notify: Notify):
    """Put off for a minute, and the clock goes back an hour: it goes an hour and a minute later, once."""
    await notify.staff()
    notify.server.on_content = "451 later"
    await notify.room.hear(signal())
    await notify.mail()
    notify.server.on_content = None
    notify.room.clock.now -= HOUR
    assert await notify.mail() == 0
    notify.later(minutes=61)
    assert await notify.mail() == 1
    assert len(notify.server.mails) == 1


@pytest.mark.parametrize("jump", [DAY, -HOUR])
async def test_a_mail_in_hand_is_not_taken_over_because_the_clock_jumped(notify: Notify, jump: timedelta):
    """One replica is handing it over when the clock jumps: by the clock its claim is long over, and still it is left alone."""
    await notify.staff()
    seconds = [0.0]
    other = a_worker(notify, seconds)
    await other.drain()
    await notify.room.hear(signal())
    in_hand, go_on = asyncio.Event(), asyncio.Event()
    notify.server.accepted = in_hand.set
    notify.server.before_reply = go_on.wait  # type: ignore[assignment]
    handing_over = asyncio.create_task(notify.mail())
    await in_hand.wait()
    notify.room.clock.now += jump
    seconds[0] += 2
    assert await other.drain() == 0
    seconds[0] += 20
    assert await other.drain() == 0
    go_on.set()
    await handing_over
    assert len(notify.server.mails) == 1
    assert await notify.states() == ["delivered"]
    await other.connection.quit()


@pytest.mark.parametrize("jump", [DAY, -HOUR])
async def test_a_mail_that_was_abandoned_before_the_jump_goes_when_a_lease_has_really_passed(
    notify: Notify, jump: timedelta
):
    """The one who had it died, and the clock jumped: it is not stuck, and carries the mark."""
    await notify.staff()
    seconds = [0.0]
    other = a_worker(notify, seconds)
    await other.drain()
    await notify.room.hear(signal())
    died = asyncio.Event()
    notify.server.accepted = died.set
    notify.server.hangs_before_reply = True
    dying = asyncio.create_task(notify.mail())
    await died.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    notify.server.hangs_before_reply = False
    notify.room.clock.now += jump
    seconds[0] += 2
    assert await other.drain() == 0
    passed = lease(notify.settings.smtp_timeout_s) + timedelta(seconds=1)
    notify.room.clock.now += passed
    seconds[0] += passed.total_seconds()
    assert await other.drain() == 1
    assert [m["X-Burenbus-Possible-Duplicate"] for m in notify.server.mails] == [None, "yes"]
    await other.connection.quit()


async def test_the_daily_mail_comes_once_for_a_day_that_is_lived_twice(notify: Notify):
    """A day ahead, the daily mail goes; back again, and at its own hour, what stood in it does not come once more."""
    await notify.staff(how="digest")
    await notify.room.hear(signal("s1"))
    notify.room.clock.now += DAY
    await notify.room.run(schedule.send_digests)
    await notify.mail()
    notify.room.clock.now -= DAY
    await notify.room.hear(signal("s2"))
    for _ in range(30):
        notify.later(hours=1)
        await notify.room.run(schedule.send_digests)
        await notify.mail()
    assert Counter(str(m["Subject"]) for m in notify.server.mails) == {"1 knelpunt": 2}


async def test_nobody_is_invited_or_reminded_twice_by_a_clock(notify: Notify):
    """Fifteen days ahead, and back, and there again: one invitation, one reminder."""
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    for jump in (timedelta(), 15 * DAY, -15 * DAY, 16 * DAY, -HOUR):
        notify.room.clock.now += jump
        await notify.room.run(schedule.send_waiting_invitations)
        await notify.room.run(schedule.send_reminders)
        await notify.mail()
    assert [m["X-Burenbus-Kind"] for m in notify.server.mails] == ["invitation", "reminder"]


async def test_after_a_database_that_was_away_who_hands_over_a_mail_comes_first(notify: Notify):
    """It was away for longer than a lease, and nobody could say that a mail was delivered: no other connection sends it again."""
    seconds, whole = [0.0], lease(notify.settings.smtp_timeout_s)
    ledger = Ledger(notify.room.database, whole, seconds=lambda: seconds[0])
    await notify.staff()
    await notify.room.hear(signal())
    mail = await ledger.turn((), more=True)
    assert mail is not None
    notify.room.clock.now += 2 * whole
    seconds[0] += 2 * whole.total_seconds()
    await notify.room.fetch("SELECT pg_terminate_backend($1)", ledger._connection.get_server_pid())
    with pytest.raises(Exception) as away:
        await ledger.turn((), more=True)
    assert db.is_away(away.value)
    another = await ledger.turn((), more=True)
    await ledger.turn([Done(mail, Delivered("250 OK"))], more=False)
    await ledger.rest()
    assert another is None
    assert await notify.states() == ["delivered"]


async def test_who_starts_while_the_database_is_away_takes_nothing_over_at_once(notify: Notify):
    """A replica that was there before may still be trying to say that its mail was delivered: a pause, a try and a lease long."""
    seconds, whole = [0.0], lease(notify.settings.smtp_timeout_s)
    await notify.staff()
    await notify.room.hear(signal())
    await claim_and_die(notify)
    notify.room.database.was_away = True
    begun = Ledger(notify.room.database, whole, seconds=lambda: seconds[0])

    async def taken_over(after_s: float) -> bool:
        notify.room.clock.now += timedelta(seconds=after_s)
        seconds[0] += after_s
        return await begun.turn((), more=True) is not None

    taken = [await taken_over(whole.total_seconds() + 119), await taken_over(2)]
    await begun.rest()
    assert taken == [False, True]


async def test_a_mailer_that_begins_again_knows_that_the_database_was_away(
    notify: Notify, monkeypatch: pytest.MonkeyPatch
):
    """Another one that was not there to see it takes the mail over."""

    def away() -> Never:
        raise db.WorldAway("away")

    mailer = Mailer(notify.settings)
    await notify.staff()
    await notify.room.hear(signal())
    await claim_and_die(notify)
    notify.later(hours=1)
    with monkeypatch.context() as patched:
        patched.setattr(notify.room.database, "transaction", away)
        with pytest.raises(db.WorldAway):
            await mailer.drain(notify.room.database)
    assert await mailer.drain(notify.room.database) == 0
    assert await notify.mail() == 1


def test_a_clock_that_is_a_little_off_is_no_jump():
    """Corrected by a second now and then, and asked at odd moments: claims are judged as ever."""
    seconds = [0.0]
    leases = Leases(timedelta(seconds=40), lambda: seconds[0])
    assert leases.at(NOW) is not None
    for n in range(1, 100):
        seconds[0] = n * 2.0
        assert leases.at(NOW + timedelta(seconds=n * 2.0 + n % 4)) is not None
    seconds[0] += 2
    assert leases.at(NOW + DAY) is None
    seconds[0] += 39
    assert leases.at(NOW + DAY + timedelta(seconds=39)) is None
    seconds[0] += 2
    assert leases.at(NOW + DAY + timedelta(seconds=41)) is not None
