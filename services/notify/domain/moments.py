"""When a mail goes: at once, within working hours, or with the daily mail. Times of day are those of Europe/Amsterdam."""

from datetime import UTC, date, datetime, time, timedelta

from shared.dutch import HERE

WORK_BEGINS, WORK_ENDS = time(8), time(18)
SATURDAY = 5


def working_day(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < SATURDAY


def at_once(now: datetime, *, working_hours_only: bool) -> datetime:
    """Now; or, for who wants it so, the next moment between 8 and 18 o'clock from Monday to Friday."""
    local = now.astimezone(HERE)
    if not working_hours_only or (working_day(local.date()) and WORK_BEGINS <= local.time() < WORK_ENDS):
        return now
    tomorrow = local.time() >= WORK_ENDS or not working_day(local.date())
    return _at(_next_working_day(local.date() + timedelta(days=int(tomorrow))), WORK_BEGINS)


def next_digest(now: datetime, at: time, *, working_days_only: bool) -> datetime:
    """The first moment after `now` at which the clock shows `at`, on a working day for who wants it so."""
    day = now.astimezone(HERE).date()
    if _at(day, at) <= now:
        day += timedelta(days=1)
    return _at(_next_working_day(day) if working_days_only else day, at)


def next_hour(now: datetime) -> datetime:
    """The next whole hour, when what was held back because it was too much goes in one mail."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _next_working_day(day: date) -> date:
    while not working_day(day):
        day += timedelta(days=1)
    return day


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=HERE).astimezone(UTC)
