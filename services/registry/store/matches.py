"""Questions about possible duplicates, the answers to them, and what people decided for good."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import asyncpg

from services.registry.domain.claims import ClaimKey
from services.registry.domain.grouping import Pair
from shared.transaction import Tx

Asks = Literal["merge", "split"]
Verdict = Literal["same", "different"]


@dataclass(frozen=True, slots=True)
class Match:
    """A question to people about two claims. `one_initiative` and `other_initiative`: where these claims are now."""

    id: str
    version: int
    asks: Asks
    status: Literal["open", "same", "different"]
    one: ClaimKey
    other: ClaimKey
    probability: float
    evidence: Sequence[dict[str, Any]]
    asked: tuple[str, ...]
    found_at: datetime
    one_initiative: str
    other_initiative: str
    decided_by: str | None = None
    decided_at: datetime | None = None
    staff_decide: bool = False
    """The partners do not agree, or do not know."""
    undoes: str | None = None
    """The decided question that somebody looks upon otherwise by now."""

    def decided(self, status: Verdict, by: str, at: datetime) -> "Match":
        """The question, settled."""
        return replace(self, version=self.version + 1, status=status, decided_by=by, decided_at=at)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was done to the grouping of an initiative, by whom and when."""

    at: datetime
    by: str
    action: str
    initiative_id: str
    other_id: str | None
    moved: tuple[ClaimKey, ...]


