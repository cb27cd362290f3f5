"""Numbers that a source gives its events: which are missing. Events overtake each other, and counters begin anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

OVERTAKING = timedelta(minutes=15)
"""For so long a number may be behind those that were sent after it. As long as an event waits at a taker."""
NEW_BEGINNING = 1
"""A source that sends this number, or less, afresh has begun to count anew."""
MOST_GAPS = 200
"""Of one source; beyond that the oldest are let go: such numbers are no numbering."""
MOST_STRAYS = 50


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers in a row that were passed over."""

    first: int
    last: int
    missed_at: datetime
    told: bool = False

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Run:
    """How far the numbering of a source has come since it began."""

    lowest: int
    highest: int
    began_at: datetime
    strays: tuple[tuple[int, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number as it came. `again`: its event has been answered before, so that the number says nothing new."""

    number: int
    again: bool = False


def follow(
    run: Run | None, gaps: Sequence[Gap], numbers: Iterable[Numbered], now: datetime
) -> tuple[Run | None, tuple[Gap, ...]]:
    """What is missing after these numbers, in the order in which they came."""
    open_ = tuple(gaps)
    for one in numbers:
        run, open_ = _next(run, open_, one, now)
    return run, open_[-MOST_GAPS:]


def _next(  # noqa: PLR0911 - one return for each thing that a number can be
    run: Run | None, gaps: tuple[Gap, ...], one: Numbered, now: datetime
) -> tuple[Run | None, tuple[Gap, ...]]:
    n = one.number
    if run is None:
        return (run, gaps) if one.again else (Run(n, n, now), gaps)
    if n > run.highest:
        missed = (Gap(run.highest + 1, n - 1, now),) if n > run.highest + 1 else ()
        return replace(run, highest=n), gaps + missed
    if any(g.first <= n <= g.last for g in gaps):
        return run, tuple(left for g in gaps for left in _without(g, n))
    if one.again:
        return run, gaps
    if n < run.lowest and now - run.began_at <= OVERTAKING:
        between = (Gap(n + 1, run.lowest - 1, now),) if n + 1 < run.lowest else ()
        return replace(run, lowest=n), gaps + between
    recent = tuple(s for s in run.strays if now - s[1] <= OVERTAKING)
    if n <= NEW_BEGINNING:
        early = sorted({number for number, _ in recent if number > n})
        return follow(Run(n, n, now), gaps, [Numbered(number) for number in early], now)
    return replace(run, strays=(*recent, (n, now))[-MOST_STRAYS:]), gaps


def _without(gap: Gap, n: int) -> Iterable[Gap]:
    if not gap.first <= n <= gap.last:
        yield gap
        return
    if gap.first < n:
        yield replace(gap, last=n - 1)
    if n < gap.last:
        yield replace(gap, first=n + 1)
