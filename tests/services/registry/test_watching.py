"""How partners are doing: numbers that are missing, silence, and the day that is told to their person."""

from datetime import timedelta
from typing import Any, TypeVar

import pytest

from services.registry import schedule
from services.registry.actions import boarding
from services.registry.domain.looking import about
from shared.events.answers import AboutEvent, Answer, EventAccepted, EventDelayed, EventRefused
from shared.events.base import Event
from shared.events.envelope import new_id
from shared.events.problems import Problem, problem
from shared.events.watching import Missing, PartnerDayClosed, PartnerSilent, SequenceGap
from tests.room import Room, RoomOf, source_of

REPORTED = "nl.zorgzame-gemeenschappen.initiative-reported.v1"
SIGNAL = "nl.zorgzame-gemeenschappen.signal-reported.v1"
F = TypeVar("F", bound=Event)

POSTCODE = problem("unknown-postcode", "/data/postcode", value="9999")


@pytest.fixture
async def room(room_of: RoomOf) -> Room:
    """The registry with two partners aboard, and nobody's days told yet."""
    room = await room_of("registry")
    async with room.tx() as tx:
        for name in ("omzien", "zorgnet"):
            await boarding.board(tx, name, title=name.title(), contact_mail=f"beheer@{name}.example")
    await room.run(schedule.close_days)
    await room.clear()
    return room


def answered(
    number: int | None = None,
    *faults: Problem,
    partner: str = "omzien",
    kind: type[Answer] = EventAccepted,
    event_type: str = REPORTED,
    subject: str | None = None,
    event_id: str | None = None,
    outcome: str = "new",
    room: Room,
) -> Answer:
    """The answer to one event, as any taker gives it."""
    event = AboutEvent(
        id=event_id or new_id(), source=source_of(partner), type=event_type, subject=subject, sequence=number
    )
    said: dict[str, Any] = {"partner": partner, "event": event, "received_at": room.clock()}
    if kind is EventAccepted:
        said |= {"outcome": outcome, "warnings": faults}
    elif kind is EventRefused:
        said |= {"problems": faults}
    return kind(**said)


async def numbers(room: Room, *given: int, **how: Any) -> None:
    await room.hear(*[answered(n, room=room, **how) for n in given])


async def said(room: Room, kind: type[F]) -> tuple[list[F], list[F]]:
    """What all heard, and what the partner was told."""
    out = await room.outbox()
    return (
        [s.data for s in out if isinstance(s.data, kind) and s.exchange == "events"],
        [s.data for s in out if isinstance(s.data, kind) and (s.exchange, s.routing_key) == ("feedback", "omzien")],
    )


async def minutes(room: Room, n: float) -> None:
    room.clock.advance(timedelta(minutes=n))
    await room.run(schedule.tell_gaps)


# --- sequences -----------------------------------------------------------------------------------------------------


async def test_a_gap_is_told_once_after_the_waiting_time_and_its_filling_once(room: Room) -> None:
    """Partner and staff hear of what is missing when it cannot be overtaking any more; and that it has come in."""
    await numbers(room, 1, 2, 5)
    await minutes(room, 14)
    assert await said(room, SequenceGap) == ([], [])
    for _ in range(3):
        await minutes(room, 1)
    heard, told = await said(room, SequenceGap)
    assert heard == told
    assert [(g.status, g.missing, g.count) for g in heard] == [("open", (Missing(first=3, last=4),), 2)]
    await numbers(room, 4)
    await minutes(room, 1)
    await numbers(room, 3)
    for _ in range(2):
        await minutes(room, 1)
    heard, told = await said(room, SequenceGap)
    assert heard == told
    assert [(g.status, g.since) for g in heard] == [("open", heard[0].since), ("filled", heard[0].since)]


async def test_what_comes_in_time_is_no_gap(room: Room) -> None:
    """Events overtake each other, between takers and batches."""
    await numbers(room, 1, 4)
    await minutes(room, 10)
    await numbers(room, 3, 2)
    await minutes(room, 60)
    assert await said(room, SequenceGap) == ([], [])


async def test_every_taker_and_every_outcome_counts(room: Room) -> None:
    """A refused, delayed or repeated event was received: it is not missing, whatever became of it."""
    await numbers(room, 1)
    await room.hear(
        answered(2, POSTCODE, kind=EventRefused, room=room),
        answered(3, kind=EventDelayed, event_type=SIGNAL, room=room),
        answered(4, outcome="duplicate", room=room),
        answered(5, room=room),
    )
    await minutes(room, 60)
    assert await said(room, SequenceGap) == ([], [])


