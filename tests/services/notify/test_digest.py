"""The daily mail: one, at its hour, with everything of the day, never empty."""

from datetime import UTC, datetime, time

from services.notify import admin, schedule
from services.notify.domain import digest
from services.notify.domain.notices import new_initiative

from .conftest import Notify
from .facts import initiative, signal


async def digests(notify: Notify) -> int:
    await notify.room.run(schedule.send_digests)
    await notify.mail()
    return len(notify.server.mails)


async def test_a_day_comes_in_one_mail_at_the_hour_by_kind_and_region(notify: Notify):
    """At 8 o'clock in Amsterdam, not earlier; grouped; what was in it does not come again."""
    await notify.staff(how="digest")
    await notify.room.hear(
        initiative("i1"),
        initiative("i2", name="Stadsdorp Zuid", place=None, municipality="GM0363", province="PV27"),
        initiative("i3", name="Austerlitz & Co"),
        signal(),
    )
    notify.room.clock.now = datetime(2026, 9, 21, 5, 59, tzinfo=UTC)
    assert await digests(notify) == 0
    notify.later(minutes=1)
    assert await digests(notify) == 1
    [mail] = notify.server.mails
    assert mail["Subject"] == "3 nieuwe initiatieven en 1 knelpunt"
    text = notify.server.text()
    wanted = [
        "3 NIEUWE INITIATIEVEN",
        "Noord-Holland",
        "- Stadsdorp Zuid, Amsterdam",
        "Utrecht",
        "- Zorgcoöperatie Austerlitz, Zeist",
        "- Austerlitz & Co, Zeist",
        "1 KNELPUNT",
        "- Financiering (groot), Utrecht",
    ]
    places = [text.index(line) for line in wanted]
    assert places == sorted(places)
    assert "Austerlitz &amp; Co" in notify.server.html()
    notify.later(days=1)
    assert await digests(notify) == 1


async def test_no_news_no_mail(notify: Notify):
    """Nothing happened: nothing is sent."""
    await notify.staff(how="digest")
    notify.later(days=3)
    assert await digests(notify) == 0


async def test_everyone_has_their_own_hour_and_days(notify: Notify):
    """One at 17:30, one on working days only: Saturday's news comes on Monday."""
    await notify.staff("anna@nlzve.example", how="digest", digest_at=time(17, 30))
    await notify.staff("bas@nlzve.example", how="digest", working_hours_only=True)
    notify.room.clock.now = datetime(2026, 9, 26, 10, 0, tzinfo=UTC)  # Saturday
    await notify.room.hear(signal())
    notify.room.clock.now = datetime(2026, 9, 26, 15, 30, tzinfo=UTC)
    assert await digests(notify) == 1
    notify.room.clock.now = datetime(2026, 9, 27, 12, 0, tzinfo=UTC)
    assert await digests(notify) == 1
    notify.room.clock.now = datetime(2026, 9, 28, 6, 0, tzinfo=UTC)
    assert await digests(notify) == 2
    assert [m["X-RcptTo"] for m in notify.server.mails] == ["anna@nlzve.example", "bas@nlzve.example"]


async def test_at_once_wins_from_the_digest_and_nobody_hears_twice(notify: Notify):
    """Following a province at once and the country in the digest gives one mail, at once."""
    await notify.staff(regions=["NL"], how="digest")
    await notify.staff(regions=["PV26"], how="at-once")
    await notify.room.hear(signal())
    assert await digests(notify) == 1
    notify.later(days=2)
    assert await digests(notify) == 1


async def test_the_administrator_can_send_it_now(notify: Notify):
    """What waits for tomorrow goes now, for one person or for all."""
    await notify.staff("anna@nlzve.example", how="digest")
    await notify.staff("bas@nlzve.example", how="digest")
    await notify.room.hear(signal())
    async with notify.room.tx() as tx:
        assert await admin.digest_now(tx, "Anna@nlzve.example") == 1
    assert await digests(notify) == 1
    async with notify.room.tx() as tx:
        assert await admin.digest_now(tx) == 1
    assert await digests(notify) == 2


async def test_working_hours_hold_for_mails_at_once_too(notify: Notify):
    """Sunday's bottleneck comes on Monday at 8."""
    await notify.staff(working_hours_only=True)
    notify.room.clock.now = datetime(2026, 9, 27, 12, 0, tzinfo=UTC)
    await notify.room.hear(signal())
    assert await notify.mail() == 0
    notify.room.clock.now = datetime(2026, 9, 28, 6, 0, tzinfo=UTC)
    assert await notify.mail() == 1


def test_a_long_list_is_cut():
    """Of a kind 25 are shown, the rest is counted; the heading counts all."""
    items = [new_initiative(initiative(f"i{n}"), {}).item() for n in range(1471)]
    [group] = digest.grouped(items)
    assert group["heading"] == "1.471 nieuwe initiatieven"
    assert sum(len(region["news"]) for region in group["regions"]) == 25
    assert group["more"] == 1446
    assert digest.subject(items) == "1.471 nieuwe initiatieven"
