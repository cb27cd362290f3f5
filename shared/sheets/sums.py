"""Rows at the bottom of a list that add it up: they are no initiative, and are passed over and named.

Passed over is only what can hardly be anything else: "totaal" is the only text of the row, beside numbers. One that is
called so and says more than numbers stays a row.
"""

import re
from collections.abc import Iterable, Sequence

from shared.events.problems import Problem, problem

from .cells import plain, text_of
from .model import Cell

MOST_NAMED = 5
_SUM = re.compile(
    r"(sub|eind|algemeen|grand|general)?(totaal|totalen|total|totals)"
    r"((aantal|number|of|in|het|van|alle|initiatieven|leden|vrijwilligers|bezoekers|fte|rijen|perjaar)*)"
    r"|som|sum|gemiddeld|gemiddelde|average|mean"
    r"|aantal(initiatieven|leden|vrijwilligers|bezoekers|rijen)"
)
"""As `plain` gives it."""
_NUMBER = re.compile(r"[-+€\d., \u00a0%]+")
_Row = tuple[int, tuple[Cell, ...]]


def is_sum(cells: Sequence[Cell]) -> bool:
    """Whether a row says that it adds up others, and nothing but numbers besides."""
    filled = [text for cell in cells if (text := text_of(cell).strip())]
    words = [text for text in filled if not _NUMBER.fullmatch(text)]
    return len(words) == 1 and len(words[0]) <= 60 and _SUM.fullmatch(plain(words[0])) is not None


def passed_over(rows: Iterable[_Row]) -> tuple[list[_Row], tuple[Problem, ...]]:
    """The rows that are no sum; and a warning that names those that are."""
    left: list[_Row] = []
    sums: list[_Row] = []
    for row in rows:
        (sums if is_sum(row[1]) else left).append(row)
    return left, (_told(sums),) if sums else ()


def _told(sums: Sequence[_Row]) -> Problem:
    numbers = ", ".join(str(number) for number, _ in sums[:MOST_NAMED]) + (" …" if len(sums) > MOST_NAMED else "")
    return problem("sum-row", value=numbers)
