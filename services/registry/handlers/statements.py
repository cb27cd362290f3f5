"""What initiatives say of themselves, and what they allow: heard from survey."""

from services.registry.actions import records
from services.registry.domain.claims import ClaimKey
from services.registry.domain.contacts import ConsentSaid
from services.registry.domain.statements import usable
from services.registry.store import claims, contacts, initiatives
from shared.bus import on
from shared.events.base import Received
from shared.events.problems import problem
from shared.events.survey import ConsentsGiven, InitiativeDescribed
from shared.transaction import Tx, Waits


@on(InitiativeDescribed)
async def hold_own_word(event: Received[InitiativeDescribed], tx: Tx) -> None:
    """What an initiative says of itself stands above what others say of it."""
    said = event.data
    await claims.lock_grouping(tx)
    initiative_id, anchor = await _speaker(tx, said.initiative_id)
    await claims.state_own_word(tx, anchor, response_id=said.response_id, said_at=said.at, fields=usable(said.fields))
    await records.refresh(tx, [initiative_id])


@on(ConsentsGiven)
async def hold_consents(event: Received[ConsentsGiven], tx: Tx) -> None:
    """An initiative's newest word about a permission counts, also against what a partner passed on before."""
    said = event.data
    await claims.lock_grouping(tx)
    initiative_id, anchor = await _speaker(tx, said.initiative_id)
    consents = [
        *(ConsentSaid(purpose, given=True, at=said.at) for purpose in said.given),
        *(ConsentSaid(purpose, given=False, at=said.at) for purpose in set(said.withheld) - set(said.given)),
    ]
    await contacts.keep_own_consents(tx, anchor, consents, text=said.text, channel=said.channel)
    await records.refresh(tx, [initiative_id])


async def _speaker(tx: Tx, named: str) -> tuple[str, ClaimKey]:
    """The initiative that speaks, under its present id, and the claim on which its words hang: its oldest."""
    initiative_id = await initiatives.resolve(tx, named)
    if initiative_id is None:
        raise Waits(f"initiative:{named}", problem("unknown-initiative", "/data/initiativeId", value=named))
    oldest = (await claims.of_initiatives(tx, [initiative_id]))[initiative_id][0]
    return initiative_id, oldest.key
