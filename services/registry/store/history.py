"""Every answer of every taker: what became of each event that a partner published, and what has no answer yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from pydantic import TypeAdapter

from shared.events.problems import Problem
from shared.transaction import Tx

UNDERWAY = "underway"
"""The outcome of what was published over HTTP and is not answered yet."""


CODES_AMONG = 5000
"""Answers with faults or warnings among which is looked for what one can look for."""
_PROBLEMS = TypeAdapter(tuple[Problem, ...])


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer to one event. `problems` are its faults or warnings; `taker` is None of one that is still underway."""

    taker: str | None
    id: str
    partner: str
    event_source: str | None
    event_id: str | None
    event_type: str | None
    event_subject: str | None
    outcome: str
    problems: tuple[Problem, ...]
    initiative_id: str | None
    received_at: datetime
    answered_at: datetime | None

    @property
    def codes(self) -> tuple[str, ...]:
        """What is the matter, in short."""
        return tuple(p.code for p in self.problems)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the history: what is None does not matter. `after` is the last line of the page before."""

    since: datetime | None = None
    until: datetime | None = None
    event_type: str | None = None
    outcome: str | None = None
    code: str | None = None
    event_id: str | None = None
    source: str | None = None
    subject: str | None = None
    after: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """An event that was published for a partner."""

    source: str
    id: str
    type: str
    subject: str | None


async def keep(tx: Tx, answers: Sequence[Answered]) -> None:
    """Keeps answers; one that is there already changes nothing. What they answer is no longer underway."""
    await tx.execute(
        """
        INSERT INTO answer (taker, id, partner, event_source, event_id, event_type, event_subject, outcome, codes,
                            initiative_id, received_at, answered_at, problems)
        SELECT taker, id, partner, event_source, event_id, event_type, event_subject, outcome,
               string_to_array(codes, ' '), initiative_id, received_at, answered_at, problems::jsonb
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[])
            AS a (taker, id, partner, event_source, event_id, event_type, event_subject, outcome, codes,
                  initiative_id, received_at, answered_at, problems)
        ON CONFLICT (taker, id) DO NOTHING
        """,
        [a.taker for a in answers],
        [a.id for a in answers],
        [a.partner for a in answers],
        [a.event_source for a in answers],
        [a.event_id for a in answers],
        [a.event_type for a in answers],
        [a.event_subject for a in answers],
        [a.outcome for a in answers],
        [" ".join(a.codes) for a in answers],
        [a.initiative_id for a in answers],
        [a.received_at for a in answers],
        [a.answered_at for a in answers],
        [_PROBLEMS.dump_json(a.problems, by_alias=True, exclude_none=True).decode() for a in answers],
    )
    await tx.execute(
        """
        DELETE FROM underway AS u USING unnest($1::text[], $2::text[], $3::text[]) AS a (partner, source, id)
        WHERE (u.partner, u.event_source, u.event_id) = (a.partner, a.source, a.id)
        """,
        [a.partner for a in answers],
        [a.event_source for a in answers],
        [a.event_id for a in answers],
    )


async def set_out(tx: Tx, partner: str, events: Sequence[Sent]) -> None:
    """These were published for a partner and wait for their answers, those that have none yet."""
    await tx.execute(
        """
        INSERT INTO underway (partner, event_source, event_id, event_type, event_subject, received_at)
        SELECT $1, e.source, e.id, e.type, e.subject, $6
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS e (source, id, type, subject)
        WHERE NOT EXISTS (
            SELECT FROM answer AS a WHERE (a.partner, a.event_id, a.event_source) = ($1, e.id, e.source))
        ON CONFLICT (partner, event_source, event_id) DO NOTHING
        """,
        partner,
        [e.source for e in events],
        [e.id for e in events],
        [e.type for e in events],
        [e.subject for e in events],
        tx.now,
    )


async def answered_before(tx: Tx, partner: str, source: str, ids: Sequence[str]) -> set[str]:
    """Those of these events that have been answered already."""
    rows = await tx.fetch(
        "SELECT event_id FROM answer WHERE partner = $1 AND event_source = $2 AND event_id = ANY($3::text[])",
        partner,
        source,
        ids,
    )
    return {r["event_id"] for r in rows}


async def forget_underway(tx: Tx, before: datetime) -> None:
    """Nothing is known any more of what was published before this and has no answer."""
    await tx.execute("DELETE FROM underway WHERE received_at < $1", before)


async def forget(tx: Tx, before: datetime, limit: int) -> None:
    """Drops the oldest of what came in before this, so much of each partner at a time; its very last answer stays, for it
    tells when the partner was last heard of."""
    await tx.execute(
        """
        DELETE FROM answer a
        USING bus.partner p CROSS JOIN LATERAL (
            SELECT taker, id FROM answer
            WHERE partner = p.name
                AND received_at < least($1, (SELECT max(received_at) FROM answer WHERE partner = p.name))
            ORDER BY received_at LIMIT $2
        ) AS old
        WHERE (a.taker, a.id) = (old.taker, old.id)
        """,
        before,
        limit,
    )


async def page(tx: Tx, partner: str, wanted: Wanted, limit: int) -> list[Answered]:
    """Of one partner's history what is wanted, newest first; what is underway is in it, with that as its outcome."""
    # The conditions that do not matter fold away only in a plan made for these values.
    await tx.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    rows = await tx.fetch(
        """
        SELECT taker, id, event_source, event_id, event_type, event_subject, outcome, initiative_id, received_at,
               answered_at, problems
        FROM (
            (SELECT taker, id, event_source, event_id, event_type, event_subject, outcome, initiative_id, received_at,
                    answered_at, problems
             FROM answer
             WHERE partner = $1
                 AND ($2::timestamptz IS NULL OR received_at >= $2) AND ($3::timestamptz IS NULL OR received_at < $3)
                 AND ($4::text IS NULL OR event_type = $4) AND ($5::text IS NULL OR outcome = $5)
                 AND ($6::text IS NULL OR $6 = ANY(codes)) AND ($7::text IS NULL OR event_id = $7)
                 AND ($8::text IS NULL OR event_source = $8) AND ($9::text IS NULL OR event_subject = $9)
                 AND ($10::timestamptz IS NULL OR (received_at, id) < ($10, $11::text))
             ORDER BY received_at DESC, id DESC LIMIT $12)
            UNION ALL
            (SELECT NULL, u.event_id, u.event_source, u.event_id, u.event_type, u.event_subject, 'underway', NULL,
                    u.received_at, NULL, '[]'
             FROM underway AS u
             WHERE u.partner = $1
                 AND ($2::timestamptz IS NULL OR u.received_at >= $2) AND ($3::timestamptz IS NULL OR u.received_at < $3)
                 AND ($4::text IS NULL OR u.event_type = $4) AND ($5::text IS NULL OR $5 = 'underway')
                 AND $6::text IS NULL AND ($7::text IS NULL OR u.event_id = $7)
                 AND ($8::text IS NULL OR u.event_source = $8) AND ($9::text IS NULL OR u.event_subject = $9)
                 AND ($10::timestamptz IS NULL OR (u.received_at, u.event_id) < ($10, $11::text))
                 AND NOT EXISTS (
                     SELECT FROM answer AS a
                     WHERE (a.partner, a.event_id, a.event_source) = (u.partner, u.event_id, u.event_source))
             ORDER BY u.received_at DESC, u.event_id DESC LIMIT $12)
        ) AS both_kinds
        ORDER BY received_at DESC, id DESC LIMIT $12
        """,
        partner,
        wanted.since,
        wanted.until,
        wanted.event_type,
        wanted.outcome,
        wanted.code,
        wanted.event_id,
        wanted.source,
        wanted.subject,
        *(wanted.after or (None, None)),
        limit,
    )
    return [_answered(partner, r) for r in rows]