async def test_a_source_that_counts_anew_misses_nothing(room: Room) -> None:
    """After a thousand it begins at 1 again; an old number 1 sent again is no new beginning."""
    await numbers(room, *range(1, 100))
    await numbers(room, 1, event_id="first-of-the-new")
    await numbers(room, 2, 3)
    await numbers(room, 1, event_id="first-of-the-new", outcome="duplicate")
    await room.hear(answered(1, POSTCODE, kind=EventRefused, event_id="first-of-the-new", room=room))
    await numbers(room, 4)
    await minutes(room, 60)
    assert await said(room, SequenceGap) == ([], [])


async def test_each_source_is_numbered_by_itself_and_only_ones_own(room: Room) -> None:
    """Another partner's numbers are its own; a source that is not this partner's is not followed."""
    await numbers(room, 1)
    await numbers(room, 7, partner="zorgnet")
    foreign = AboutEvent(id="x", source="urn:burenbus:partner:vreemd", type=REPORTED, sequence=900)
    await room.hear(EventRefused(partner="omzien", event=foreign, received_at=room.clock(), problems=(POSTCODE,)))
    assert {r["source"] for r in await room.fetch("SELECT source FROM sequence_run")} == {
        source_of("omzien"),
        source_of("zorgnet"),
    }


async def test_ever_new_gaps_are_told_once_a_day(room: Room) -> None:
    """A source that numbers by the clock does not mail staff every minute."""
    for n in range(10):
        await numbers(room, 100 * n)
        await minutes(room, 20)
    assert len((await said(room, SequenceGap))[0]) == 1
    await minutes(room, 24 * 60)
    assert len((await said(room, SequenceGap))[0]) == 2


async def test_a_gap_that_is_never_filled_is_forgotten_after_a_month(room: Room) -> None:
    """It was told; a new one is a new matter."""
    await numbers(room, 1, 3)
    await minutes(room, 16)
    await minutes(room, 31 * 24 * 60)
    assert await room.fetch("SELECT first FROM sequence_gap") == []
    await numbers(room, 5)
    await minutes(room, 16)
    heard, _ = await said(room, SequenceGap)
    assert [g.missing[0].first for g in heard] == [2, 4]
    assert heard[0].since != heard[1].since


async def test_who_tries_out_hears_of_a_gap_and_staff_do_not(room: Room) -> None:
    """In the sandbox everything is told to the partner, and to nobody else."""
    async with room.tx() as tx:
        await boarding.board(tx, "omzien", sandbox=True)
    await numbers(room, 1, 3)
    await minutes(room, 16)
    heard, told = await said(room, SequenceGap)
    assert (len(heard), len(told)) == (0, 1)


# --- silence -------------------------------------------------------------------------------------------------------


async def weekly(room: Room, times: int = 6) -> None:
    """Sends something once a week; the last time is now."""
    for n in range(times):
        if n:
            room.clock.advance(timedelta(days=7))
        await numbers(room, None)  # type: ignore[arg-type]


async def test_a_weekly_partner_is_noticed_after_three_weeks_and_told_once(room: Room) -> None:
    """Three weeks are its good right; the day after, partner and staff hear of it, once; sending again ends it."""
    await weekly(room)
    last = room.clock()
    room.clock.advance(timedelta(days=21))
    await room.run(schedule.notice_silence)
    assert await said(room, PartnerSilent) == ([], [])
    room.clock.advance(timedelta(days=1))
    for _ in range(2):
        await room.run(schedule.notice_silence)
    heard, told = await said(room, PartnerSilent)
    assert heard == told == [PartnerSilent(partner="omzien", since=last, rhythm_days=7)]
    await numbers(room, None)  # type: ignore[arg-type]
    await room.run(schedule.notice_silence)
    heard, told = await said(room, PartnerSilent)
    assert heard == told
    assert [h.ended for h in heard] == [None, room.clock()]


async def test_without_a_rhythm_or_outside_there_is_no_silence(room: Room) -> None:
    """Who sent on five days only, who is suspended and who tries out is not missed."""
    await weekly(room, 5)
    room.clock.advance(timedelta(days=100))
    await room.run(schedule.notice_silence)
    await weekly(room, 6)
    room.clock.advance(timedelta(days=100))
    async with room.tx() as tx:
        await boarding.set_status(tx, "omzien", "suspended")
    await room.run(schedule.notice_silence)
    assert await said(room, PartnerSilent) == ([], [])


# --- the day -------------------------------------------------------------------------------------------------------


