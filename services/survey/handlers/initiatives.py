"""What registry says of initiatives."""

from collections.abc import Sequence

from services.survey.handlers.attributing import recount_for
from services.survey.handlers.inviting import invite, withdraw
from services.survey.store import campaigns, initiatives, invitations, lock_attribution
from shared.bus import on
from shared.events.base import Received
from shared.events.registry import (
    InitiativeChanged,
    InitiativeClosed,
    InitiativeMerged,
    InitiativeRegistered,
    InitiativeSplit,
    InitiativeState,
)
from shared.transaction import Tx


@on(InitiativeRegistered, InitiativeChanged, InitiativeMerged, InitiativeSplit, InitiativeClosed, batch=True)
async def remember_initiatives(events: Sequence[Received[InitiativeState]], tx: Tx, *, public_url: str) -> None:
    """Each active initiative is asked once while a campaign is open, and what counts follows merges and splits."""
    newest: dict[str, Received[InitiativeState]] = {}
    for event in events:
        held = newest.get(event.data.initiative_id)
        if held is None or event.data.version > held.data.version:
            newest[event.data.initiative_id] = event
    await lock_attribution(tx, change=True)
    remembered = await initiatives.remember(tx, [event.data for event in newest.values()])
    changed = remembered.newer
    if not changed:
        return
    await recount_for(tx, remembered.moved, remembered.placed, newest)
    await withdraw(tx, changed, newest)
    for campaign in await campaigns.open_ones(tx):
        if campaign.is_open(tx.now):
            among = await invitations.uninvited_among(tx, campaign.id, changed)
            await invite(tx, campaign, among, public_url=public_url, causes=newest)
    for initiative_id in changed:
        state = newest[initiative_id].data
        tx.arrived(f"initiative:{initiative_id}", *(f"claim:{c.partner}/{c.external_id}" for c in state.claims))
