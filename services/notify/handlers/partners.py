"""What is said of partners, and of how the platform's own work goes: who joins, goes quiet or misses something, what failed."""

from collections.abc import Sequence

from services.notify.domain import partner_notices
from services.notify.post import PostOffice
from services.notify.store import movement, partner_contacts
from shared.bus import on
from shared.events.base import Received
from shared.events.operation import EventSetAside
from shared.events.registry import PartnerBoarded, PartnerChanged, PartnerContactChanged, PartnerState, PartnerSuspended
from shared.events.watching import PartnerDayClosed, PartnerSilent, SequenceGap
from shared.transaction import Tx


@on(PartnerBoarded, PartnerChanged, PartnerSuspended)
async def tell_of_partner(event: Received[PartnerState], tx: Tx, *, post: PostOffice) -> None:
    """Staff hear that a partner has joined, and that one was suspended; one in the sandbox concerns nobody."""
    if event.data.sandbox:
        return
    if event.data.status == "active":
        if isinstance(event.data, PartnerBoarded):
            await post.announce(tx, [partner_notices.partner_boarded(event.data)])
    elif event.data.status == "suspended":
        await post.announce(tx, [partner_notices.partner_suspended(event.data)])


@on(PartnerSilent)
async def tell_of_silence(event: Received[PartnerSilent], tx: Tx, *, post: PostOffice) -> None:
    """Staff hear that a partner has been quiet for much longer than usual; that it sends again is no news."""
    if event.data.ended is None:
        titles = await movement.partner_titles(tx)
        regions = await movement.partner_regions(tx, event.data.partner)
        await post.announce(tx, [partner_notices.partner_silent(event.data, titles, regions)])


@on(SequenceGap)
async def tell_of_gap(event: Received[SequenceGap], tx: Tx, *, post: PostOffice) -> None:
    """Staff hear that events of a partner did not arrive; that they have come in after all is no news."""
    if event.data.status == "open":
        titles = await movement.partner_titles(tx)
        regions = await movement.partner_regions(tx, event.data.partner)
        await post.announce(tx, [partner_notices.sequence_gap(event.data, titles, regions)])


@on(EventSetAside)
async def tell_of_set_aside(event: Received[EventSetAside], tx: Tx, *, post: PostOffice) -> None:
    """Staff hear, once a cause, that we failed on an event: a partner's or one of our own."""
    await post.announce(tx, [partner_notices.event_set_aside(event.data, await movement.partner_titles(tx))])


@on(PartnerContactChanged, batch=True)
async def remember_partner_contacts(events: Sequence[Received[PartnerContactChanged]], tx: Tx) -> None:
    """Where a partner's person gets mail is kept as it is now; without address there is no mail."""
    await partner_contacts.remember(tx, [event.data for event in events])


@on(PartnerDayClosed)
async def mail_partner(event: Received[PartnerDayClosed], tx: Tx, *, post: PostOffice) -> None:
    """The person at a partner gets one mail about a day on which something needs a look."""
    email = await partner_contacts.address_of(tx, event.data.partner)
    if email is not None:
        titles = await movement.partner_titles(tx)
        await post.report_day(tx, event.data, email, title=titles.get(event.data.partner, event.data.partner))
