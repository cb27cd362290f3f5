"""Cells as people and spreadsheets write them, turned into the values of the contract.

A cell that cannot be understood keeps its text: the contract's own check then says what is wrong with it, so that a file
and a program hear the same of the same value. Nothing is guessed that could be two things ("1,500" is no whole number).
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process

from shared.dutch import DAYS, HERE, MONTHS
from shared.events.codelists import Label

from .model import Cell

Choices = Mapping[str, Label]

NOTHING = frozenset({"", "-", "--", "–", "?", "nvt", "onbekend", "unknown", "na"})
"""What people write in a cell of which the value is not known, as `plain` gives it or as it stands."""
DEFUSED = re.compile(r"^'+[=+\-@\t\r]")
"""A quote in front keeps a spreadsheet from running what follows as a formula; it is no part of the value."""
EXCEL_DAYS = range(18_264, 80_000)
"""Day numbers (1950 to 2119) that Excel shows when a date has lost its format."""
SURE, PERHAPS, APART = 90, 65, 5
"""Likeness (0-100) from which a misspelled choice is taken, from which it is asked, and how far the next one must be."""

LONGEST_WORDS = 300
"""Characters of what may be a choice or a date; what is longer is not looked at with patterns, which could take long."""

_ENDS = re.compile(r"[\r\n\t\v\f\u2028\u2029]+")
_EXCEL_ZERO = date(1899, 12, 30)
_AS_TEXT = re.compile(r'^="([^"]*)"$')
_THOUSANDS = re.compile(r"^\d{1,3}([. \u00a0]\d{3})+(,\d+)?$")
_DECIMAL = re.compile(r"^\d+(,\d+)?$")
_POINT = re.compile(r"^\d+\.\d+$")
_YES = frozenset({"ja", "j", "yes", "y", "x", "v", "waar", "true", "1", "✓", "✔", "☑", "aan"})
_NO = frozenset({"nee", "n", "no", "onwaar", "false", "0", "uit", "neen"})
_SHORT_MONTHS = {m[:3]: n for n, m in enumerate(MONTHS, 1)} | {"mrt": 3, "mar": 3, "may": 5, "oct": 10, "maa": 3}
_WEEKDAY = re.compile(rf"^({'|'.join(DAYS)}|ma|di|wo|do|vr|za|zo)[.,]?\s+", re.IGNORECASE)
_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?$")
_DAY_FIRST = re.compile(
    r"^(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*['’‘]?(\d{4}|\d{2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?$"
)
_IN_WORDS = re.compile(r"^(?:(\d{1,2})(?:e|ste|de|\.)?[\s-]+)?([a-z]{3,9})\.?[\s-]+['’‘]?(\d{4}|\d{2})$", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"^(\d{1,2})\s*[-/]\s*(\d{4})$")


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a cell, None when it holds none. `read_as` is told to the sender when the value is not what stood there;
    `meant` is the choice that a text resembles."""

    value: Any
    read_as: Label | str | None = None
    meant: str | None = None


EMPTY = Reading(None)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Text without case, accents, spaces and punctuation: what is left when two spellings of a word are one."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if c.isalnum())


