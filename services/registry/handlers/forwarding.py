"""What survey and reporting say, passed on to the partners whom it concerns."""

from collections.abc import Sequence

from services.registry.actions import forwarding
from shared.bus import on
from shared.events.base import Received
from shared.events.reporting import ReportPublished
from shared.events.survey import CampaignClosed, CampaignOpened, CampaignState, InvitationIssued, ResponseRecorded
from shared.transaction import Tx


@on(CampaignOpened, CampaignClosed)
async def pass_on_campaign(event: Received[CampaignState], tx: Tx) -> None:
    """Every partner hears that a campaign opens and closes."""
    await forwarding.tell_everyone(tx, event.data, event)


@on(ReportPublished)
async def pass_on_report(event: Received[ReportPublished], tx: Tx) -> None:
    """Every partner hears that results are published."""
    await forwarding.tell_everyone(tx, event.data, event)


@on(InvitationIssued, batch=True)
async def pass_on_invitations(events: Sequence[Received[InvitationIssued]], tx: Tx) -> None:
    """A partner hears that an initiative on its list is invited, and gets the link if the initiative allows that."""
    await forwarding.tell_of_invitations(tx, events)


@on(ResponseRecorded, batch=True)
async def pass_on_responses(events: Sequence[Received[ResponseRecorded]], tx: Tx) -> None:
    """A partner hears that an initiative on its list has answered, by whatever channel."""
    await forwarding.tell_of_responses(tx, events)