async def next_morning(room: Room) -> list[PartnerDayClosed]:
    """The facts about days that are over, since the last time."""
    await room.clear()
    room.clock.advance(timedelta(hours=20))  # 6 in the morning UTC, from 10
    for _ in range(2):
        await room.run(schedule.close_days)
    room.clock.advance(timedelta(hours=4))
    return await room.said(PartnerDayClosed)


async def test_three_hundred_rows_of_which_forty_were_refused_are_one_fact(room: Room) -> None:
    """Grouped by cause, with the partner's own ids, and without the values that were sent."""
    email = problem("email", "/data/contact/email", value="geheim@x", personal=True)
    rows = [answered(subject=f"U-{n}", room=room) for n in range(260)]
    for n in range(32):
        fault = problem("unknown-postcode", "/data/postcode", value=f"99{n:02}")
        rows.append(answered(None, fault, kind=EventRefused, subject=f"P-{n}", room=room))
    rows += [answered(None, email, kind=EventRefused, subject=f"E-{n}", room=room) for n in range(8)]
    await room.hear(*rows)
    [day] = await next_morning(room)
    assert (day.partner, day.accepted, day.refused) == ("omzien", 260, 40)
    assert [(c.code, c.pointer, c.count, len(c.ids), c.refused) for c in day.causes] == [
        ("unknown-postcode", "/data/postcode", 32, 32, True),
        ("email", "/data/contact/email", 8, 8, True),
    ]
    assert day.causes[0].nl == "Postcode … bestaat niet."
    assert day.causes[0].ids[:2] == ("P-0", "P-1")
    assert "99" not in day.causes[0].nl


async def test_a_day_without_anything_to_say_is_not_told(room: Room) -> None:
    """All well, or nothing at all: silence."""
    await room.hear(answered(subject="U-1", room=room))
    assert await next_morning(room) == []
    assert await next_morning(room) == []


async def test_what_was_mended_the_same_day_is_not_listed(room: Room) -> None:
    """Refused, then accepted: counted as mended. Refused again: listed once, for its last faults."""
    kind = problem("kvk", "/data/kvkNumber")
    for n in (1, 2):
        await room.hear(answered(None, POSTCODE, kind=EventRefused, subject=f"U-{n}", room=room))
    await room.hear(answered(subject="U-1", room=room))
    await room.hear(answered(None, kind, kind=EventRefused, subject="U-2", room=room))
    [day] = await next_morning(room)
    assert (day.refused, day.corrected) == (3, 1)
    assert [(c.code, c.ids) for c in day.causes] == [("kvk", ("U-2",))]


async def test_warnings_are_listed_of_what_changed_and_not_of_what_was_sent_again(room: Room) -> None:
    """A nightly full list with the same remarks does not mail every day; the remark of the sandbox is none."""
    remark = problem("unknown-field", "/data/nmae")
    await room.hear(answered(None, problem("sandbox"), remark, subject="U-1", room=room))
    [day] = await next_morning(room)
    assert [(c.code, c.refused, c.ids) for c in day.causes] == [("unknown-field", False, ("U-1",))]
    await room.hear(answered(None, remark, subject="U-1", outcome="unchanged", room=room))
    assert await next_morning(room) == []


async def test_gaps_silence_and_delays_stand_in_the_day(room: Room) -> None:
    """What was noticed that day; what we delayed is counted as long as the final answer is not there."""
    await numbers(room, 1, 3)
    await room.hear(answered(None, kind=EventDelayed, event_id="d1", room=room))
    await room.hear(answered(None, kind=EventDelayed, event_id="d2", room=room))
    await room.hear(answered(event_id="d2", room=room))
    await minutes(room, 16)
    [day] = await next_morning(room)
    assert [(g.count, g.missing[0].first) for g in day.gaps] == [(1, 2)]
    assert day.delayed == 1


async def test_a_long_list_is_cut_and_says_so(room: Room) -> None:
    """The fact keeps within an event; the count is whole."""
    await room.hear(
        *[answered(None, POSTCODE, kind=EventRefused, subject="x" * 90 + f"{n:04}", room=room) for n in range(500)]
    )
    [day] = await next_morning(room)
    [cause] = day.causes
    assert (cause.count, len(cause.ids)) == (500, 100)


def test_how_a_partner_finds_its_row() -> None:
    """By its own id; where many events may be about one thing, with the event's id; else by the hash."""
    assert about(REPORTED, "U-1", "e1", None) == "U-1"
    assert about(SIGNAL, "GM0344", "e1", None) == "GM0344 (e1)"
    assert about(None, None, "e1", None) == "e1"
    assert about(None, None, None, "ab" * 32) == "sha256:" + "ab" * 8
