"""Facts that concern a partner, told to it in its feedback queue: registry alone knows whose initiatives they are.

Of the initiatives that it lists itself a partner hears everything; of those that others list in its region, what anyone may
see appear or go. It reads its own numbers only. One that tries out has no initiatives, and hears of campaigns and reports.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.registry.domain.contacts import PASSED_ON, permissions
from services.registry.store import claims, contacts, initiatives, partners
from services.registry.store.partners import Listener
from shared import geo
from shared.events.base import Event, Received
from shared.events.registry import InitiativeChanged, InitiativeState
from shared.events.survey import InvitationIssued, ResponseRecorded
from shared.transaction import Tx

COUNTRY = "NL"


def tell_of_initiative(
    tx: Tx,
    listeners: Sequence[Listener],
    fact: InitiativeState,
    before: Mapping[str, Any] | None,
    *,
    because: Received[Any] | None,
) -> None:
    """Tells those whom it concerns; `before` is the state that was said last."""
    was = before or {}
    own = {c.partner for c in fact.claims} | {c["partner"] for c in was.get("claims", ())}
    seen, could_see = fact.listed, bool(was.get("listed"))
    appears_or_goes = seen != could_see or not isinstance(fact, InitiativeChanged)
    around = set[str]()
    if (seen or could_see) and appears_or_goes:
        around.update(geo.regions_of(fact.municipality or fact.province or COUNTRY))
    for listener in listeners:
        if listener.sandbox or not (listener.name in own or around.intersection(listener.regions)):
            continue
        mine = tuple(c for c in fact.claims if c.partner == listener.name)
        tx.tell(listener.name, fact.model_copy(update={"claims": mine}), because=because)


async def tell_of_invitations(tx: Tx, issued: Sequence[Received[InvitationIssued]]) -> None:
    """That an initiative is invited, to the partners that list it; with the link where it agreed to be passed to its network."""
    fresh = [e for e in issued if e.data.token is not None]
    homes, listed_by = await _listed_by(tx, {e.data.initiative_id for e in fresh})
    if not listed_by:
        return
    agreed = await _may_be_passed_on(tx, set(homes.values()))
    for event in fresh:
        home = homes.get(event.data.initiative_id, "")
        told = event.data if home in agreed else event.data.model_copy(update={"token": None, "url": None})
        for partner in listed_by.get(home, ()):
            tx.tell(partner, told, because=event)


async def tell_of_responses(tx: Tx, recorded: Sequence[Received[ResponseRecorded]]) -> None:
    """That an initiative has answered, to the partners that list it. Not what, and not through whom else."""
    homes, listed_by = await _listed_by(tx, {e.data.initiative_id for e in recorded})
    for event in recorded:
        for partner in listed_by.get(homes.get(event.data.initiative_id, ""), ()):
            through = partner if event.data.partner == partner else None
            told = event.data.model_copy(update={"answers": {}, "partner": through})
            tx.tell(partner, told, because=event)


async def tell_everyone(tx: Tx, fact: Event, because: Received[Any]) -> None:
    """What concerns the whole country."""
    for listener in await partners.listeners(tx):
        tx.tell(listener.name, fact, because=because)


async def _listed_by(tx: Tx, ids: Collection[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Where these ids lead by now, and which partners that take part list those."""
    if not ids:
        return {}, {}
    homes = {id_: row.merged_into or id_ for id_, row in (await initiatives.of_ids(tx, ids)).items()}
    listening = {p.name for p in await partners.listeners(tx) if not p.sandbox}
    live = await claims.live_keys(tx, set(homes.values()))
    listed_by = {id_: sorted({partner for partner, _ in keys} & listening) for id_, keys in live.items()}
    return homes, listed_by


async def _may_be_passed_on(tx: Tx, ids: Collection[str]) -> set[str]:
    own = await contacts.own_consents(tx, ids)
    passed_on = await contacts.of_initiatives(tx, ids)
    live = await claims.live_keys(tx, ids)
    return {
        id_
        for id_ in ids
        if PASSED_ON
        in permissions(
            [*own.get(id_, ()), *(c for key in live.get(id_, ()) if key in passed_on for c in passed_on[key].consents)]
        )
    }
