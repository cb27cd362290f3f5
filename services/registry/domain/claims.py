"""Claims: what one partner says about one initiative, kept as said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.events.partner import InitiativeReported
from shared.events.problems import Problem, problem

from .location import doubts

ClaimKey = tuple[str, str]
"""(partner, external_id)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One partner's word for one initiative. `fields` has the names of the contract and no contact."""

    partner: str
    external_id: str
    initiative_id: str
    fields: Mapping[str, Any]
    changed_at: datetime
    known_since: datetime
    withdrawn_reason: str | None = None

    @property
    def key(self) -> ClaimKey:
        return self.partner, self.external_id

    @property
    def live(self) -> bool:
        return self.withdrawn_reason is None

    @property
    def age(self) -> tuple[datetime, str, str]:
        """Sorts the oldest first."""
        return self.known_since, self.partner, self.external_id


@dataclass(frozen=True, slots=True)
class Held:
    """What is remembered of a claim to tell whether a word about it is news."""

    initiative_id: str
    sha256: bytes
    said_at: datetime
    withdrawn: bool


News = Literal["new", "changed", "unchanged", "superseded"]


def news(held: Held | None, sha256: bytes, said_at: datetime) -> News:
    """What a report adds to what is held: an older one comes too late, the same content changes nothing."""
    if held is None:
        return "new"
    if sha256 == held.sha256 and (not held.withdrawn or said_at < held.said_at):
        return "unchanged"
    return "superseded" if said_at < held.said_at else "changed"


def warnings(data: InitiativeReported, unknown: tuple[str, ...], *, year: int) -> list[Problem]:
    """What the partner should look at, although the claim was taken. `year` is when it said so."""
    found = [problem("unknown-field", pointer) for pointer in unknown]
    found += doubts(data.place, data.postcode, data.municipality)
    if data.founded and data.founded > year:
        found.append(problem("future-year", "/data/founded", value=data.founded))
    contact = data.contact
    if contact and contact.email and not contact.published and not any(c.given for c in contact.consents):
        found.append(problem("no-consent", "/data/contact"))
    return found
