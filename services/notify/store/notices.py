"""What happened, who hears of it, and what stands ready for the daily mail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import uuid_utils

from services.notify.domain.audience import Follower, Staff
from services.notify.domain.notices import EVERYONE, Notice
from services.notify.store.staff import staff_in
from shared.dutch import date_and_time
from shared.transaction import Tx


@dataclass(frozen=True)
class Heard:
    """A notification as its reader sees it in the list."""

    item: dict[str, Any]
    at: datetime
    in_mail: bool

    @property
    def moment(self) -> str:
        """When, for people."""
        return date_and_time(self.at)


async def add(tx: Tx, notices: Iterable[Notice]) -> Mapping[str, Notice]:
    """Keeps those that were not known yet, and gives these by their new ids."""
    by_key = {(n.kind, n.about): n for n in notices}
    keys = sorted(by_key)
    rows = await tx.fetch(
        """
        INSERT INTO notice (id, kind, about, item, at)
        SELECT id, kind, about, item, $5 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[])
            AS new (id, kind, about, item)
        ON CONFLICT (kind, about) DO NOTHING
        RETURNING id, kind, about
        """,
        [str(uuid_utils.uuid7()) for _ in keys],
        [kind for kind, _ in keys],
        [about for _, about in keys],
        [by_key[key].item() for key in keys],
        tx.now,
    )
    return {str(row["id"]): by_key[row["kind"], row["about"]] for row in rows}


async def followers(tx: Tx, notices: Mapping[str, Notice]) -> Sequence[Follower]:
    """Who follows these notices, each person once a notice; at once if any of what they follow says so."""
    rows = [(i, n.kind, region) for i, n in notices.items() for region in sorted(n.regions)]
    found = await tx.fetch(
        """
        SELECT notice.id AS notice_id, notice.kind, staff.id, staff.email, staff.name, staff.digest_at,
               staff.working_hours_only, bool_or(how = 'at-once') AS at_once
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS notice (id, kind, region)
        JOIN subscription ON subscription.kind = notice.kind
            AND (notice.region = $4 OR subscription.region = notice.region)
        JOIN staff ON staff.id = subscription.staff_id
        GROUP BY notice.id, notice.kind, staff.id
        ORDER BY notice.id, staff.id
        """,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        EVERYONE,
    )
    return [Follower(str(row["notice_id"]), row["kind"], staff_in(row), row["at_once"]) for row in found]


async def recent_mails(tx: Tx, staff_ids: Sequence[str], since: datetime) -> Mapping[tuple[str, str], int]:
    """How many mails of one kind each of these got for themselves since then, by staff id and kind."""
    rows = await tx.fetch(
        """
        SELECT staff_id, notice.kind, count(*)::int AS mails
        FROM notification JOIN notice ON notice.id = notice_id
            JOIN delivery ON delivery.id = delivery_id AND delivery.kind = notice.kind
        WHERE staff_id = ANY ($1::uuid[]) AND notification.at > $2
        GROUP BY staff_id, notice.kind
        """,
        staff_ids,
        since,
    )
    return {(str(row["staff_id"]), row["kind"]): row["mails"] for row in rows}


async def notify(tx: Tx, notifications: Iterable[tuple[str, str, datetime, str | None]]) -> None:
    """Keeps who hears of what (notice, staff), when it is due, and in which mail (None: the daily mail will gather it)."""
    rows = sorted(notifications)
    await tx.execute(
        """
        INSERT INTO notification (notice_id, staff_id, at, due_at, delivery_id)
        SELECT notice_id, staff_id, $5, due_at, delivery_id
        FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[]) AS new (notice_id, staff_id, due_at, delivery_id)
        """,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        tx.now,
    )


async def lock_staff_to_mail(tx: Tx, limit: int) -> Sequence[Staff]:
    """Staff for whom something is due that does not stand in a mail yet."""
    rows = await tx.fetch(
        """
        SELECT id, email, name, digest_at, working_hours_only FROM staff
        WHERE EXISTS (SELECT FROM notification
                      WHERE staff_id = staff.id AND delivery_id IS NULL AND due_at <= $1)
        ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
        """,
        tx.now,
        limit,
    )
    return [staff_in(row) for row in rows]


async def gather(tx: Tx, staff_id: str, delivery_id: str) -> Sequence[dict[str, Any]]:
    """Puts what is due for this person in the mail with this id, and gives it, oldest first."""
    rows = await tx.fetch(
        """
        WITH gathered AS (
            UPDATE notification SET delivery_id = $2
            WHERE staff_id = $1 AND delivery_id IS NULL AND due_at <= $3
            RETURNING notice_id)
        SELECT item FROM notice JOIN gathered ON notice_id = id ORDER BY at, id
        """,
        staff_id,
        delivery_id,
        tx.now,
    )
    return [row["item"] for row in rows]


async def due_now(tx: Tx, email: str | None = None) -> int:
    """Makes what waits for the daily mail due now, for one person or for all; gives how many notifications."""
    rows = await tx.fetch(
        """
        UPDATE notification SET due_at = $1
        WHERE delivery_id IS NULL AND due_at > $1
          AND ($2::text IS NULL OR staff_id = (SELECT id FROM staff WHERE address = lower($2)))
        RETURNING notice_id
        """,
        tx.now,
        email,
    )
    return len(rows)


async def drop_pending(tx: Tx, staff_id: str) -> None:
    """What has not been mailed to this person yet need not be."""
    await tx.execute("DELETE FROM notification WHERE staff_id = $1 AND delivery_id IS NULL", staff_id)


async def reschedule(tx: Tx, staff_id: str, due_at: datetime) -> None:
    """What waits for this person's daily mail waits until then."""
    await tx.execute(
        "UPDATE notification SET due_at = $2 WHERE staff_id = $1 AND delivery_id IS NULL AND due_at > $3",
        staff_id,
        due_at,
        tx.now,
    )


async def heard(tx: Tx, staff_id: str, *, limit: int, offset: int = 0) -> Sequence[Heard]:
    """What a staff member was notified of, newest first."""
    rows = await tx.fetch(
        """
        SELECT item, notification.at, delivery_id IS NOT NULL AS in_mail
        FROM notification JOIN notice ON notice.id = notice_id
        WHERE staff_id = $1 ORDER BY notification.at DESC, notice_id DESC LIMIT $2 OFFSET $3
        """,
        staff_id,
        limit,
        offset,
    )
    return [Heard(row["item"], row["at"], row["in_mail"]) for row in rows]


async def forget(tx: Tx, older_than: timedelta) -> None:
    """Takes out who heard of what longer ago than this; what happened stays known."""
    await tx.execute("DELETE FROM notification WHERE at < $1::timestamptz - $2::interval", tx.now, older_than)
