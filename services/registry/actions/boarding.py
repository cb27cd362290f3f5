"""Partners join, change, stand still and go on: the registry's part of it. The broker's part is the operator's command."""

import re
from collections.abc import Sequence
from dataclasses import replace

from services.registry.store import partners
from services.registry.store.partners import Partner
from shared import geo
from shared.bus import directory, topology
from shared.events.registry import PartnerBoarded, PartnerChanged, PartnerState, PartnerSuspended
from shared.transaction import Tx

SOURCE = re.compile(
    r"^urn:(nld:kvknr:[0-9]{8}:systeem:[A-Za-z0-9._-]+|nld:oin:[0-9]{20}:systeem:[A-Za-z0-9._-]+|burenbus:partner:[a-z0-9-]{2,30})$"
)


class CannotBoard(Exception):
    """Why a partner cannot be taken on or changed so."""


async def board(
    tx: Tx,
    name: str,
    *,
    title: str,
    sources: Sequence[str],
    regions: Sequence[str],
    contact_mail: str | None,
    sandbox: bool = False,
) -> Partner:
    """Takes on a partner, or changes what is known of it; the same again changes nothing.

    Raises CannotBoard for a name, source or region of the wrong form, and store.partners.SourceTaken.
    """
    _check(name, sources, regions)
    await partners.lock(tx, name)
    was = await partners.find(tx, name)
    now = Partner(
        name=name,
        version=was.version + 1 if was else 1,
        title=title,
        sources=tuple(sorted(set(sources))),
        regions=tuple(sorted(set(regions))),
        contact_mail=contact_mail,
        status=was.status if was else "active",
        sandbox=sandbox,
        boarded_at=was.boarded_at if was else tx.now,
    )
    if was and replace(was, version=now.version) == now:
        return was
    await _put(tx, now, new=was is None)
    return now


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


def _check(name: str, sources: Sequence[str], regions: Sequence[str]) -> None:
    try:
        topology.check_partner_name(name)
    except ValueError:
        raise CannotBoard(
            f"{name!r} kan geen naam van een partner zijn: 2 tot 30 tekens uit a-z, 0-9 en -, en geen naam van het platform."
        ) from None
    if not sources:
        raise CannotBoard("Geef minstens één bron.")
    for source in sources:
        if not SOURCE.match(source):
            raise CannotBoard(
                f"{source!r} is geen bron. Goed zijn urn:nld:kvknr:<8 cijfers>:systeem:<naam>, "
                "urn:nld:oin:<20 cijfers>:systeem:<naam> en urn:burenbus:partner:<naam>."
            )
    for region in regions:
        if geo.region(region) is None:
            raise CannotBoard(f"{region!r} is geen regio. Geef een CBS-code, zoals GM0344, PV26 of NL.")
