"""Partners join, change, stand still and go on: the registry's part of it. The broker's part is the operator's command."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from services.registry.store import partners
from services.registry.store.partners import Partner
from shared import geo
from shared.bus import directory, topology
from shared.events.base import Line
from shared.events.registry import PartnerBoarded, PartnerChanged, PartnerState, PartnerSuspended
from shared.events.values import Email
from shared.transaction import Tx

SOURCE = re.compile(
    r"^urn:(nld:kvknr:[0-9]{8}:systeem:[A-Za-z0-9._-]+|nld:oin:[0-9]{20}:systeem:[A-Za-z0-9._-]+|burenbus:partner:[a-z0-9-]{2,30})$"
)


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

    Raises CannotBoard with all that is of the wrong form, and store.partners.SourceTaken.
    """
    await partners.lock(tx, name)
    was = await partners.find(tx, name)
    faults = _faults(name, title, sources, regions, contact_mail)
    if was is None and title is None:
        faults.append("Geef een titel: een nieuwe partner heeft een naam voor mensen nodig.")
    if faults:
        raise CannotBoard(*faults)
    start = was or Partner(
        name=name,
        version=0,
        title="",
        sources=(f"urn:burenbus:partner:{name}",),
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
        sources=start.sources if sources is None else tuple(sorted(set(sources))),
        regions=start.regions if regions is None else tuple(sorted(set(regions))),
        contact_mail=start.contact_mail if contact_mail is None else contact_mail.strip() or None,
        sandbox=start.sandbox if sandbox is None else sandbox,
    )
    if was and replace(was, version=now.version) == now:
        return Boarding(was, was)
    await _put(tx, now, new=was is None)
    return Boarding(was, now)


async def set_status(tx: Tx, name: str, status: str) -> Partner:
    """Suspends a partner or lets it go on. Raises CannotBoard for one that is not known."""
    await partners.lock(tx, name)
    was = await partners.find(tx, name)
    if was is None:
        raise CannotBoard(f"Partner {name} bestaat niet.")
    if was.status == status:
        return was
    now = replace(was, version=was.version + 1, status=status)
    await _put(tx, now, new=False)
    return now


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


async def _put(tx: Tx, partner: Partner, *, new: bool) -> None:
    await partners.save(tx, partner)
    fact = fact_of(partner, new=new)
    await directory.remember(tx, fact)
    tx.emit(fact)


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
        if not SOURCE.match(source)
    ]
    found += [
        f"{region!r} is geen regio. Geef een CBS-code, zoals GM0344, PV26 of NL."
        for region in regions or ()
        if geo.region(region) is None
    ]
    if contact_mail and not _fits(_MAIL, contact_mail):
        found.append(f"{contact_mail!r} is geen mailadres.")
    return found


def _fits(kind: TypeAdapter[str], value: str) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True
