"""Partners join, change, stand still and go on: the registry's part of it. The broker's part is the operator's command."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from services.registry.store import partners
from services.registry.store.partners import Partner
from shared import geo
from shared.bus import directory, topology
from shared.events.base import Line
from shared.events.registry import PartnerBoarded, PartnerChanged, PartnerContactChanged, PartnerState, PartnerSuspended
from shared.events.values import Email
from shared.transaction import Tx

SOURCE = re.compile(
    r"^urn:(nld:kvknr:[0-9]{8}:systeem:[A-Za-z0-9._-]+|nld:oin:[0-9]{20}:systeem:[A-Za-z0-9._-]+|burenbus:partner:[a-z0-9-]{2,30})$"
)
PARTNER_SOURCE = "urn:burenbus:partner:"

_TITLE: TypeAdapter[str] = TypeAdapter(Line)
_MAIL: TypeAdapter[str] = TypeAdapter(Email)


class CannotBoard(Exception):
    """Why a partner cannot be taken on or changed so: every fault that there is."""

    def __init__(self, *faults: str) -> None:
        super().__init__(faults[0] if len(faults) == 1 else "\n".join(("Dit klopt niet:", *(f"- {f}" for f in faults))))


@dataclass(frozen=True, slots=True)
class Boarding:
    """What became of taking on a partner: how it stood, if it was known, and how it stands."""

    was: Partner | None
    now: Partner
    joined: bool
    """Whether it takes part from now on: it is new, or was removed before."""


async def board(
    tx: Tx,
    name: str,
    *,
    title: str | None = None,
    sources: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
    contact_mail: str | None = None,
    sandbox: bool | None = None,
) -> Boarding:
    """Takes on a partner, or changes what is known of it; the same again changes nothing.

    What is None stays as it is. A new partner must have a title; its source is `urn:burenbus:partner:<name>` unless said
    otherwise. An empty `contact_mail` takes the address away.

    One that was removed comes back as if it were new; what is known of it still holds where nothing else is said.

    Raises CannotBoard with all that is wrong at once.
    """
    await partners.lock(tx, name)
    was = await partners.find(tx, name)
    joins = was is None or was.status == "removed"
    faults = _faults(name, title, sources, regions, contact_mail)
    taken = await partners.owners(tx, sources if sources is not None else [own_source(name)] if joins else [])
    faults += [f"De bron {source} is al van {owner}." for source, owner in taken.items() if owner != name]
    if was is None and title is None:
        faults.append("Geef een titel: een nieuwe partner heeft een naam voor mensen nodig.")
    if faults:
        raise CannotBoard(*faults)
    start = was or Partner(
        name=name,
        version=0,
        title="",
        sources=(),
        regions=(),
        contact_mail=None,
        status="active",
        sandbox=False,
        boarded_at=tx.now,
    )
    now = replace(
        start,
        version=start.version + 1,
        title=start.title if title is None else _TITLE.validate_python(title),
        sources=(start.sources or (own_source(name),)) if sources is None else tuple(sorted(set(sources))),
        regions=start.regions if regions is None else tuple(sorted(set(regions))),
        contact_mail=start.contact_mail if contact_mail is None else contact_mail.strip() or None,
        sandbox=start.sandbox if sandbox is None else sandbox,
        status="active" if joins else start.status,
        boarded_at=tx.now if joins else start.boarded_at,
    )
    if was and replace(was, version=now.version) == now:
        return Boarding(was, was, joined=False)
    await put(tx, now, new=joins)
    return Boarding(was, now, joined=joins)


async def aboard(tx: Tx, name: str) -> Partner:
    """A partner that was not removed, locked. Raises CannotBoard."""
    await partners.lock(tx, name)
    found = await partners.find(tx, name)
    if found is None:
        raise CannotBoard(f"Partner {name} bestaat niet.")
    if found.status == "removed":
        raise CannotBoard(f"Partner {name} is verwijderd. Met `partner add` doet hij weer mee.")
    return found


async def set_status(tx: Tx, name: str, status: Literal["active", "suspended"]) -> Partner:
    """Suspends a partner or lets it go on. Raises CannotBoard for one that is not aboard."""
    was = await aboard(tx, name)
    if was.status == status:
        return was
    now = replace(was, version=was.version + 1, status=status)
    await put(tx, now)
    return now


async def set_sandbox(tx: Tx, name: str, *, sandbox: bool) -> Boarding:
    """From now on nothing of this partner counts, or all of it does. Raises CannotBoard for one that is not aboard."""
    was = await aboard(tx, name)
    if was.sandbox == sandbox:
        return Boarding(was, was, joined=False)
    now = replace(was, version=was.version + 1, sandbox=sandbox)
    await put(tx, now)
    return Boarding(was, now, joined=False)


def own_source(name: str) -> str:
    """The source of a partner that has no number in a national register; no other partner can have it."""
    return f"{PARTNER_SOURCE}{name}"


def fact_of(partner: Partner, *, new: bool = False) -> PartnerState:
    """The fact that says how a partner stands."""
    kind = PartnerSuspended if partner.status == "suspended" else PartnerBoarded if new else PartnerChanged
    return kind(
        partner=partner.name,
        version=partner.version,
        title=partner.title,
        sources=partner.sources,
        regions=partner.regions,
        status=partner.status,
        sandbox=partner.sandbox,
    )


async def put(tx: Tx, partner: Partner, *, new: bool = False) -> None:
    """Keeps how a partner stands, and says it; notify alone hears of a new address. One that leaves the sandbox joins."""
    was = await partners.find(tx, partner.name)
    await partners.save(tx, partner)
    left_sandbox = was is not None and was.sandbox and not partner.sandbox
    fact = fact_of(partner, new=new or left_sandbox)
    await directory.remember(tx, fact)
    tx.emit(fact)
    if contact_of(partner).email != (contact_of(was).email if was else None):
        tx.emit(contact_of(partner))


def contact_of(partner: Partner) -> PartnerContactChanged:
    """Where a partner's person gets mail; of one that is gone, nowhere."""
    email = partner.contact_mail if partner.status != "removed" else None
    return PartnerContactChanged(partner=partner.name, version=partner.version, email=email)