async def codes_of(tx: Tx, partner: str) -> set[str]:
    """The faults and warnings that this partner's newest events had: what one can look for."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT unnest(codes) AS code FROM (
            SELECT codes FROM answer WHERE partner = $1 AND codes <> '{}' ORDER BY received_at DESC LIMIT $2
        ) AS newest
        """,
        partner,
        CODES_AMONG,
    )
    return {r["code"] for r in rows}


async def counts(tx: Tx, partner: str | None = None) -> dict[str, dict[str, int]]:
    """How many answers there were, by type of event and outcome; of one partner or of all."""
    rows = await tx.fetch(
        """
        SELECT coalesce(event_type, '?') AS event_type, outcome, count(*) AS number
        FROM answer WHERE $1::text IS NULL OR partner = $1
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        partner,
    )
    found: dict[str, dict[str, int]] = {}
    for r in rows:
        found.setdefault(r["event_type"], {})[r["outcome"]] = r["number"]
    return found


async def refusals(tx: Tx, partner: str | None = None) -> dict[str, int]:
    """How many refused events had each fault, most frequent first."""
    rows = await tx.fetch(
        """
        SELECT code, count(*) AS number
        FROM answer CROSS JOIN LATERAL (SELECT DISTINCT unnest(codes) AS code) AS c
        WHERE outcome = 'refused' AND ($1::text IS NULL OR partner = $1)
        GROUP BY code ORDER BY number DESC, code
        """,
        partner,
    )
    return {r["code"]: r["number"] for r in rows}


def _answered(partner: str, r: asyncpg.Record) -> Answered:
    return Answered(
        r["taker"],
        r["id"],
        partner,
        r["event_source"],
        r["event_id"],
        r["event_type"],
        r["event_subject"],
        r["outcome"],
        _PROBLEMS.validate_python(r["problems"]),
        r["initiative_id"],
        r["received_at"],
        r["answered_at"],
    )