def text_of(cell: Cell) -> str:  # noqa: PLR0911 - one return a kind of cell
    """A cell as a Dutch reader sees it: 31-12-2019, 1,5, ja."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "ja" if cell else "nee"
        case datetime():
            return f"{cell:%d-%m-%Y}" if cell.time() == time() else f"{cell:%d-%m-%Y %H:%M:%S}"
        case date():
            return f"{cell:%d-%m-%Y}"
        case time():
            return f"{cell:%H:%M:%S}"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case _:
            return str(cell).replace(".", ",")


def cleaned(text: str) -> str | None:
    """The text of a cell of a file; None when there is nothing in it."""
    if (quoted := _AS_TEXT.match(text)) is not None:
        text = quoted[1]
    if DEFUSED.match(text):
        text = text[1:]
    return text if text.strip() else None


def is_nothing(cell: Cell) -> bool:
    """Whether a cell says that its value is not known."""
    if not isinstance(cell, str):
        return cell is None
    text = cell.strip()
    return text.casefold() in NOTHING or (0 < len(text) < 20 and plain(text) in NOTHING - {""})


def line(cell: Cell) -> Reading:
    """Text of one line; line ends within the cell become spaces."""
    parts = (part.strip(" ") for part in _ENDS.split(text_of(cell)))
    return Reading(" ".join(part for part in parts if part).strip() or None)


def prose(cell: Cell) -> Reading:
    """Text of several lines."""
    return Reading(re.sub(r"\r\n?", "\n", text_of(cell)).strip() or None)


def number(cell: Cell) -> Reading:
    """A number with a decimal comma and points for thousands, or as the spreadsheet has it."""
    if is_nothing(cell):
        return EMPTY
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return Reading(_whole(cell) if math.isfinite(cell) else text_of(cell))
    text = text_of(cell).strip()
    if _THOUSANDS.match(text):
        text = re.sub(r"[. \u00a0]", "", text)
        return Reading(_whole(float(text.replace(",", "."))))
    if len(text) <= 15 and (_DECIMAL.match(text) or _POINT.match(text)):
        return Reading(_whole(float(text.replace(",", "."))))
    return Reading(text)


def count(cell: Cell) -> Reading:
    """A whole number; "1,500" and "1500.5" are none, and stay as they are."""
    found = number(cell)
    said = text_of(cell).strip()
    broken = isinstance(cell, str) and isinstance(found.value, int) and re.search(r",\d|^\d+\.\d", said)
    return Reading(said) if broken and not _THOUSANDS.match(said) else found


def yes_or_no(cell: Cell) -> Reading:
    if is_nothing(cell):
        return EMPTY
    said = text_of(cell).strip().casefold()
    return Reading(True if said in _YES else False if said in _NO else said)


def digits(cell: Cell) -> Reading:
    """What looks like a number and is none: postcode, Chamber of Commerce number."""
    return EMPTY if is_nothing(cell) else line(cell)


def kvk(cell: Cell) -> Reading:
    """Eight digits; a spreadsheet drops the zeros in front, people add spaces and points."""
    if is_nothing(cell):
        return EMPTY
    text = re.sub(r"[ .\u00a0]", "", text_of(cell))
    shortest = 6 if isinstance(cell, str) else 1
    return Reading(text.zfill(8) if text.isascii() and text.isdigit() and len(text) >= shortest else text)


def phone(cell: Cell) -> Reading:
    """A spreadsheet drops the zero in front of a number, or the plus in front of 31."""
    if is_nothing(cell):
        return EMPTY
    text = text_of(cell).strip()
    if re.fullmatch(r"[1-9]\d{8}", text):
        return Reading("0" + text)
    return Reading("+" + text if re.fullmatch(r"31[1-9]\d{8}", text) else line(cell).value)


def mail(cell: Cell) -> Reading:
    return EMPTY if is_nothing(cell) else Reading(re.sub(r"^mailto:", "", text_of(cell).strip(), flags=re.IGNORECASE))


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


def _whole(value: float) -> float:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


# --- choices -------------------------------------------------------------------------------------------------------


def one_of(cell: Cell, choices: Choices) -> Reading:
    """A code by its label in either language, or by itself."""
    return EMPTY if is_nothing(cell) else _choice(text_of(cell).strip(), choices)


def many_of(cell: Cell, choices: Choices) -> tuple[Reading, ...]:
    """Codes divided by semicolons, line ends, bars, commas or slashes."""
    if is_nothing(cell):
        return ()
    text = text_of(cell).strip()
    if exact(text, choices) is not None:
        return (_choice(text, choices),)
    parts = [p for part in divided(text, commas=True) for p in _joined_by_and(part, choices)]
    return tuple(_choice(part, choices) for part in parts)


def _joined_by_and(text: str, choices: Choices) -> Sequence[str]:
    """ "zorg en welzijn" is two choices, if it is not one itself and both are known."""
    if len(text) > LONGEST_WORDS:
        return [text]
    parts = re.split(r"\s+(?:en|and|&|\+)\s+", text, flags=re.IGNORECASE)
    two = len(parts) > 1 and exact(text, choices) is None and all(exact(p, choices) for p in parts)
    return parts if two else [text]


def divided(text: str, *, commas: bool) -> Sequence[str]:
    """The parts of a list in one cell; commas and slashes divide only where nothing stronger does."""
    parts = re.split(r"[;|\r\n]+", text)
    if len(parts) == 1 and commas:
        parts = re.split(r"[,/•]+", text)
    return [part.strip(" \t•*") for part in parts if part.strip(" \t•*")]


def exact(text: str, choices: Choices) -> str | None:
    """The code that a text names, by itself or a label, however it is spelled; None when it names none."""
    if text in choices:
        return text
    wanted = plain(text) if len(text) <= LONGEST_WORDS else ""
    return (
        next((code for code, label in choices.items() if wanted in _spellings(code, label)), None) if wanted else None
    )


def _spellings(code: str, label: Label) -> tuple[str, str, str]:
    return plain(code), plain(label.nl), plain(label.en)


def _choice(text: str, choices: Choices) -> Reading:
    """The code; when nothing is quite the same, what is nearly the same if only one is; else the text as it stands."""
    if (code := exact(text, choices)) is not None:
        return Reading(code)
    said = plain(text[:LONGEST_WORDS])[:100]
    likeness = sorted(
        ((max(fuzz.ratio(said, s) for s in _spellings(c, label)), c) for c, label in choices.items()), reverse=True
    )
    if not likeness or not said:
        return Reading(text)
    best, code = likeness[0]
    next_best = likeness[1][0] if len(likeness) > 1 else 0
    if best >= SURE and best - next_best >= APART and len(said) >= 6:
        return Reading(code, read_as=choices[code])
    return Reading(text, meant=choices[code].nl if best >= PERHAPS else None)


def nearest(text: str, known: Mapping[str, str]) -> str | None:
    """The value of the key of `known` (as `plain` gives it) that a text resembles."""
    found = process.extractOne(plain(text[:LONGEST_WORDS])[:100], known.keys(), scorer=fuzz.ratio, score_cutoff=78)
    return known[found[0]] if found else None
