"""Cells as people and spreadsheets write them, turned into the values of the contract.

A cell that cannot be understood keeps its text: the contract's own check then says what is wrong with it, so that a file
and a program hear the same of the same value. Nothing is guessed that could be two things ("1,500" is no whole number).
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from shared.events.codelists import Label

from .model import Cell

NOTHING = frozenset({"", "-", "--", "–", "?", "nvt", "onbekend", "unknown", "na"})
"""What people write in a cell of which the value is not known, as `plain` gives it or as it stands."""
DEFUSED = re.compile(r"^'+[=+\-@\t\r]")
"""A quote in front keeps a spreadsheet from running what follows as a formula; it is no part of the value."""
_ENDS = re.compile(r"[\r\n\t\v\f\u2028\u2029]+")
_AS_TEXT = re.compile(r'^="([^"]*)"$')
_THOUSANDS = re.compile(r"^\d{1,3}([. \u00a0]\d{3})+(,\d+)?$")
_DECIMAL = re.compile(r"^-?\d+(,\d+)?$")
_POINT = re.compile(r"^-?\d+\.\d+$")
_YES = frozenset({"ja", "j", "yes", "y", "x", "v", "waar", "true", "1", "✓", "✔", "☑", "aan"})
_NO = frozenset({"nee", "n", "no", "onwaar", "false", "0", "uit", "neen"})


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
    if isinstance(found.value, float):
        return Reading(said)
    broken = isinstance(cell, str) and isinstance(found.value, int) and re.search(r",\d|^-?\d+\.\d", said)
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


def _whole(value: float) -> float:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
