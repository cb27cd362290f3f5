"""Whose turn it is: who has used little of the service lately goes first, so that one partner's burst costs the others little.

Time is shared, not events: what one event takes differs a hundredfold between reactions. The idea is that of least
attained service first (Kleinrock, "Queueing Systems", vol. 2, 1976), with a memory that fades.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

HALF_LIFE_S = 10.0
"""In so many seconds the memory of what a queue used is halved."""
LOUD_S = 0.25
"""As long as nobody used more than this lately, nobody is in another's way."""
BACKLOG = 20
"""Who has so many messages waiting waits for himself more than for others."""
LIGHT = 0.5
"""Who has little waiting, and used at most this part of what the loudest used, goes first."""
COMPANY_S = 60.0
"""So long after a queue's last message the others leave room for its next."""
LONG_S = 1.0
"""How long a batch may take when nobody waits behind it: a handler has its limit (30 s), and a machine its bad days."""
SHORT_S = 0.012
"""How long a batch should take while others may come in between, or OF_LEAST times the least that a batch takes: with less
the service would mostly begin and commit."""
OWN_S = 0.1
"""The same for what the platform tells itself. A backlog of that keeps everybody waiting, and does not end by itself as a partner's
burst does: in batches of 12 ms a service with a backlog falls further behind at half of what it can do."""
OF_LEAST = 2.5
FORGET = 1.01
"""The least that a batch takes is forgotten by so much with each."""
FEWEST_EVENTS = 10


@dataclass(slots=True)
class _Use:
    seconds: float = 0.0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """The queues to take from, one message from each in turn, how many events at most, and how long that should take."""

    queues: Sequence[str]
    events: int
    within_s: float = LONG_S

    @property
    def short(self) -> bool:
        """Somebody may be waiting for an answer, behind this batch: it is at work alone, and its answers leave before the next."""
        return self.within_s <= SHORT_S


@dataclass(slots=True)
class Turns:
    """Decides by what each queue has used. Times are seconds of a clock that only goes forward."""

    most_events: int
    waited_for: Callable[[str], bool] = lambda _: True
    """Whether somebody waits for what comes of a queue: a partner for its answers. Of what the platform tells itself no
    batch is made short."""
    _used: dict[str, _Use] = field(default_factory=dict)
    _limits: dict[float, int] = field(default_factory=dict)
    """How many events a batch may have that should take so long."""
    _least_s: float = SHORT_S
    _turn: int = 0

    def __post_init__(self) -> None:
        few = min(50, self.most_events)
        self._limits = {LONG_S: self.most_events, OWN_S: few, SHORT_S: few}

    def next(self, ready: Mapping[str, int], now: float) -> Turn:
        """Who is served now, of the queues that hold something: so many messages each."""
        self._turn += 1
        queues = list(ready)
        start = self._turn % len(queues) if queues else 0
        queues = [*queues[start:], *queues[:start]]
        lately = {name: self._lately(name, now) for name in self._used}
        loudest, most = max(lately.items(), key=lambda one: one[1], default=("", 0.0))
        heard = {*ready, *(name for name, use in self._used.items() if now - use.at < COMPANY_S)}
        waited_for = {name for name in heard if self.waited_for(name)}
        if most < LOUD_S or waited_for <= {loudest} or all(ready.get(name, 0) >= BACKLOG for name in waited_for):
            return Turn(queues, self._limits[LONG_S])
        first = [name for name in queues if ready[name] < BACKLOG and self._lately(name, now) <= LIGHT * most]
        chosen = first or queues
        within_s = self._within_s(chosen, waited_for)
        return Turn(chosen, self._limits[within_s], within_s)

    def _within_s(self, chosen: Sequence[str], waited_for: Collection[str]) -> float:
        """How long these may work: a partner that is there alone waits for itself, and for facts."""
        facts = [name for name in chosen if name not in waited_for]
        if len(facts) == len(chosen):
            return OWN_S
        if len(waited_for) > 1:
            return SHORT_S
        return OWN_S if facts else LONG_S

    def took(self, turn: Turn, events: Mapping[str, int], seconds: float, now: float) -> None:
        """What a turn has used: by queue how many events, and how long they took together."""
        total = sum(events.values())
        for name, count in events.items():
            self._used[name] = _Use(self._lately(name, now) + seconds * count / total, now)
        if total:
            self._least_s = min(self._least_s * FORGET, seconds)
        target = turn.within_s if turn.within_s == LONG_S else max(turn.within_s, OF_LEAST * self._least_s)
        self._limits[turn.within_s] = self._fit(self._limits[turn.within_s], total, seconds, target)

    def _fit(self, limit: int, events: int, seconds: float, target: float) -> int:
        """How many events the next batch may have, by how long this one took."""
        if seconds > target and events > FEWEST_EVENTS:
            return max(FEWEST_EVENTS, events * 3 // 4)
        if seconds < target / 2 and events >= limit:
            return min(self.most_events, limit * 3 // 2)
        return limit

    def _lately(self, name: str, now: float) -> float:
        use = self._used.get(name)
        return use.seconds * 0.5 ** ((now - use.at) / HALF_LIFE_S) if use else 0.0
