"""What initiatives say of themselves, and what they allow: heard from survey.

A campaign brings thousands of them in an hour: what is asked of the database is asked once for a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from services.registry.actions import records
from services.registry.domain.claims import ClaimKey
from services.registry.domain.statements import usable
from services.registry.store import claims, contacts, hanging, initiatives, words
from shared.bus import on
from shared.events.base import Received
from shared.events.problems import problem
from shared.events.survey import ConsentsGiven, InitiativeDescribed
from shared.transaction import Tx

S = TypeVar("S", InitiativeDescribed, ConsentsGiven)


@dataclass(frozen=True)
class _Said(Generic[S]):
    """An event, of which initiative it is under its present id, and the claim on which what was said hangs."""

    event: Received[S]
    response_id: str
    initiative_id: str
    key: ClaimKey
    left: str | None
    """The initiative that it was thought to be of."""


@on(InitiativeDescribed, batch=True)
async def hold_own_word(events: Sequence[Received[InitiativeDescribed]], tx: Tx) -> None:
    """What an initiative says of itself stands above what others say of it."""
    await claims.lock_grouping(tx)
    said = await _hang(tx, "own_statement", events)
    await words.hold(
        tx, [words.OwnWord(s.key, s.response_id, s.event.data.at, usable(s.event.data.fields)) for s in said]
    )
    await _refresh(tx, said)


@on(ConsentsGiven, batch=True)
async def hold_consents(events: Sequence[Received[ConsentsGiven]], tx: Tx) -> None:
    """An initiative's newest word about a permission counts, also against what a partner passed on before."""
    await claims.lock_grouping(tx)
    said = await _hang(tx, "own_consent", events)
    consents = [
        contacts.OwnConsent(s.key, s.response_id, purpose, purpose in given.given, given.at, given.text, given.channel)
        for s in said
        for given in (s.event.data,)
        for purpose in {*given.given, *given.withheld}
    ]
    await contacts.keep_own_consents(tx, consents)
    await _refresh(tx, said)


async def _hang(tx: Tx, table: hanging.Table, events: Sequence[Received[S]]) -> list[_Said[S]]:
    """With each event the claim on which it hangs: the one on which it hung before, if the initiative that is named has it, else
    its oldest. Events of initiatives not heard of yet wait."""
    present: dict[str, str] = await initiatives.resolve(tx, {event.data.initiative_id for event in events})
    all_claims = await claims.of_initiatives(tx, {*present.values()})
    before = await hanging.places(tx, table, {_response(event.data) for event in events})
    found = []
    for event in events:
        named, response_id = event.data.initiative_id, _response(event.data)
        if initiative_id := present.get(named):
            was = before.get(response_id)
            if was and was.initiative_id == initiative_id:
                found.append(_Said(event, response_id, initiative_id, was.key, None))
            else:
                oldest = all_claims[initiative_id][0].key
                found.append(_Said(event, response_id, initiative_id, oldest, was.initiative_id if was else None))
        else:
            unknown = problem("unknown-initiative", "/data/initiativeId", value=named)
            tx.wait(event, f"initiative:{named}", unknown)
    return found


def _response(said: InitiativeDescribed | ConsentsGiven) -> str:
    return said.response_id or f"initiative:{said.initiative_id}"


async def _refresh(tx: Tx, said: Sequence[_Said[S]]) -> None:
    because: dict[str, Received[Any]] = {s.left: s.event for s in said if s.left}
    because |= {s.initiative_id: s.event for s in said}
    if because:
        await records.refresh(tx, because, because=because)
