"""What reporting says."""

from services.notify.domain import notices
from services.notify.post import PostOffice
from shared.bus import on
from shared.events.base import Received
from shared.events.reporting import ReportPublished
from shared.transaction import Tx


@on(ReportPublished)
async def tell_of_report(event: Received[ReportPublished], tx: Tx, *, post: PostOffice) -> None:
    """Staff hear that the results of a campaign can be read."""
    await post.announce(tx, [notices.report_published(event.data)])
