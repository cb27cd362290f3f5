"""Every answer of every taker: what became of each event that a partner published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer to one event. `codes` are those of its faults or warnings."""

    taker: str
    id: str
    partner: str
    event_source: str | None
    event_id: str | None
    event_type: str | None
    event_subject: str | None
    outcome: str
    codes: tuple[str, ...]
    initiative_id: str | None
    received_at: datetime
    answered_at: datetime


async def keep(tx: Tx, answers: Sequence[Answered]) -> None:
    """Keeps answers; one that is there already changes nothing."""
    await tx.execute(
        """
        INSERT INTO answer (taker, id, partner, event_source, event_id, event_type, event_subject, outcome, codes,
                            initiative_id, received_at, answered_at)
        SELECT taker, id, partner, event_source, event_id, event_type, event_subject, outcome,
               string_to_array(codes, ' '), initiative_id, received_at, answered_at
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[])
            AS a (taker, id, partner, event_source, event_id, event_type, event_subject, outcome, codes,
                  initiative_id, received_at, answered_at)
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
    )


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


async def recent(tx: Tx, partner: str, limit: int) -> list[Answered]:
    """The newest answers to one partner."""
    rows = await tx.fetch(
        """
        SELECT taker, id, partner, event_source, event_id, event_type, event_subject, outcome, codes, initiative_id,
               received_at, answered_at
        FROM answer WHERE partner = $1 ORDER BY received_at DESC, id DESC LIMIT $2
        """,
        partner,
        limit,
    )
    return [
        Answered(
            r["taker"],
            r["id"],
            r["partner"],
            r["event_source"],
            r["event_id"],
            r["event_type"],
            r["event_subject"],
            r["outcome"],
            tuple(r["codes"]),
            r["initiative_id"],
            r["received_at"],
            r["answered_at"],
        )
        for r in rows
    ]