def _faults(
    name: str,
    title: str | None,
    sources: Sequence[str] | None,
    regions: Sequence[str] | None,
    contact_mail: str | None,
) -> list[str]:
    found = []
    try:
        topology.check_partner_name(name)
    except ValueError:
        found.append(
            f"{name!r} kan geen naam van een partner zijn: 2 tot 30 tekens uit a-z, 0-9 en -, en geen naam van het platform."
        )
    if title is not None and not _fits(_TITLE, title):
        found.append(f"{title!r} is geen titel. Geef 1 tot 200 tekens op één regel.")
    if sources is not None and not sources:
        found.append("Geef minstens één bron.")
    found += [
        f"{source!r} is geen bron. Goed zijn urn:nld:kvknr:<8 cijfers>:systeem:<naam>, "
        "urn:nld:oin:<20 cijfers>:systeem:<naam> en urn:burenbus:partner:<naam>."
        for source in sources or ()
        if not SOURCE.fullmatch(source)
    ]
    found += [
        f"De bron {source!r} is die van een partner die {source.removeprefix(PARTNER_SOURCE)} heet; van {name} is {own_source(name)}."
        for source in sources or ()
        if source.startswith(PARTNER_SOURCE) and source != own_source(name)
    ]
    found += [
        f"{region!r} is geen regio. Geef een CBS-code, {_perhaps(region) or 'zoals GM0344, PV26 of NL'}."
        for region in regions or ()
        if geo.region(region) is None
    ]
    if contact_mail and not _fits(_MAIL, contact_mail):
        found.append(f"{contact_mail!r} is geen mailadres.")
    return found


def _perhaps(region: str) -> str:
    """The codes that somebody may have meant who gives a name."""
    meant = [p for p in geo.provinces() if p.name.casefold() == region.strip().casefold()]
    codes = [f"{p.code} (provincie {p.name})" for p in meant]
    if municipality := geo.find_municipality(region):
        codes.append(f"{municipality.code} (gemeente {municipality.name})")
    return f"misschien {' of '.join(codes)}" if codes else ""


def _fits(kind: TypeAdapter[str], value: str) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True
