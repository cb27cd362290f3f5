"""When a partner is quiet for longer than it usually is. Its rhythm is the median of the days between days with events."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from math import ceil
from statistics import median

LEAST_INTERVALS = 5
"""Fewer say nothing of a rhythm: six days with events are needed."""
MOST_INTERVALS = 12
"""Older habits do not count."""
TIMES = 3
LEAST_DAYS = 7
"""Nobody is called silent within a week: a long weekend, a holiday, a sick colleague."""


def rhythm_days(days: Sequence[date]) -> int | None:
    """The days that usually lie between two days on which something was sent; None while that cannot be told."""
    latest = sorted(set(days))[-(MOST_INTERVALS + 1) :]
    between = [(later - earlier).days for earlier, later in pairwise(latest)]
    return ceil(median(between)) if len(between) >= LEAST_INTERVALS else None


def is_silent(days: Sequence[date], today: date) -> int | None:
    """The rhythm of one that has been quiet for more than three times that; None for all others."""
    rhythm = rhythm_days(days)
    if rhythm is None or (today - max(days)).days <= max(TIMES * rhythm, LEAST_DAYS):
        return None
    return rhythm
