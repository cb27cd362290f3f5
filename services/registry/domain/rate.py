"""How fast a partner may send over HTTP: a bucket of tokens that fills at a steady rate.

Each replica counts for itself: with n replicas a partner may send up to n times as much. It is there to keep one partner
from taking all of a service, not to bill by.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Bucket:
    """Fills with `per_second` events a second up to `burst`. Taking is allowed while it holds one, and may leave it in debt:
    a large batch is never starved, and is paid for by waiting."""

    per_second: float
    burst: float
    level: float
    at: datetime

    def wait_s(self, now: datetime) -> float:
        """0 if something may be taken now, else the seconds until it may."""
        passed = max((now - self.at).total_seconds(), 0)
        self.level, self.at = min(self.level + passed * self.per_second, self.burst), now
        return 0 if self.level >= 1 else (1 - self.level) / self.per_second

    def take(self, events: int) -> None:
        """Takes so many."""
        self.level -= events


@dataclass(slots=True)
class Rates:
    """A bucket for each partner, and how many requests of each are at hand."""

    per_second: float
    burst: float
    at_once: int
    buckets: dict[str, Bucket] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)

    def bucket(self, partner: str, now: datetime) -> Bucket:
        """The partner's bucket, full if it is new."""
        return self.buckets.setdefault(partner, Bucket(self.per_second, self.burst, self.burst, now))

    def enter(self, partner: str) -> bool:
        """Whether one more request of this partner may be at hand; if so it must `leave`."""
        if self.open.get(partner, 0) >= self.at_once:
            return False
        self.open[partner] = self.open.get(partner, 0) + 1
        return True

    def leave(self, partner: str) -> None:
        """A request is done."""
        self.open[partner] -= 1
        if not self.open[partner]:
            del self.open[partner]
