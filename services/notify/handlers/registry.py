"""What registry says: initiatives, their contacts, and what may be double."""

from collections.abc import Sequence

from services.notify.domain import notices
from services.notify.post import INVITATION_MAILS, PostOffice
from services.notify.store import deliveries, invitations, movement
from shared.bus import on
from shared.events.base import Received
from shared.events.registry import (
    ContactChanged,
    InitiativeChanged,
    InitiativeClosed,
    InitiativeMerged,
    InitiativeRegistered,
    InitiativeSplit,
    InitiativeState,
    PossibleDuplicateFound,
)
from shared.transaction import Tx

AT_ONCE = 1000
"""Invitations planned in one transaction; the sweep takes the rest."""


@on(InitiativeRegistered, InitiativeChanged, InitiativeMerged, InitiativeSplit, InitiativeClosed, batch=True)
async def remember_initiatives(events: Sequence[Received[InitiativeState]], tx: Tx, *, post: PostOffice) -> None:
    """Staff in its region hear of an initiative that was not known before; one that was split off was known as another."""
    latest: dict[str, InitiativeState] = {}
    for event in events:
        known = latest.get(event.data.initiative_id)
        if known is None or known.version <= event.data.version:
            latest[event.data.initiative_id] = event.data
    new = await movement.remember_initiatives(tx, latest.values())
    split_off = {e.data.initiative_id for e in events if isinstance(e.data, InitiativeSplit)}
    titles = await movement.partner_titles(tx)
    await post.announce(
        tx,
        [
            notices.new_initiative(state, titles)
            for state in latest.values()
            if state.initiative_id in new - split_off and state.status == "active"
        ],
    )
    gone = [state.initiative_id for state in latest.values() if state.status != "active"]
    if gone:
        await invitations.lock_asking(tx)
        await deliveries.withdraw_from_initiatives(tx, gone, "initiative-gone")


@on(ContactChanged, batch=True)
async def remember_contacts(events: Sequence[Received[ContactChanged]], tx: Tx, *, post: PostOffice) -> None:
    """An invitation that waited for an address goes out now; what waits for an address that may not be used is taken back."""
    await invitations.lock_asking(tx)
    changed = await movement.remember_contacts(tx, [event.data for event in events])
    if not changed:
        return
    await deliveries.withdraw_unless_allowed(tx, changed, INVITATION_MAILS, "no-address")
    await post.invite(tx, "invitation", await invitations.lock_ready(tx, changed, AT_ONCE))


@on(PossibleDuplicateFound)
async def tell_of_possible_duplicate(event: Received[PossibleDuplicateFound], tx: Tx, *, post: PostOffice) -> None:
    """Staff in the region of either are asked to decide, and once more when the partners do not agree; once it is
    settled nobody is asked any more."""
    if event.data.status == "open":
        if not await movement.is_settled(tx, event.data):
            asked = [notices.possible_duplicate(event.data)]
            if event.data.staff_decide:
                asked = [notices.contested_duplicate(event.data, await movement.partner_titles(tx))]
            await post.announce(tx, asked)
    else:
        await movement.remember_settled(tx, event.data)
        await deliveries.withdraw(tx, ["possible-duplicate", "contested-duplicate"], [event.data.match_id], "settled")
