"""Whom an initiative may be reached through and for what, and what it allows: consents with their date decide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

INVITATION = "uitnodiging"
LISTED = "op-de-kaart"
PASSED_ON = "doorgeven-aan-netwerk"


@dataclass(frozen=True, slots=True)
class ConsentSaid:
    """One permission given or withheld by the initiative, through whatever channel."""

    purpose: str
    given: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ClaimContact:
    """The person to reach as one partner knows it, with the permissions that this partner can show."""

    person: str | None
    email: str | None
    published: bool
    consents: tuple[ConsentSaid, ...] = ()


@dataclass(frozen=True, slots=True)
class Reachable:
    """The address to use, and for what; no address means that there is none to be used."""

    person: str | None = None
    email: str | None = None
    purposes: tuple[str, ...] = ()


def permissions(said: Iterable[ConsentSaid]) -> frozenset[str]:
    """The purposes for which the newest word is yes; of two words of one moment the refusal counts."""
    newest: dict[str, ConsentSaid] = {}
    for consent in said:
        known = newest.get(consent.purpose)
        if known is None or (consent.at, not consent.given) > (known.at, not known.given):
            newest[consent.purpose] = consent
    return frozenset(c.purpose for c in newest.values() if c.given)


def choose_contact(contacts: Sequence[ClaimContact], own: Sequence[ConsentSaid]) -> Reachable:
    """The first usable address in the order of precedence given.

    An address goes with the permissions that came with it and with what the initiative said itself. To an address that
    the initiative published to be reached on, it may be invited, unless it has said no to that.
    """
    for contact in contacts:
        if contact.email is None:
            continue
        said = [*contact.consents, *own]
        purposes = set(permissions(said))
        if contact.published and not any(c.purpose == INVITATION and not c.given for c in said):
            purposes.add(INVITATION)
        if purposes:
            return Reachable(contact.person, contact.email, tuple(sorted(purposes)))
    return Reachable()
