"""Which numbers of a source are missing, whatever order they come in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.sequences import MOST_GAPS, OVERTAKING, Gap, Numbered, Run, follow
from services.registry.domain.silence import is_silent, rhythm_days

NOW = datetime(2026, 9, 20, 10, tzinfo=UTC)


def missing(*numbers: int, run: Run | None = None, gaps: Sequence[Gap] = (), now: datetime = NOW) -> list[int]:
    """The numbers that are missing after these."""
    _, found = follow(run, gaps, [Numbered(n) for n in numbers], now)
    return [n for g in found for n in range(g.first, g.last + 1)]


@pytest.mark.parametrize(
    ("numbers", "gone"),
    [
        ((1, 2, 3), []),
        ((41, 42), []),
        ((1, 2, 5), [3, 4]),
        ((1, 5, 3), [2, 4]),
        ((2, 1, 3), []),
        ((5, 3, 6), [4]),
        ((1, 5, 4, 2, 3), []),
        ((1, 2, 2, 3), []),
        ((1, 2, 3, 2, 4), []),
        ((1, 2, 3, 1, 2, 3, 4, 5), []),
        ((1, 2, 3, 2, 1, 3, 4), []),
        ((1, 2, 3, 0, 1, 2, 4), [3]),
    ],
)
def test_what_is_missing(numbers: tuple[int, ...], gone: list[int]) -> None:
    """Only what was passed over and has not come since; counting begins where a source is first heard, and again at 1."""
    assert missing(*numbers) == gone


def test_a_new_beginning_is_no_thousand_gaps() -> None:
    """A source that had come to a thousand and begins at 1 misses nothing; what it missed before stays missing."""
    run, gaps = follow(None, (), [Numbered(n) for n in (*range(1, 1001), 1003)], NOW)
    later = NOW + timedelta(days=30)
    assert missing(1, 2, 3, run=run, gaps=gaps, now=later) == [1001, 1002]
    assert missing(2, 1, 3, run=run, gaps=gaps, now=later) == [1001, 1002]


def test_an_old_event_sent_again_is_no_new_beginning() -> None:
    """A repeated event with number 1 says nothing of the numbering."""
    run, gaps = follow(None, (), [Numbered(n) for n in range(1, 11)], NOW)
    run, gaps = follow(run, gaps, [Numbered(1, again=True), Numbered(11)], NOW)
    assert run is not None
    assert (run.highest, gaps) == (11, ())


def test_a_low_number_long_after_the_beginning_is_not_missing_what_lies_between() -> None:
    """Only what overtakes lowers the beginning; later it is an old number."""
    run, gaps = follow(None, (), [Numbered(50)], NOW)
    assert missing(40, run=run, gaps=gaps, now=NOW + OVERTAKING) == list(range(41, 50))
    assert missing(40, run=run, gaps=gaps, now=NOW + OVERTAKING + timedelta(seconds=1)) == []


def test_numbers_that_are_no_numbering_do_not_grow_without_bound() -> None:
    """Of a source that numbers by the clock, so many gaps are kept and no more."""
    _, gaps = follow(None, (), [Numbered(n) for n in range(0, 10_000, 10)], NOW)
    assert len(gaps) == MOST_GAPS


@given(st.lists(st.integers(1, 60), min_size=1, max_size=60, unique=True).flatmap(st.permutations))
def test_in_any_order_what_never_came_is_what_is_missing(numbers: list[int]) -> None:
    """However events overtake each other shortly after the beginning: missing is what lies between the lowest and the
    highest and did not come."""
    if 1 in numbers:
        numbers = [n + 1 for n in numbers]
    assert sorted(missing(*numbers)) == [n for n in range(min(numbers), max(numbers)) if n not in numbers]


def days(*offsets: int) -> list[date]:
    return [date(2026, 6, 1) + timedelta(days=n) for n in offsets]


@pytest.mark.parametrize(
    ("sent", "rhythm"),
    [
        (days(0, 7, 14, 21, 28, 35), 7),
        (days(0, 7, 14, 21, 28), None),
        (days(0, 1, 2, 3, 4, 7, 8, 9), 1),
        (days(0, 30, 61, 91, 122, 152), 30),
        (days(*range(0, 300, 30), *range(300, 392, 7)), 7),
    ],
)
def test_the_rhythm_is_the_median_of_the_latest_intervals(sent: list[date], rhythm: int | None) -> None:
    """It takes six days with events to know one; only the latest twelve intervals count."""
    assert rhythm_days(sent) == rhythm


@pytest.mark.parametrize(
    ("sent", "quiet", "silent"),
    [
        (days(0, 7, 14, 21, 28, 35), 21, False),
        (days(0, 7, 14, 21, 28, 35), 22, True),
        (days(0, 1, 2, 3, 4, 5), 7, False),
        (days(0, 1, 2, 3, 4, 5), 8, True),
        (days(0, 7), 400, False),
    ],
)
def test_three_times_the_rhythm_is_silence(sent: list[date], quiet: int, silent: bool) -> None:
    """Weekly: after 21 days. Nobody within a week, and nobody without a rhythm."""
    assert (is_silent(sent, max(sent) + timedelta(days=quiet)) is not None) == silent
