"""Invitations: waiting for an address, mailed, reminded, ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.domain.notices import Reach
from shared.events.survey import InvitationIssued, InvitationWithdrawn
from shared.transaction import Tx

_ASKING = 3_391_001
"""The advisory lock under which it is decided who is mailed an invitation."""


@dataclass(frozen=True)
class Addressed:
    """An invitation, or a reminder of it, with the address that it goes to."""

    id: str
    initiative_id: str
    initiative: str | None
    title: str
    url: str
    closes: datetime
    email: str
    person: str | None


async def lock_asking(tx: Tx) -> None:
    """Whoever learns what decides who is mailed an invitation waits here for whoever else does, until the end of the
    transaction: of an invitation, an address and an answer that come at the same moment to several replicas, the last
    sees the others. Taken before anything else is written of them."""
    await tx.fetchval("SELECT pg_advisory_xact_lock($1)", _ASKING)


async def issue(tx: Tx, invitations: Iterable[InvitationIssued]) -> None:
    """Keeps new invitations. One that is known, or withdrawn already, stays as it is; a restated one has no url."""
    rows = sorted(
        {
            (i.invitation_id, i.campaign_id, i.initiative_id, i.title, i.url, i.closes)
            for i in invitations
            if i.url is not None
        }
    )
    await tx.execute(
        """
        INSERT INTO invitation (id, campaign_id, initiative_id, status, title, url, closes, issued_at)
        SELECT id, campaign_id, initiative_id, 'waiting', title, url, closes, $7
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
            AS new (id, campaign_id, initiative_id, title, url, closes)
        ON CONFLICT (id) DO NOTHING
        """,
        *([list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(6)]),
        tx.now,
    )


async def withdraw(tx: Tx, withdrawn: Iterable[InvitationWithdrawn]) -> Sequence[str]:
    """Ends invitations, those not heard of yet included; gives the ids of those that ended now.

    One that closes without an address is dropped: it was never mailed.
    """
    latest = {w.invitation_id: w for w in withdrawn}
    ordered = [latest[key] for key in sorted(latest)]
    rows = await tx.fetch(
        """
        INSERT INTO invitation (id, campaign_id, initiative_id, status, issued_at, ended_because)
        SELECT id, campaign_id, initiative_id, 'withdrawn', $5, reason
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS new (id, campaign_id, initiative_id, reason)
        ON CONFLICT (id) DO UPDATE
        SET status = CASE WHEN invitation.status = 'waiting' AND excluded.ended_because = 'closed'
                          THEN 'dropped' ELSE 'withdrawn' END,
            url = NULL, ended_because = excluded.ended_because
        WHERE invitation.status IN ('waiting', 'mailed')
        RETURNING id
        """,
        [w.invitation_id for w in ordered],
        [w.campaign_id for w in ordered],
        [w.initiative_id for w in ordered],
        [w.reason for w in ordered],
        tx.now,
    )
    return [row["id"] for row in rows]


async def lock_ready(tx: Tx, initiative_ids: Sequence[str] | None, limit: int) -> Sequence[Addressed]:
    """Invitations that can be mailed now: open, unanswered, with an address that may be used. Marks them mailed.

    Of these initiatives, or (None) of all.
    """
    return await _addressed(
        tx,
        """
        WITH ready AS (
            SELECT invitation.id, contact.email, contact.person
            FROM invitation JOIN contact USING (initiative_id)
            WHERE invitation.status = 'waiting' AND closes > $1 AND contact.email IS NOT NULL
              AND 'uitnodiging' = ANY (contact.purposes)
              AND ($2::text[] IS NULL OR invitation.initiative_id = ANY ($2::text[]))
              AND NOT EXISTS (SELECT FROM response WHERE counted AND response.campaign_id = invitation.campaign_id
                              AND response.initiative_id = invitation.initiative_id)
            ORDER BY invitation.id LIMIT $3 FOR UPDATE OF invitation SKIP LOCKED),
        marked AS (
            UPDATE invitation SET status = 'mailed', mailed_at = $1 FROM ready WHERE invitation.id = ready.id
            RETURNING invitation.id, initiative_id, invitation.title, url, closes, ready.email, ready.person)
        SELECT marked.id, initiative_id, initiative.name AS initiative, marked.title, url, closes, email, person
        FROM marked LEFT JOIN initiative ON initiative.id = initiative_id
        """,
        tx.now,
        initiative_ids,
        limit,
    )


async def lock_to_remind(tx: Tx, *, after: timedelta, gap: timedelta, limit: int) -> Sequence[Addressed]:
    """Unanswered invitations mailed `after` ago and not reminded yet, unless the last call comes within `gap`.

    Marks them reminded.
    """
    return await _addressed(
        tx,
        """
        WITH ready AS (
            SELECT invitation.id, contact.email, contact.person, campaign.closes
            FROM invitation JOIN contact USING (initiative_id) JOIN campaign ON campaign.id = campaign_id
            WHERE invitation.status = 'mailed' AND campaign.status = 'open'
              AND mailed_at <= $1::timestamptz - $2::interval AND reminded_at IS NULL AND last_called_at IS NULL
              AND campaign.closes > $1::timestamptz + $3::interval AND contact.email IS NOT NULL
              AND 'uitnodiging' = ANY (contact.purposes)
              AND NOT EXISTS (SELECT FROM response WHERE counted AND response.campaign_id = invitation.campaign_id
                              AND response.initiative_id = invitation.initiative_id)
            ORDER BY invitation.id LIMIT $4 FOR UPDATE OF invitation SKIP LOCKED),
        marked AS (
            UPDATE invitation SET reminded_at = $1 FROM ready WHERE invitation.id = ready.id
            RETURNING invitation.id, initiative_id, invitation.title, url, ready.closes, ready.email, ready.person)
        SELECT marked.id, initiative_id, initiative.name AS initiative, marked.title, url, closes, email, person
        FROM marked LEFT JOIN initiative ON initiative.id = initiative_id
        """,
        tx.now,
        after,
        gap,
        limit,
    )


async def lock_to_call(tx: Tx, *, before: timedelta, gap: timedelta, limit: int) -> Sequence[Addressed]:
    """Unanswered invitations to a campaign that closes within `before`, last mailed at least `gap` ago. Marks them."""
    return await _addressed(
        tx,
        """
        WITH ready AS (
            SELECT invitation.id, contact.email, contact.person, campaign.closes
            FROM invitation JOIN contact USING (initiative_id) JOIN campaign ON campaign.id = campaign_id
            WHERE invitation.status = 'mailed' AND campaign.status = 'open' AND last_called_at IS NULL
              AND campaign.closes > $1 AND campaign.closes <= $1::timestamptz + $2::interval
              AND greatest(mailed_at, reminded_at) <= $1::timestamptz - $3::interval AND contact.email IS NOT NULL
              AND 'uitnodiging' = ANY (contact.purposes)
              AND NOT EXISTS (SELECT FROM response WHERE counted AND response.campaign_id = invitation.campaign_id
                              AND response.initiative_id = invitation.initiative_id)
            ORDER BY invitation.id LIMIT $4 FOR UPDATE OF invitation SKIP LOCKED),
        marked AS (
            UPDATE invitation SET last_called_at = $1 FROM ready WHERE invitation.id = ready.id
            RETURNING invitation.id, initiative_id, invitation.title, url, ready.closes, ready.email, ready.person)
        SELECT marked.id, initiative_id, initiative.name AS initiative, marked.title, url, closes, email, person
        FROM marked LEFT JOIN initiative ON initiative.id = initiative_id
        """,
        tx.now,
        before,
        gap,
        limit,
    )


async def reach(tx: Tx, campaign_id: str) -> Reach:
    """Of the initiatives invited, how many were mailed, answered without a mail, and neither. Those that have gone into
    another initiative are left out, as survey leaves them out of the number invited."""
    row = await tx.fetchrow(
        """
        WITH invited AS (
            SELECT initiative_id,
                   bool_or(EXISTS (SELECT FROM delivery WHERE kind = 'invitation' AND about = invitation.id
                                   AND state = 'delivered')) AS mailed,
                   EXISTS (SELECT FROM response WHERE counted AND response.campaign_id = $1
                           AND response.initiative_id = invitation.initiative_id) AS answered
            FROM invitation
            WHERE campaign_id = $1 AND ended_because IS DISTINCT FROM 'merged'
            GROUP BY initiative_id)
        SELECT count(*) FILTER (WHERE mailed)::int AS mailed,
               count(*) FILTER (WHERE answered AND NOT mailed)::int AS answered,
               count(*) FILTER (WHERE NOT answered AND NOT mailed)::int AS missed
        FROM invited
        """,
        campaign_id,
    )
    assert row is not None
    return Reach(row["mailed"], row["answered"], row["missed"])


async def _addressed(tx: Tx, sql: str, *args: object) -> Sequence[Addressed]:
    return [
        Addressed(
            id=row["id"],
            initiative_id=row["initiative_id"],
            initiative=row["initiative"],
            title=row["title"],
            url=row["url"],
            closes=row["closes"],
            email=row["email"],
            person=row["person"],
        )
        for row in await tx.fetch(sql, *args)
    ]
