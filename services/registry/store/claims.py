"""Claims as said."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.registry.domain.claims import Claim, ClaimKey, Held
from shared.events.partner import InitiativeReported
from shared.transaction import Tx

GROUPING = 7_246_001
"""The advisory lock under which claims are grouped into initiatives."""


@dataclass(frozen=True, slots=True)
class NewWord:
    """What a partner newly says of an initiative."""

    key: ClaimKey
    initiative_id: str
    fields: Mapping[str, Any]
    sha256: bytes
    said_at: datetime


async def lock_grouping(tx: Tx) -> None:
    """Whoever changes what belongs to which initiative waits here for whoever else does, until the end of the transaction."""
    await tx.fetchval("SELECT pg_advisory_xact_lock($1)", GROUPING)


async def held(tx: Tx, keys: Collection[ClaimKey]) -> dict[ClaimKey, Held]:
    """What is remembered of these claims."""
    rows = await tx.fetch(
        """
        SELECT partner, external_id, initiative_id, sha256, said_at, withdrawn_at IS NOT NULL AS withdrawn
        FROM claim JOIN unnest($1::text[], $2::text[]) AS k (partner, external_id) USING (partner, external_id)
        """,
        *_columns(keys),
    )
    return {
        (r["partner"], r["external_id"]): Held(str(r["initiative_id"]), r["sha256"], r["said_at"], r["withdrawn"])
        for r in rows
    }


async def homes(tx: Tx, keys: Collection[ClaimKey]) -> dict[ClaimKey, str]:
    """The initiatives to which these claims belong, as far as they are known."""
    rows = await tx.fetch(
        """
        SELECT partner, external_id, initiative_id
        FROM claim JOIN unnest($1::text[], $2::text[]) AS k (partner, external_id) USING (partner, external_id)
        """,
        *_columns(sorted(keys)),
    )
    return {(r["partner"], r["external_id"]): str(r["initiative_id"]) for r in rows}


async def confirm(tx: Tx, said: Mapping[ClaimKey, datetime]) -> None:
    """The same was said again: newest and oldest word of this content are remembered, nothing else changes."""
    keys = sorted(said)
    await tx.execute(
        """
        WITH said AS MATERIALIZED (
            SELECT claim.partner, claim.external_id, s.at
            FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS s (partner, external_id, at)
            JOIN claim USING (partner, external_id)
            ORDER BY claim.partner, claim.external_id
            FOR UPDATE OF claim
        )
        UPDATE claim
        SET said_at = greatest(claim.said_at, said.at), changed_at = least(claim.changed_at, said.at)
        FROM said WHERE claim.partner = said.partner AND claim.external_id = said.external_id
        """,
        *_columns(keys),
        [said[k] for k in keys],
    )


async def keep(tx: Tx, words: Sequence[NewWord]) -> None:
    """Claims as they are said now. A claim that is known stays with its initiative, and is no longer withdrawn."""
    await tx.execute(
        """
        INSERT INTO claim (partner, external_id, initiative_id, data, sha256, said_at, changed_at, known_since)
        SELECT partner, external_id, initiative_id, data, sha256, said_at, said_at, $7
        FROM unnest($1::text[], $2::text[], $3::uuid[], $4::jsonb[], $5::bytea[], $6::timestamptz[])
            AS w (partner, external_id, initiative_id, data, sha256, said_at)
        ON CONFLICT (partner, external_id) DO UPDATE
        SET data = excluded.data, sha256 = excluded.sha256, said_at = excluded.said_at,
            changed_at = excluded.changed_at, withdrawn_at = NULL, withdrawn_reason = NULL
        WHERE claim.said_at <= excluded.said_at
        """,
        [w.key[0] for w in words],
        [w.key[1] for w in words],
        [w.initiative_id for w in words],
        [w.fields for w in words],
        [w.sha256 for w in words],
        [w.said_at for w in words],
        tx.now,
    )


async def withdraw(tx: Tx, key: ClaimKey, *, reason: str, said_at: datetime) -> None:
    """The partner lists it no longer. What it said stays until it is erased."""
    await tx.execute(
        """
        UPDATE claim SET withdrawn_at = $3, withdrawn_reason = $4, said_at = $3, changed_at = $3
        WHERE partner = $1 AND external_id = $2
        """,
        *key,
        said_at,
        reason,
    )


async def withdraw_all(tx: Tx, partner: str, *, reason: str) -> dict[ClaimKey, str]:
    """A partner lists nothing any more. Gives the claims that this withdrew, each with its initiative."""
    rows = await tx.fetch(
        """
        UPDATE claim SET withdrawn_at = $2, withdrawn_reason = $3, said_at = $2, changed_at = $2
        WHERE partner = $1 AND withdrawn_at IS NULL
        RETURNING partner, external_id, initiative_id
        """,
        partner,
        tx.now,
        reason,
    )
    return {(r["partner"], r["external_id"]): str(r["initiative_id"]) for r in rows}


async def only_known_by(tx: Tx, partner: str, reason: str) -> tuple[int, int]:
    """How many live claims a partner has, and how many initiatives end when these are withdrawn for that reason.

    As the golden record has it: what nobody else lists ends, unless it spoke for itself and only ever left networks.
    """
    row = await tx.fetchrow(
        """
        WITH mine AS (
            SELECT initiative_id, count(*) AS claims FROM claim
            WHERE partner = $1 AND withdrawn_at IS NULL GROUP BY initiative_id
        ), others AS (
            SELECT m.initiative_id, m.claims,
                   count(*) FILTER (WHERE c.partner <> $1 AND c.withdrawn_at IS NULL) > 0 AS listed,
                   count(*) FILTER (WHERE c.withdrawn_reason <> $2) = 0
                       AND EXISTS (SELECT FROM own_statement AS s JOIN claim AS o USING (partner, external_id)
                                   WHERE o.initiative_id = m.initiative_id AND s.covered_by IS NULL) AS speaks
            FROM mine AS m JOIN claim AS c USING (initiative_id)
            GROUP BY m.initiative_id, m.claims
        )
        SELECT coalesce(sum(claims), 0)::int AS claims,
               (count(*) FILTER (WHERE NOT listed AND NOT speaks))::int AS closes
        FROM others
        """,
        partner,
        reason,
    )
    assert row
    return row["claims"], row["closes"]


async def move(tx: Tx, new_home: Mapping[ClaimKey, str]) -> None:
    """Puts claims with the initiatives to which they turn out to belong."""
    keys = sorted(new_home)
    await tx.execute(
        """
        UPDATE claim SET initiative_id = m.initiative_id
        FROM unnest($1::text[], $2::text[], $3::uuid[]) AS m (partner, external_id, initiative_id)
        WHERE claim.partner = m.partner AND claim.external_id = m.external_id
        """,
        *_columns(keys),
        [new_home[k] for k in keys],
    )


async def move_all(tx: Tx, new_home: Mapping[str, str]) -> dict[str, list[ClaimKey]]:
    """Puts all claims of the initiatives (keys) with others (values). Gives the claims moved, by where they came from."""
    rows = await tx.fetch(
        """
        UPDATE claim SET initiative_id = m.survivor
        FROM unnest($1::uuid[], $2::uuid[]) AS m (absorbed, survivor)
        WHERE claim.initiative_id = m.absorbed
        RETURNING m.absorbed, claim.partner, claim.external_id
        """,
        list(new_home),
        list(new_home.values()),
    )
    moved: defaultdict[str, list[ClaimKey]] = defaultdict(list)
    for r in rows:
        moved[str(r["absorbed"])].append((r["partner"], r["external_id"]))
    return dict(moved)


async def live_keys(tx: Tx, ids: Collection[str]) -> dict[str, list[ClaimKey]]:
    """The claims of these initiatives that are not withdrawn."""
    rows = await tx.fetch(
        """
        SELECT initiative_id, partner, external_id FROM claim
        WHERE initiative_id = ANY($1::uuid[]) AND withdrawn_at IS NULL
        ORDER BY known_since, partner, external_id
        """,
        sorted(ids),
    )
    found: defaultdict[str, list[ClaimKey]] = defaultdict(list)
    for r in rows:
        found[str(r["initiative_id"])].append((r["partner"], r["external_id"]))
    return dict(found)


async def of_initiatives(tx: Tx, ids: Collection[str]) -> dict[str, list[Claim]]:
    """All claims of these initiatives, the withdrawn too, oldest first."""
    rows = await tx.fetch(
        """
        SELECT partner, external_id, initiative_id, data, changed_at, known_since, withdrawn_reason
        FROM claim WHERE initiative_id = ANY($1::uuid[]) ORDER BY known_since, partner, external_id
        """,
        sorted(ids),
    )
    found: defaultdict[str, list[Claim]] = defaultdict(list)
    for r in rows:
        claim = Claim(
            r["partner"],
            r["external_id"],
            str(r["initiative_id"]),
            r["data"],
            r["changed_at"],
            r["known_since"],
            r["withdrawn_reason"],
        )
        found[claim.initiative_id].append(claim)
    return dict(found)


async def reports(tx: Tx, keys: Collection[ClaimKey]) -> dict[ClaimKey, InitiativeReported]:
    """These claims as they were reported, contact included: for comparing."""
    rows = await tx.fetch(
        """
        SELECT partner, external_id, data, person, email, phone
        FROM claim JOIN unnest($1::text[], $2::text[]) AS k (partner, external_id) USING (partner, external_id)
        LEFT JOIN contact USING (partner, external_id)
        """,
        *_columns(keys),
    )
    return {
        (r["partner"], r["external_id"]): InitiativeReported.model_validate(
            {**r["data"], "contact": {name: r[name] for name in ("person", "email", "phone")}}
        )
        for r in rows
    }


def _columns(keys: Collection[ClaimKey]) -> tuple[list[str], list[str]]:
    return [k[0] for k in keys], [k[1] for k in keys]
