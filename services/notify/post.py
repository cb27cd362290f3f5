"""The post office: puts mails in the queue, in the transaction of whoever asks, and wakes the mailer when that commits."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Literal

import uuid_utils

from services.notify.domain import digest, partner_day
from services.notify.domain.audience import Staff, plan
from services.notify.domain.moments import at_once
from services.notify.domain.notices import Notice
from services.notify.settings import Settings
from services.notify.store import deliveries, notices
from services.notify.store.deliveries import Mail
from services.notify.store.invitations import Addressed
from shared.events.watching import PartnerDayClosed
from shared.transaction import Tx

LOGIN, NOTICE, OTHER = 0, 1, 2
"""Priorities: who waits at a screen goes first, a thousand invitations go last."""

PARTNER_DAY = "partner-day"
"""The daily mail to the person at a partner."""

InvitationMail = Literal["invitation", "reminder", "last-call"]
INVITATION_MAILS: Sequence[InvitationMail] = ("invitation", "reminder", "last-call")


class PostOffice:
    """The one way by which mails come into the queue."""

    def __init__(self, settings: Settings, wake: Callable[[], None]) -> None:
        self._settings, self._wake = settings, wake

    async def announce(self, tx: Tx, told: Iterable[Notice]) -> None:
        """Lets those who follow them hear of these notices; a notice that was announced before is passed over."""
        new = await notices.add(tx, told)
        followers = await notices.followers(tx, new) if new else []
        if not followers:
            return
        sent = await notices.recent_mails(tx, sorted({f.staff.id for f in followers}), tx.now - timedelta(hours=1))
        planned = plan(followers, sent, tx.now, burst=self._settings.mails_at_once)
        mails = {
            (p.follower.notice_id, p.follower.staff.id): Mail(
                id=new_id(),
                kind=p.follower.kind,
                about=new[p.follower.notice_id].about,
                recipient=p.follower.staff.email,
                name=p.follower.staff.name,
                letter={"item": new[p.follower.notice_id].item()},
                due=p.due,
                deadline=p.due + self._settings.patience,
                priority=NOTICE,
            )
            for p in planned
            if p.alone
        }
        await self.send(tx, mails.values())
        await notices.notify(
            tx,
            [
                (p.follower.notice_id, p.follower.staff.id, p.due, mail.id if mail else None)
                for p in planned
                for mail in (mails.get((p.follower.notice_id, p.follower.staff.id)),)
            ],
        )

    async def gather(self, tx: Tx, staff: Staff) -> None:
        """One mail with all that is due for this person and does not stand in a mail yet."""
        mail_id = new_id()
        items = await notices.gather(tx, staff.id, mail_id)
        if not items:
            return
        due = at_once(tx.now, working_hours_only=staff.working_hours_only)
        await self.send(
            tx,
            [
                Mail(
                    id=mail_id,
                    kind="digest",
                    about=mail_id,
                    recipient=staff.email,
                    name=staff.name,
                    letter=digest.letter(items),
                    due=due,
                    deadline=due + self._settings.patience,
                )
            ],
        )

    async def report_day(self, tx: Tx, day: PartnerDayClosed, email: str, *, title: str) -> None:
        """Tells the person at a partner what needs a look in what the partner sent, within working hours."""
        due = at_once(tx.now, working_hours_only=True)
        await self.send(
            tx,
            [
                Mail(
                    id=new_id(),
                    kind=PARTNER_DAY,
                    about=f"{day.partner}:{day.day.isoformat()}",
                    recipient=email,
                    letter=partner_day.letter(day, title),
                    due=due,
                    deadline=due + self._settings.patience,
                )
            ],
        )

    async def invite(self, tx: Tx, kind: InvitationMail, invitations: Iterable[Addressed]) -> None:
        """Asks initiatives to take part, or asks again."""
        await self.send(
            tx,
            [
                Mail(
                    id=new_id(),
                    kind=kind,
                    about=invitation.id,
                    recipient=invitation.email,
                    name=invitation.person,
                    letter={
                        "initiative": invitation.initiative,
                        "title": invitation.title,
                        "url": invitation.url,
                        "closes": invitation.closes.isoformat(),
                    },
                    deadline=min(tx.now + self._settings.patience, invitation.closes),
                    initiative_id=invitation.initiative_id,
                )
                for invitation in invitations
            ],
        )

    async def send(self, tx: Tx, mails: Iterable[Mail]) -> None:
        """Puts mails in the queue. Whether an address may be used is asked at the last moment, by the mailer."""
        if await deliveries.add(tx, mails):
            tx.after_commit(self._wake)


def new_id() -> str:
    """An id that sorts by time."""
    return str(uuid_utils.uuid7())
