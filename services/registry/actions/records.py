"""Golden records brought up to date, and what changed in them said."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from services.registry.domain.claims import Claim
from services.registry.domain.contacts import Reachable
from services.registry.domain.golden import GoldenRecord, Known, golden_record, merged_state
from services.registry.store import claims, contacts, initiatives, matches, partners, words
from services.registry.store.contacts import Told
from services.registry.store.initiatives import Initiative
from shared.events.base import Received
from shared.events.registry import (
    ContactChanged,
    InitiativeChanged,
    InitiativeClosed,
    InitiativeMerged,
    InitiativeRegistered,
    InitiativeSplit,
    InitiativeState,
)
from shared.transaction import Tx

from . import forwarding

Because = Mapping[str, Received[Any]]
"""For an initiative's id, the event on account of which it changes: its trace goes on in what is said."""

_APART = {"initiativeId", "version", "splitFrom"}


async def refresh(
    tx: Tx,
    ids: Collection[str],
    *,
    because: Because | None = None,
    split_from: Mapping[str, str] | None = None,
) -> None:
    """Recomputes these initiatives from what is known of them; says what is new or has changed, and nothing else.

    An id without a row is a new initiative; `split_from` names the initiative that it was part of, if it was.
    """
    known = await _known(tx, ids)
    rows = await initiatives.of_ids(tx, ids)
    told = await contacts.told(tx, ids)
    listening = await partners.listeners(tx)
    saved: list[Initiative] = []
    telling: dict[str, Told] = {}
    for id_ in sorted(known):
        record = golden_record(known[id_])
        was, cause = rows.get(id_), (because or {}).get(id_)
        origin = (split_from or {}).get(id_)
        now, fact = _next(id_, was, record, oldest=min(known[id_].claims, key=lambda c: c.age), split_from=origin)
        if now != was:
            saved.append(now)
        if fact is not None:
            tx.emit(fact, because=cause)
            forwarding.tell_of_initiative(tx, listening, fact, was.state if was else None, because=cause)
        _tell_contact(tx, id_, told.get(id_), record.contact, telling, cause)
    if saved:
        await initiatives.save(tx, saved)
    if telling:
        await contacts.tell(tx, telling)
    tx.arrived(*(f"initiative:{id_}" for id_ in known if id_ not in rows))


async def merge(
    tx: Tx,
    unions: Mapping[str, str],
    *,
    by: str,
    match_id: str | None = None,
    because: Because | None = None,
) -> None:
    """Puts the claims of each absorbed initiative (key) with its survivor (value), to which its id resolves from now on.

    What had gone into the absorbed resolves to the survivor too. `refresh` the survivors afterwards.
    """
    moved = await claims.move_all(tx, unions)
    rows = await initiatives.of_ids(tx, unions)
    earlier = await initiatives.merged_into(tx, unions)
    told = await contacts.told(tx, rows)
    listening = await partners.listeners(tx)
    gone: list[Initiative] = []
    telling: dict[str, Told] = {}
    for row in [*rows.values(), *earlier]:
        survivor = unions[row.merged_into or row.id]
        cause = (because or {}).get(survivor)
        state = merged_state(row.state, survivor)
        now = replace(row, version=row.version + 1, status="merged", merged_into=survivor, state=state)
        gone.append(now)
        fact = _fact(InitiativeMerged, now)
        tx.emit(fact, because=cause)
        forwarding.tell_of_initiative(tx, listening, fact, row.state, because=cause)
        _tell_contact(tx, row.id, told.get(row.id), Reachable(), telling, cause)
    if gone:
        await initiatives.save(tx, gone)
    if telling:
        await contacts.tell(tx, telling)
    for absorbed in rows:
        await matches.write_down(
            tx,
            by=by,
            action="merged" if match_id is None else "same",
            initiative_id=unions[absorbed],
            other_id=absorbed,
            match_id=match_id,
            moved=moved.get(absorbed, ()),
        )


def public_fact(initiative: Initiative) -> InitiativeState:
    """The fact that says again how an initiative stands."""
    kinds = {"active": InitiativeChanged, "closed": InitiativeClosed, "merged": InitiativeMerged}
    return _fact(kinds[initiative.status], initiative)


async def _known(tx: Tx, ids: Collection[str]) -> dict[str, Known]:
    found: dict[str, list[Claim]] = await claims.of_initiatives(tx, ids)
    statements = await words.of_initiatives(tx, ids)
    consents = await contacts.own_consents(tx, ids)
    reach = await contacts.of_initiatives(tx, ids)
    return {id_: Known(of_id, statements.get(id_, ()), consents.get(id_, ()), reach) for id_, of_id in found.items()}


def _next(
    id_: str, was: Initiative | None, record: GoldenRecord, *, oldest: Claim, split_from: str | None
) -> tuple[Initiative, InitiativeState | None]:
    """How the initiative stands now, and the fact that says so, if there is anything to say."""
    version = was.version + 1 if was else 1
    status = str(record.state["status"])
    kind: type[InitiativeState]
    if was is None:
        kind = InitiativeSplit if split_from else InitiativeRegistered
    else:
        kind = InitiativeClosed if status == "closed" and was.status == "active" else InitiativeChanged
    extra = {"splitFrom": split_from} if split_from and was is None else {}
    fact = kind.model_validate({**record.state, **extra, "initiativeId": id_, "version": version})
    state = {k: v for k, v in fact.wire().items() if k not in _APART}
    registered_at = was.registered_at if was else oldest.known_since
    if was and was.state == state and was.status == status:
        return replace(was, sources=record.sources), None
    return Initiative(id_, version, status, None, registered_at, state, record.sources), fact


def _fact(kind: type[InitiativeState], initiative: Initiative) -> InitiativeState:
    return kind.model_validate({**initiative.state, "initiativeId": initiative.id, "version": initiative.version})


def _tell_contact(
    tx: Tx,
    id_: str,
    told: Told | None,
    contact: Reachable,
    telling: dict[str, Told],
    because: Received[Any] | None,
) -> None:
    if contact == (told.contact if told else Reachable()):
        return
    now = telling[id_] = Told(told.version + 1 if told else 1, contact)
    tx.emit(contact_fact(id_, now), because=because)


def contact_fact(id_: str, told: Told) -> ContactChanged:
    """What notify is told of the address of one initiative."""
    contact = told.contact
    return ContactChanged(
        initiative_id=id_,
        version=told.version,
        person=contact.person,
        email=contact.email,
        purposes=contact.purposes,
    )
