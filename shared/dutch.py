"""Dates, numbers and lists as a Dutch reader writes them; times are those of Europe/Amsterdam."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Europe/Amsterdam")

MONTHS = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)
DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")


def day(moment: datetime) -> str:
    """ "zaterdag 31 oktober"."""
    local = moment.astimezone(HERE)
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"


def date(moment: datetime) -> str:
    """ "31 oktober 2026"."""
    local = moment.astimezone(HERE)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def date_and_time(moment: datetime) -> str:
    """ "31 oktober 2026 om 8.05 uur"."""
    local = moment.astimezone(HERE)
    return f"{date(moment)} om {local.hour}.{local.minute:02} uur"


def last_day(closes: datetime) -> str:
    """The last day on which something that closes at `closes` (exclusive) can be done: midnight is the day before."""
    return day(closes - timedelta(microseconds=1))


def last_date(closes: datetime) -> str:
    """As `last_day`, with the year: "31 oktober 2026"."""
    return date(closes - timedelta(microseconds=1))


def number(value: int) -> str:
    """ "1.471"."""
    return f"{value:,}".replace(",", ".")


def count(value: int, one: str, many: str) -> str:
    """ "1 initiatief", "1.471 initiatieven"."""
    return f"{number(value)} {one if value == 1 else many}"


def percentage(part: int, whole: int) -> str:
    """ "22%", rounded to whole per cents; "0%" of nothing."""
    return f"{round(100 * part / whole)}%" if whole else "0%"


def listing(words: Sequence[str]) -> str:
    """ "Omzien, Zorgnet en Noaberhulp"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} en {words[-1]}" if words else ""


def capital(text: str) -> str:
    """The text with a capital at the beginning, the rest as it is."""
    return text[:1].upper() + text[1:]
