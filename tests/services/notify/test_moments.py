"""When mails go, in the time of Amsterdam."""

from datetime import UTC, datetime, time

import pytest

from services.notify.domain.moments import at_once, next_digest, next_hour
from shared.dutch import HERE


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HERE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "working_days_only", "due"),
    [
        ("2026-09-21T07:59", False, "2026-09-21T08:00"),  # a Monday
        ("2026-09-21T08:00", False, "2026-09-22T08:00"),
        ("2026-09-25T09:00", False, "2026-09-26T08:00"),
        ("2026-09-25T09:00", True, "2026-09-28T08:00"),
        ("2026-10-24T12:00", False, "2026-10-25T08:00"),  # the clock goes back that night
        ("2026-03-28T12:00", False, "2026-03-29T08:00"),  # and forward that night
    ],
)
def test_the_daily_mail_goes_at_the_hour_that_the_clock_shows(now, working_days_only, due):
    """Strictly after now, on a working day for who wants that, whatever summer time does."""
    assert next_digest(here(now), time(8), working_days_only=working_days_only) == here(due)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-09-21T08:00", "2026-09-21T08:00"),
        ("2026-09-21T07:59", "2026-09-21T08:00"),
        ("2026-09-21T18:00", "2026-09-22T08:00"),
        ("2026-09-25T18:30", "2026-09-28T08:00"),
        ("2026-09-26T10:00", "2026-09-28T08:00"),
    ],
)
def test_within_working_hours_only_for_who_asked(now, due):
    """Monday to Friday, from 8 to 18 o'clock; for others at once."""
    assert at_once(here(now), working_hours_only=True) == here(due)
    assert at_once(here(now), working_hours_only=False) == here(now)


def test_the_whole_hour_is_the_next_one():
    """At the whole hour itself it is the one after."""
    assert next_hour(here("2026-09-21T10:00")) == here("2026-09-21T11:00")
    assert next_hour(here("2026-09-21T10:59")) == here("2026-09-21T11:00")
