"""The golden record: what the platform holds to be true of an initiative, and whose word each field is.

Precedence: the initiative itself, newest statement first; its own partner (the one it names, else the only one that counts
it as a member, else the only one that knows it); other partners, newest change first; partners that withdrew it, last.
Only if no partner lists an initiative any longer, and it did not merely leave its network, is it closed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .claims import Claim
from .contacts import LISTED, ClaimContact, ConsentSaid, Reachable, choose_contact, permissions
from .location import Location, locate

LEFT_NETWORK = "verlaat-netwerk"
OTHER_NAMES_LIMIT = 20

_SINGLE = ("name", "kind", "phase", "legalForm", "founded", "website")
_LISTS = ("targetGroups", "themes", "activities")
_PRECISIONS = ("gemeente", "postcode", "ontmoetingsplek")
"""From least to most precise."""


@dataclass(frozen=True, slots=True)
class OwnStatement:
    """What the initiative said of itself, under the field names of a claim, and `memberships` where it named them."""

    response_id: str
    said_at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known of one initiative; contacts by claim key."""

    claims: Sequence[Claim]
    statements: Sequence[OwnStatement] = ()
    consents: Sequence[ConsentSaid] = ()
    contacts: Mapping[tuple[str, str], ClaimContact] | None = None


@dataclass(frozen=True, slots=True)
class GoldenRecord:
    """The public state (names of the contract), the source of each of its fields, and the contact."""

    state: Mapping[str, Any]
    sources: Mapping[str, str]
    contact: Reachable


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    fields: Mapping[str, Any]


def golden_record(known: Known) -> GoldenRecord:
    """The golden record of an initiative that has at least one claim."""
    ordered = _by_precedence(known)
    claims = [claim for claim in ordered if claim.live] or ordered
    sources = [_Source(f"initiative:{s.response_id}", s.fields) for s in _newest_first(known.statements)]
    sources += [_Source(f"partner:{c.partner}/{c.external_id}", c.fields) for c in claims]
    state: dict[str, Any] = {}
    whose: dict[str, str] = {}
    for field in (*_SINGLE, *_LISTS):
        for source in sources:
            if value := source.fields.get(field):
                state[field], whose[field] = value, source.name
                break
    _add_names(state, whose, sources)
    precision = _precision(sources)
    _add_location(state, whose, sources, hide_within_municipality=precision == _PRECISIONS[0])
    contacts = known.contacts or {}
    usable = [contacts[c.key] for c in ordered if c.live and c.key in contacts]
    said = [*known.consents, *(consent for contact in usable for consent in contact.consents)]
    active = _active(known)
    state["status"] = "active" if active else "closed"
    state["listed"] = active and LISTED in permissions(said)
    state["locationPrecision"] = precision
    state["memberships"] = sorted({c.partner for c in ordered if c.live})
    state["claims"] = [
        {"partner": c.partner, "externalId": c.external_id} for c in sorted(ordered, key=lambda c: c.key)
    ]
    return GoldenRecord(state, whose, choose_contact(usable, known.consents) if active else Reachable())


def merged_state(state: Mapping[str, Any], into: str) -> dict[str, Any]:
    """The public state of an initiative that went into another: its name remains, and where it went."""
    gone = {"claims", "memberships", "listed"}
    return {k: v for k, v in state.items() if k not in gone} | {
        "status": "merged",
        "mergedInto": into,
        "listed": False,
        "memberships": [],
        "claims": [],
    }


def _active(known: Known) -> bool:
    if any(c.live for c in known.claims):
        return True
    return bool(known.statements) and all(c.withdrawn_reason == LEFT_NETWORK for c in known.claims)


def _newest_first(statements: Sequence[OwnStatement]) -> list[OwnStatement]:
    return sorted(statements, key=lambda s: (s.said_at, s.response_id), reverse=True)


def _by_precedence(known: Known) -> list[Claim]:
    own = _own_partners(known)
    newest_first = sorted(sorted(known.claims, key=lambda c: c.key), key=lambda c: c.changed_at, reverse=True)
    return sorted(newest_first, key=lambda c: (not c.live, c.partner not in own))


def _own_partners(known: Known) -> frozenset[str]:
    named = next((s.fields["memberships"] for s in _newest_first(known.statements) if s.fields.get("memberships")), ())
    partners = {c.partner for c in known.claims if c.live}
    if own := partners.intersection(named):
        return frozenset(own)
    members = {c.partner for c in known.claims if c.live and c.fields.get("memberSince")}
    return frozenset(members if len(members) == 1 else ())


def _add_names(state: dict[str, Any], whose: dict[str, str], sources: Sequence[_Source]) -> None:
    """Every other name that anyone gives, once: what it is also called is found by it."""
    seen, names = {state["name"].casefold()}, list[str]()
    for source in sources:
        for name in source.fields.get("otherNames") or ():
            if name.casefold() not in seen:
                seen.add(name.casefold())
                names.append(name)
                whose.setdefault("otherNames", source.name)
    if names:
        state["otherNames"] = names[:OTHER_NAMES_LIMIT]


def _precision(sources: Sequence[_Source]) -> str:
    """The initiative's own wish; else the least precise that any partner passes on."""
    said = [(s.name, s.fields["locationPrecision"]) for s in sources if s.fields.get("locationPrecision")]
    own = next((value for name, value in said if name.startswith("initiative:")), None)
    return str(own or min((value for _, value in said), key=_PRECISIONS.index, default="postcode"))


def _add_location(
    state: dict[str, Any], whose: dict[str, str], sources: Sequence[_Source], *, hide_within_municipality: bool
) -> None:
    """The location of the first source that has one with a municipality; place and postcode of others only if they lie in it too."""
    located = list(_located(sources))
    best = next((found for found in located if found[1].municipality), located[0] if located else None)
    if best is None:
        return
    name, location = best
    if location.municipality:
        state["municipality"], whose["municipality"] = location.municipality, name
        state["province"], whose["province"] = location.province, name
    if hide_within_municipality:
        return
    for source, other in [best, *located]:
        if other.municipality != location.municipality:
            continue
        for field, value in (("place", other.place), ("pc4", other.pc4)):
            if value and field not in state:
                state[field], whose[field] = value, source


def _located(sources: Sequence[_Source]) -> Iterator[tuple[str, Location]]:
    for source in sources:
        place, postcode, municipality = (source.fields.get(f) for f in ("place", "postcode", "municipality"))
        if place or postcode or municipality:
            yield source.name, locate(place, postcode, municipality)
