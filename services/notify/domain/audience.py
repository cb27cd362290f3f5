"""Who hears of an event, and when: at once, with others at the whole hour if it gets too much, or with the daily mail."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from services.notify.domain.moments import at_once, next_digest, next_hour


@dataclass(frozen=True)
class Staff:
    """A staff member, as far as mails need it."""

    id: str
    email: str
    name: str | None
    digest_at: time
    working_hours_only: bool


@dataclass(frozen=True)
class Follower:
    """A staff member who follows what this notice is about."""

    notice_id: str
    kind: str
    staff: Staff
    at_once: bool


@dataclass(frozen=True)
class Planned:
    """When a follower hears of a notice; `alone`: in a mail of its own."""

    follower: Follower
    due: datetime
    alone: bool


def plan(
    followers: Iterable[Follower], sent: Mapping[tuple[str, str], int], now: datetime, *, burst: int
) -> Sequence[Planned]:
    """When each follower hears of it.

    `sent`: how many mails of one kind (staff id, kind) a person got in the last hour. Nobody is sent more than `burst`
    of a kind in an hour: the rest goes in one mail at the whole hour.
    """
    counted = Counter(sent)
    planned = []
    for follower in followers:
        staff = follower.staff
        if not follower.at_once:
            due = next_digest(now, staff.digest_at, working_days_only=staff.working_hours_only)
            planned.append(Planned(follower, due, alone=False))
            continue
        counted[staff.id, follower.kind] += 1
        alone = counted[staff.id, follower.kind] <= burst
        due = at_once(now if alone else next_hour(now), working_hours_only=staff.working_hours_only)
        planned.append(Planned(follower, due, alone))
    return planned
