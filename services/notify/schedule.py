"""What time brings: daily mails, reminders, giving up, forgetting."""

from datetime import timedelta

from services.notify.ledger import failed
from services.notify.post import PostOffice
from services.notify.settings import Settings
from services.notify.store import deliveries, invitations, notices, suppression
from shared.schedule import every
from shared.transaction import Tx

REMIND_AFTER = timedelta(days=14)
LAST_CALL = timedelta(days=7)
GAP = timedelta(days=5)
"""Between two mails about one invitation there are at least so many days; nobody gets more than three."""

AT_ONCE = 200


@every(seconds=30)
async def send_digests(tx: Tx, *, post: PostOffice) -> None:
    """Everybody for whom something is due gets one mail with all of it."""
    for staff in await notices.lock_staff_to_mail(tx, AT_ONCE):
        await post.gather(tx, staff)


@every(seconds=60)
async def send_waiting_invitations(tx: Tx, *, post: PostOffice) -> None:
    """What was too much for one transaction goes now."""
    await invitations.lock_asking(tx)
    await post.invite(tx, "invitation", await invitations.lock_ready(tx, None, AT_ONCE))


@every(seconds=300)
async def send_reminders(tx: Tx, *, post: PostOffice) -> None:
    """Who has not answered after 14 days is reminded, unless the last call comes soon."""
    await invitations.lock_asking(tx)
    found = await invitations.lock_to_remind(tx, after=REMIND_AFTER, gap=LAST_CALL + GAP, limit=AT_ONCE)
    await post.invite(tx, "reminder", found)


@every(seconds=300)
async def send_last_calls(tx: Tx, *, post: PostOffice) -> None:
    """Who has not answered in the last week is asked once more, unless the last mail was only days ago."""
    await invitations.lock_asking(tx)
    found = await invitations.lock_to_call(tx, before=LAST_CALL, gap=GAP, limit=AT_ONCE)
    await post.invite(tx, "last-call", found)


@every(seconds=60)
async def give_up(tx: Tx) -> None:
    """A mail whose time is over is not tried again."""
    for delivery_id, kind, about in await deliveries.give_up(tx, AT_ONCE):
        tx.emit(failed(delivery_id, kind, about, "given-up", tx))


@every(seconds=3600)
async def forget(tx: Tx, *, settings: Settings) -> None:
    """The mail log is kept for a year, and who heard of what with it."""
    older = timedelta(days=settings.mail_log_days)
    await notices.forget(tx, older)
    await deliveries.forget(tx, older)
    await suppression.forget_links(tx)
