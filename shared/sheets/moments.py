"""Dates and moments as Dutch people and spreadsheets write them."""

import math
import re
from datetime import date, datetime, time, timedelta

from shared.dutch import DAYS, HERE, MONTHS

from .cells import EMPTY, Reading, is_nothing, text_of
from .choices import LONGEST_WORDS
from .model import Cell

EXCEL_DAYS = range(18_264, 80_000)
"""Day numbers (1950 to 2119) that Excel shows when a date has lost its format."""

_EXCEL_ZERO = date(1899, 12, 30)
_SHORT_MONTHS = {m[:3]: n for n, m in enumerate(MONTHS, 1)} | {"mrt": 3, "mar": 3, "may": 5, "oct": 10, "maa": 3}
_WEEKDAY = re.compile(rf"^({'|'.join(DAYS)}|ma|di|wo|do|vr|za|zo)[.,]?\s+", re.IGNORECASE)
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?$")
_DAY_FIRST = re.compile(
    r"^(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*['’‘]?(\d{4}|\d{2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?$"
)
_IN_WORDS = re.compile(r"^(?:(\d{1,2})(?:e|ste|de|\.)?[\s-]+)?([a-z]{3,9})\.?[\s-]+['’‘]?(\d{4}|\d{2})$", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"^(\d{1,2})\s*[-/]\s*(\d{4})$")


def year(cell: Cell) -> Reading:
    """A year, or that of a date."""
    if is_nothing(cell):
        return EMPTY
    if isinstance(cell, date):
        return Reading(cell.year)
    found = _date(cell)
    return Reading(found[0].year) if found else Reading(text_of(cell).strip())


def day(cell: Cell) -> Reading:
    """A date (ISO). Of a month or a year it is the first day, and the sender is told so."""
    if is_nothing(cell):
        return EMPTY
    if isinstance(cell, datetime):
        return Reading(cell.date().isoformat())
    if isinstance(cell, date):
        return Reading(cell.isoformat())
    found = _date(cell)
    if found is None:
        return Reading(text_of(cell).strip())
    whole, complete = found
    return Reading(whole.isoformat(), read_as=None if complete else f"{whole:%d-%m-%Y}")


def moment(cell: Cell) -> Reading:
    """A moment with an offset; one without is of Europe/Amsterdam, a day begins at midnight."""
    if is_nothing(cell):
        return EMPTY
    if isinstance(cell, str):
        try:
            said = datetime.fromisoformat(cell.strip())
        except ValueError:
            pass
        else:
            return Reading((said if said.tzinfo else said.replace(tzinfo=HERE)).isoformat())
        short = len(cell) <= LONGEST_WORDS
        if short and (with_time := re.fullmatch(r"(\S+)\s+(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:\s*uur)?", cell.strip())):
            on, at = _date(with_time[1]), [int(n or 0) for n in with_time.groups()[1:]]
            if on and on[1] and at[0] < 24 and max(at[1:]) < 60:
                return Reading(datetime.combine(on[0], time(at[0], at[1], at[2]), HERE).isoformat())
    if isinstance(cell, datetime):
        return Reading((cell if cell.tzinfo else cell.replace(tzinfo=HERE)).isoformat())
    found = day(cell)
    try:
        midnight = datetime.combine(date.fromisoformat(str(found.value)), time(), HERE)
    except ValueError:
        return found
    return Reading(midnight.isoformat(), found.read_as)


def _date(cell: Cell) -> tuple[date, bool] | None:
    """The date that is meant, and whether the day was said; None when it is no date."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            return None
        cell = str(math.floor(cell)) if int(cell) in EXCEL_DAYS else text_of(cell)
    text = text_of(cell).strip()
    if len(text) > LONGEST_WORDS:
        return None
    text = _WEEKDAY.sub("", text)
    try:
        return _date_in(text)
    except ValueError:  # 31-2-2019
        return None


def _date_in(text: str) -> tuple[date, bool] | None:  # noqa: PLR0911 - one return a way of writing
    if re.fullmatch(r"[1-9]\d{3}", text):
        return date(int(text), 1, 1), False
    if re.fullmatch(r"\d{5}", text) and int(text) in EXCEL_DAYS:
        return _EXCEL_ZERO + timedelta(days=int(text)), True
    if m := _ISO.match(text):
        return date(int(m[1]), int(m[2]), int(m[3])), True
    if m := _DAY_FIRST.match(text):
        return date(_full_year(m[3]), int(m[2]), int(m[1])), True
    if m := _MONTH_YEAR.match(text):
        return date(int(m[2]), int(m[1]), 1), False
    if (m := _IN_WORDS.match(text)) and (month := _SHORT_MONTHS.get(m[2][:3].lower())):
        return date(_full_year(m[3]), month, int(m[1] or 1)), m[1] is not None
    return None


def _full_year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 50 else 1900)
