"""Which response counts: of those that stand for one initiative in one campaign, the latest.

Late is when it was answered, never later than when it was received: a response that was delayed on its way does not
replace a newer one, and a clock that runs ahead wins nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A response and where it stands. `was_for` is the initiative it stood for until now; None when it is new."""

    id: str
    campaign_id: str
    initiative_id: str
    answered_at: datetime
    received_at: datetime
    was_for: str | None = None
    counted: bool = False
    replaced_by: str | None = None

    @property
    def rank(self) -> tuple[datetime, datetime, str]:
        """Later beats earlier; ids (in order of time) decide between equals, so that every order of arrival agrees."""
        return (min(self.answered_at, self.received_at), self.received_at, self.id)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a response stands now."""

    id: str
    initiative_id: str
    counted: bool
    replaced_by: str | None


def recount(standings: Iterable[Standing]) -> list[Verdict]:
    """What changes, given all counted responses of these initiatives and those that are new or moved.

    A response that did not count and stays where it is, stays as it is.
    """
    groups: defaultdict[tuple[str, str], list[Standing]] = defaultdict(list)
    for standing in standings:
        groups[standing.campaign_id, standing.initiative_id].append(standing)
    changed = []
    for group in groups.values():
        best = max(group, key=lambda s: s.rank)
        for standing in group:
            counts = standing.id == best.id
            moved = standing.was_for != standing.initiative_id
            if moved or counts != standing.counted:
                verdict = Verdict(standing.id, standing.initiative_id, counts, None if counts else best.id)
                changed.append(verdict)
    return changed
