"""What initiatives say of themselves, and what they allow: heard from survey.

A campaign brings thousands of them in an hour: what is asked of the database is asked once for a batch.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from services.registry.actions import records
from services.registry.domain.claims import ClaimKey
from services.registry.domain.statements import usable
from services.registry.store import claims, contacts, initiatives, words
from shared.bus import on
from shared.events.base import Received
from shared.events.problems import problem
from shared.events.survey import ConsentsGiven, InitiativeDescribed
from shared.transaction import Tx

S = TypeVar("S", InitiativeDescribed, ConsentsGiven)


@on(InitiativeDescribed, batch=True)
async def hold_own_word(events: Sequence[Received[InitiativeDescribed]], tx: Tx) -> None:
    """What an initiative says of itself stands above what others say of it."""
    await claims.lock_grouping(tx)
    speakers = await _speakers(tx, events)
    said = [
        words.OwnWord(anchor, event.data.response_id, event.data.at, usable(event.data.fields))
        for event, _, anchor in speakers
    ]
    await words.hold(tx, said)
    await _refresh(tx, speakers)


@on(ConsentsGiven, batch=True)
async def hold_consents(events: Sequence[Received[ConsentsGiven]], tx: Tx) -> None:
    """An initiative's newest word about a permission counts, also against what a partner passed on before."""
    await claims.lock_grouping(tx)
    speakers = await _speakers(tx, events)
    consents = [
        contacts.OwnConsent(
            anchor, purpose, purpose in event.data.given, event.data.at, event.data.text, event.data.channel
        )
        for event, _, anchor in speakers
        for purpose in {*event.data.given, *event.data.withheld}
    ]
    await contacts.keep_own_consents(tx, consents)
    await _refresh(tx, speakers)


async def _speakers(tx: Tx, events: Sequence[Received[S]]) -> list[tuple[Received[S], str, ClaimKey]]:
    """With each event the initiative that speaks, under its present id, and the claim on which its words hang: its oldest.
    Events of initiatives not heard of yet wait."""
    present: dict[str, str] = await initiatives.resolve(tx, {event.data.initiative_id for event in events})
    all_claims = await claims.of_initiatives(tx, {*present.values()})
    found = []
    for event in events:
        named = event.data.initiative_id
        if initiative_id := present.get(named):
            found.append((event, initiative_id, all_claims[initiative_id][0].key))
        else:
            unknown = problem("unknown-initiative", "/data/initiativeId", value=named)
            tx.wait(event, f"initiative:{named}", unknown)
    return found


async def _refresh(tx: Tx, speakers: Sequence[tuple[Received[S], str, ClaimKey]]) -> None:
    because: dict[str, Received[Any]] = {initiative_id: event for event, initiative_id, _ in speakers}
    if because:
        await records.refresh(tx, because, because=because)