async def ask(tx: Tx, matches: Sequence[Match]) -> None:
    """New questions."""
    await tx.executemany(
        """
        INSERT INTO match (id, version, asks, status, one_partner, one_external_id, other_partner, other_external_id,
                           probability, evidence, asked, found_at, undoes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        [
            (
                *(m.id, m.version, m.asks, m.status, *m.one, *m.other),
                *(m.probability, m.evidence, m.asked, m.found_at, m.undoes),
            )
            for m in matches
        ],
    )


async def find(tx: Tx, id_: str) -> Match | None:
    """One question, with the initiatives of its claims as they are now."""
    row = await tx.fetchrow(
        """
        SELECT id, version, asks, status, one_partner, one_external_id, other_partner, other_external_id, probability,
               evidence, asked, found_at, decided_by, decided_at, one_initiative, other_initiative, staff_decide, undoes
        FROM match_now
        WHERE id = $1::uuid
        """,
        id_,
    )
    return _match(row) if row else None


async def open_of_initiatives(tx: Tx, ids: Collection[str]) -> list[Match]:
    """The open questions about any of these initiatives."""
    rows = await tx.fetch(
        """
        SELECT id, version, asks, status, one_partner, one_external_id, other_partner, other_external_id, probability,
               evidence, asked, found_at, decided_by, decided_at, one_initiative, other_initiative, staff_decide, undoes
        FROM match_now
        WHERE status = 'open' AND id IN (
            SELECT m.id FROM match AS m JOIN claim AS c
            ON c.partner = m.one_partner AND c.external_id = m.one_external_id
            WHERE m.status = 'open' AND c.initiative_id = ANY($1::uuid[])
            UNION
            SELECT m.id FROM match AS m JOIN claim AS c
            ON c.partner = m.other_partner AND c.external_id = m.other_external_id
            WHERE m.status = 'open' AND c.initiative_id = ANY($1::uuid[])
        )
        ORDER BY found_at, id
        """,
        sorted(ids),
    )
    return [_match(r) for r in rows]


async def open_page(tx: Tx, after: tuple[datetime, str] | None, limit: int) -> list[Match]:
    """Open questions, oldest first, from behind `after` (when it was found, its id)."""
    rows = await tx.fetch(
        """
        SELECT id, version, asks, status, one_partner, one_external_id, other_partner, other_external_id, probability,
               evidence, asked, found_at, decided_by, decided_at, one_initiative, other_initiative, staff_decide, undoes
        FROM match_now
        WHERE status = 'open' AND ($1::timestamptz IS NULL OR (found_at, id) > ($1::timestamptz, $2::uuid))
        ORDER BY found_at, id LIMIT $3
        """,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_match(r) for r in rows]


async def count_open(tx: Tx) -> int:
    """How many questions wait for people."""
    return int(await tx.fetchval("SELECT count(*) FROM match WHERE status = 'open'"))


async def settle(tx: Tx, match: Match) -> None:
    """The question as it was decided; nothing if someone was first."""
    await tx.execute(
        """
        UPDATE match SET version = $2, status = $3, decided_by = $4, decided_at = $5
        WHERE id = $1::uuid AND version = $2 - 1
        """,
        match.id,
        match.version,
        match.status,
        match.decided_by,
        match.decided_at,
    )


async def answer(tx: Tx, match_id: str, partner: str, said: str) -> dict[str, str]:
    """A partner's answer, in place of its former one. Gives the answers of all partners."""
    await tx.execute(
        """
        INSERT INTO match_answer (match_id, partner, answer, answered_at) VALUES ($1::uuid, $2, $3, $4)
        ON CONFLICT (match_id, partner) DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at
        """,
        match_id,
        partner,
        said,
        tx.now,
    )
    return await answers(tx, match_id)


async def answers(tx: Tx, match_id: str) -> dict[str, str]:
    """What partners said to this question."""
    return (await answers_to(tx, [match_id])).get(match_id, {})


async def answers_to(tx: Tx, match_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """What partners said to these questions; one that nobody answered is not in it."""
    rows = await tx.fetch(
        "SELECT match_id, partner, answer FROM match_answer WHERE match_id = ANY($1::uuid[]) ORDER BY answered_at, partner",
        sorted(match_ids),
    )
    found: dict[str, dict[str, str]] = {}
    for r in rows:
        found.setdefault(str(r["match_id"]), {})[r["partner"]] = r["answer"]
    return found


async def leave_to_staff(tx: Tx, match: Match) -> Match:
    """The question is staff's from now on; partners may still come to agree."""
    await tx.execute(
        "UPDATE match SET version = version + 1, staff_decide = true WHERE id = $1::uuid AND NOT staff_decide", match.id
    )
    return replace(match, version=match.version + 1, staff_decide=True)


async def moved_by(tx: Tx, match_id: str) -> set[ClaimKey]:
    """The claims that moved when this question was last answered with yes."""
    moved = await tx.fetchval(
        """
        SELECT claims FROM judgement WHERE match_id = $1::uuid AND action IN ('same', 'merged')
        ORDER BY id DESC LIMIT 1
        """,
        match_id,
    )
    return {(partner, external_id) for partner, external_id in moved or ()}


async def remember(tx: Tx, pairs: Iterable[tuple[ClaimKey, ClaimKey]], verdict: Verdict) -> None:
    """What people decided about these pairs of claims, in place of what was decided before."""
    rows = sorted({(min(p), max(p)) for p in pairs})
    await tx.execute(
        """
        INSERT INTO verdict (one_partner, one_external_id, other_partner, other_external_id, verdict)
        SELECT a, b, c, d, $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS v (a, b, c, d)
        ON CONFLICT (one_partner, one_external_id, other_partner, other_external_id)
        DO UPDATE SET verdict = excluded.verdict
        """,
        [one[0] for one, _ in rows],
        [one[1] for one, _ in rows],
        [other[0] for _, other in rows],
        [other[1] for _, other in rows],
        verdict,
    )


async def forget(tx: Tx, pairs: Iterable[tuple[ClaimKey, ClaimKey]], verdict: Verdict) -> None:
    """Takes back what was decided about these pairs of claims."""
    rows = sorted({(min(p), max(p)) for p in pairs})
    await tx.execute(
        """
        DELETE FROM verdict USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS v (a, b, c, d)
        WHERE one_partner = a AND one_external_id = b AND other_partner = c AND other_external_id = d AND verdict = $5
        """,
        [one[0] for one, _ in rows],
        [one[1] for one, _ in rows],
        [other[0] for _, other in rows],
        [other[1] for _, other in rows],
        verdict,
    )


async def verdicts(tx: Tx, keys: Collection[ClaimKey], verdict: Verdict) -> set[Pair]:
    """The pairs with one of these claims about which people decided so."""
    rows = await tx.fetch(
        """
        SELECT one_partner, one_external_id, other_partner, other_external_id
        FROM verdict JOIN unnest($1::text[], $2::text[]) AS k (p, e) ON one_partner = p AND one_external_id = e
        WHERE verdict = $3
        UNION
        SELECT one_partner, one_external_id, other_partner, other_external_id
        FROM verdict JOIN unnest($1::text[], $2::text[]) AS k (p, e) ON other_partner = p AND other_external_id = e
        WHERE verdict = $3
        """,
        [k[0] for k in keys],
        [k[1] for k in keys],
        verdict,
    )
    return {frozenset(((a, b), (c, d))) for a, b, c, d in rows}


async def write_down(
    tx: Tx,
    *,
    by: str,
    action: str,
    initiative_id: str,
    other_id: str | None = None,
    match_id: str | None = None,
    moved: Collection[ClaimKey] = (),
) -> None:
    """Writes down for good who did what to the grouping."""
    await tx.execute(
        """
        INSERT INTO judgement (at, by, action, initiative_id, other_id, match_id, claims)
        VALUES ($1, $2, $3, $4::uuid, $5::uuid, $6::uuid, $7)
        """,
        tx.now,
        by,
        action,
        initiative_id,
        other_id,
        match_id,
        sorted(moved),
    )


async def judgements(tx: Tx, initiative_id: str) -> list[Judged]:
    """What was done to the grouping of this initiative, newest first."""
    rows = await tx.fetch(
        """
        SELECT id, at, by, action, initiative_id, other_id, claims FROM judgement WHERE initiative_id = $1::uuid
        UNION
        SELECT id, at, by, action, initiative_id, other_id, claims FROM judgement WHERE other_id = $1::uuid
        ORDER BY id DESC
        """,
        initiative_id,
    )
    return [
        Judged(
            r["at"],
            r["by"],
            r["action"],
            str(r["initiative_id"]),
            str(r["other_id"]) if r["other_id"] else None,
            tuple((partner, external_id) for partner, external_id in r["claims"]),
        )
        for r in rows
    ]


async def use_link(tx: Tx, sha256: bytes) -> bool:
    """Marks a link as used; False if it was used before."""
    done = await tx.fetchval(
        "INSERT INTO used_link (sha256, used_at) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING RETURNING true",
        sha256,
        tx.now,
    )
    return bool(done)


def _match(r: asyncpg.Record) -> Match:
    return Match(
        str(r["id"]),
        r["version"],
        r["asks"],
        r["status"],
        (r["one_partner"], r["one_external_id"]),
        (r["other_partner"], r["other_external_id"]),
        r["probability"],
        r["evidence"],
        tuple(r["asked"]),
        r["found_at"],
        str(r["one_initiative"]),
        str(r["other_initiative"]),
        r["decided_by"],
        r["decided_at"],
        r["staff_decide"],
        str(r["undoes"]) if r["undoes"] else None,
    )
