"""The period of a campaign, in the local time of the Netherlands."""

from datetime import UTC, datetime, timedelta

import pytest

from services.survey.domain.campaign import (
    Campaign,
    NotPossible,
    closing,
    opening,
    plan,
    until_in_words,
)
from shared.dutch import date_and_time


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-09-14", utc(2026, 9, 13, 22)),  # summer time: two hours
        ("2026-09-14T09:00", utc(2026, 9, 14, 7)),
        ("2026-01-05", utc(2026, 1, 4, 23)),  # winter time: one hour
        ("2026-03-29", utc(2026, 3, 28, 23)),  # the day on which summer time begins, still in winter time
        ("2026-03-29T03:00", utc(2026, 3, 29, 1)),
        ("2026-10-25T02:30", utc(2026, 10, 25, 0, 30)),  # comes twice: the first
    ],
)
def test_opening_is_local_time(text, moment):
    """A date opens at its first moment in the Netherlands, whatever the clock does that night."""
    assert opening(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-31", utc(2026, 10, 31, 23)),  # the whole day counts; winter time since the 25th
        ("2026-10-24", utc(2026, 10, 24, 22)),  # the day before winter time
        ("2026-10-25", utc(2026, 10, 25, 23)),  # a day of 25 hours
        ("2026-03-28", utc(2026, 3, 28, 23)),
        ("2026-03-29", utc(2026, 3, 29, 22)),  # a day of 23 hours
        ("2026-10-31T17:00", utc(2026, 10, 31, 16)),
        ("2026-10-25T02:30", utc(2026, 10, 25, 1, 30)),  # comes twice: the second, to the respondents' advantage
        ("2026-12-31", utc(2026, 12, 31, 23)),
    ],
)
def test_a_closing_date_counts_itself(text, moment):
    """A campaign that closes on a date takes answers until the end of that day, local time."""
    assert closing(text) == moment


@pytest.mark.parametrize(
    "text", ["2026-03-29T02:30", "morgen", "2026-13-01", "", "2026-09-14T09:00+02:00", "2026-09-14T09:00Z"]
)
def test_a_moment_that_makes_no_sense_is_refused(text):
    """An hour that the clock skips, no date at all, or somebody else's time zone."""
    with pytest.raises(NotPossible):
        opening(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"campaign_id": "Twintig"},
        {"campaign_id": ""},
        {"campaign_id": "-2026"},
        {"title": " "},
        {"title": "x" * 201},
        {"questionnaire": "1999.1"},
        {"closes": "2026-09-13"},
        {"opens": "2026-09-14T10:00", "closes": "2026-09-14T10:00"},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong):
    """Every part of a plan is looked at."""
    right = {
        "campaign_id": "2026",
        "title": "In kaart",
        "questionnaire": "2026.1",
        "opens": "2026-09-14",
        "closes": "2026-10-31",
    }
    assert plan(**right).status == "scheduled"
    with pytest.raises(NotPossible):
        plan(**{**right, **wrong})


CAMPAIGN = Campaign("2026", 1, "t", "2026.1", utc(2026, 9, 13, 22), utc(2026, 10, 31, 23), "scheduled")


def test_open_from_the_first_moment_to_just_before_the_last():
    """Opening is inclusive, closing exclusive."""
    second = timedelta(seconds=1)
    assert not CAMPAIGN.is_open(CAMPAIGN.opens - second)
    assert CAMPAIGN.is_open(CAMPAIGN.opens)
    assert CAMPAIGN.is_open(CAMPAIGN.closes - second)
    assert not CAMPAIGN.is_open(CAMPAIGN.closes)


def test_what_is_due_follows_the_clock():
    """Opened, closing soon a week before, closed: each said once, in that order, also when the clock has jumped."""
    assert CAMPAIGN.due(CAMPAIGN.opens - timedelta(seconds=1)) is None
    steps, now = [], CAMPAIGN.closes + timedelta(days=1)
    campaign = CAMPAIGN
    while step := campaign.due(now):
        steps.append(step)
        campaign = campaign.after(step)
    assert steps == ["open", "close"]
    assert (campaign.status, campaign.version) == ("closed", 3)
    opened = CAMPAIGN.after("open")
    assert opened.due(CAMPAIGN.closes - timedelta(days=7, seconds=1)) is None
    assert opened.due(CAMPAIGN.closes - timedelta(days=7)) == "closing-soon"
    assert opened.after("closing-soon").due(CAMPAIGN.closes - timedelta(days=6)) is None


def test_opening_and_closing_earlier_moves_the_moment():
    """Whoever opens or closes by hand moves the period to now; never the other way."""
    now = CAMPAIGN.opens - timedelta(days=3)
    assert CAMPAIGN.opened_at(now).opens == now
    opened = CAMPAIGN.after("open")
    assert opened.closed_at(CAMPAIGN.opens + timedelta(days=1)).closes == CAMPAIGN.opens + timedelta(days=1)
    with pytest.raises(NotPossible):
        opened.opened_at(now)
    with pytest.raises(NotPossible):
        CAMPAIGN.closed_at(now)
    with pytest.raises(NotPossible):
        CAMPAIGN.opened_at(CAMPAIGN.closes)


def test_moments_in_words():
    """People read local time; midnight is the end of the day before."""
    assert date_and_time(utc(2026, 9, 13, 22)) == "14 september 2026 om 0.00 uur"
    assert until_in_words(utc(2026, 10, 31, 23)) == "tot en met 31 oktober 2026"
    assert until_in_words(utc(2026, 10, 31, 16, 5)) == "tot 31 oktober 2026 om 17.05 uur"
