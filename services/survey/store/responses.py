"""Responses: the answers by code, the words and the permissions apart from them, and what counts for whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from services.survey.domain.answers import Permission
from services.survey.domain.counting import Standing, Verdict
from services.survey.store.initiatives import Claim
from shared.transaction import Tx


class Response(NamedTuple):
    """One set of answers. Exactly one of `external_id` (with its partner) and `named_initiative` says whose it is."""

    id: str
    campaign_id: str
    version: int
    initiative_id: str
    counted: bool
    replaced_by: str | None
    partner: str | None
    external_id: str | None
    named_initiative: str | None
    invitation_id: str | None
    questionnaire: str
    answers: dict[str, Any]
    answered_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Apart:
    """What is kept apart from the answers of one response."""

    words: Mapping[str, str] = field(default_factory=dict)
    permissions: Sequence[Permission] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """What a response named, and for whom it stands now."""

    standing: Standing
    claim: Claim | None
    named_initiative: str | None


def _response(row: Any) -> Response:
    return Response(*row.values())


async def insert(tx: Tx, responses: Sequence[Response], apart: Mapping[str, Apart]) -> None:
    """Writes new responses with what is kept apart from them."""
    await tx.copy("response", Response._fields, responses)
    rows = [
        (r.id, kept.words, [permission._asdict() for permission in kept.permissions])
        for r in responses
        if (kept := apart[r.id]).words or kept.permissions
    ]
    if rows:
        await tx.copy("response_apart", ("response_id", "words", "permissions"), rows)


async def counted(tx: Tx, pairs: Collection[tuple[str, str]]) -> list[Standing]:
    """The responses that count now for these pairs of campaign and initiative."""
    rows = await tx.fetch(
        """
        SELECT r.id, r.campaign_id, r.initiative_id, r.answered_at, r.received_at
        FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS w (campaign_id, initiative_id)
        JOIN response r ON r.initiative_id = w.initiative_id AND r.campaign_id = w.campaign_id AND r.counted
        """,
        [campaign for campaign, _ in pairs],
        [initiative for _, initiative in pairs],
    )
    return [
        Standing(
            r["id"],
            r["campaign_id"],
            r["initiative_id"],
            r["answered_at"],
            r["received_at"],
            was_for=r["initiative_id"],
            counted=True,
        )
        for r in rows
    ]


async def concerned(tx: Tx, changed: Collection[str], family: Collection[str]) -> list[Named]:
    """Responses that stand for one of the `family`, named one of it, or named a claim of a `changed` initiative."""
    rows = await tx.fetch(
        """
        WITH concerned AS (
            SELECT id FROM response WHERE initiative_id = ANY($2::text[])
            UNION SELECT id FROM response WHERE named_initiative = ANY($2::text[])
            UNION SELECT r.id FROM claim c JOIN response r USING (partner, external_id)
                  WHERE c.initiative_id = ANY($1::text[])
        )
        SELECT r.id, r.campaign_id, r.initiative_id, r.answered_at, r.received_at, r.counted, r.replaced_by, r.partner,
               r.external_id, r.named_initiative
        FROM concerned JOIN response r USING (id)
        """,
        list(changed),
        list(family),
    )
    return [
        Named(
            Standing(
                r["id"],
                r["campaign_id"],
                r["initiative_id"],
                r["answered_at"],
                r["received_at"],
                was_for=r["initiative_id"],
                counted=r["counted"],
                replaced_by=r["replaced_by"],
            ),
            (r["partner"], r["external_id"]) if r["external_id"] is not None else None,
            r["named_initiative"],
        )
        for r in rows
    ]


async def apply(tx: Tx, verdicts: Sequence[Verdict]) -> list[Response]:
    """Makes responses that exist stand where the verdicts say; gives them as they are now.

    First all of them stop counting: so that at no moment two count for one initiative.
    """
    if not verdicts:
        return []
    ids = [v.id for v in verdicts]
    await tx.execute(
        "UPDATE response SET counted = false, replaced_by = id WHERE counted AND id = ANY($1::text[])", ids
    )
    rows = await tx.fetch(
        """
        UPDATE response r SET initiative_id = v.initiative_id, counted = v.counted, replaced_by = v.replaced_by,
                              version = r.version + 1
        FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[]) AS v (id, initiative_id, counted, replaced_by)
        WHERE r.id = v.id
        RETURNING r.id, r.campaign_id, r.version, r.initiative_id, r.counted, r.replaced_by, r.partner, r.external_id,
                  r.named_initiative, r.invitation_id, r.questionnaire, r.answers, r.answered_at, r.received_at
        """,
        ids,
        [v.initiative_id for v in verdicts],
        [v.counted for v in verdicts],
        [v.replaced_by for v in verdicts],
    )
    return [_response(r) for r in rows]


async def every(tx: Tx, *, after: str, limit: int) -> list[Response]:
    """All responses in the order of their ids, a page at a time."""
    rows = await tx.fetch(
        """
        SELECT id, campaign_id, version, initiative_id, counted, replaced_by, partner, external_id, named_initiative,
               invitation_id, questionnaire, answers, answered_at, received_at
        FROM response WHERE id > $1 ORDER BY id LIMIT $2
        """,
        after,
        limit,
    )
    return [_response(r) for r in rows]


async def counting_for(tx: Tx, campaign_id: str, initiative_id: str) -> Response | None:
    """The response that counts for this initiative."""
    row = await tx.fetchrow(
        """
        SELECT id, campaign_id, version, initiative_id, counted, replaced_by, partner, external_id, named_initiative,
               invitation_id, questionnaire, answers, answered_at, received_at
        FROM response WHERE initiative_id = $2 AND campaign_id = $1 AND counted
        """,
        campaign_id,
        initiative_id,
    )
    return _response(row) if row else None


async def kept_apart(tx: Tx, ids: Collection[str]) -> dict[str, Apart]:
    """The words and permissions of these responses."""
    rows = await tx.fetch(
        "SELECT response_id, words, permissions FROM response_apart WHERE response_id = ANY($1::text[])", list(ids)
    )
    kept = {r["response_id"]: Apart(r["words"], [_permission(p) for p in r["permissions"]]) for r in rows}
    return {i: kept.get(i, Apart()) for i in ids}


def _permission(said: Mapping[str, Any]) -> Permission:
    return Permission(**{**said, "at": datetime.fromisoformat(said["at"])})
