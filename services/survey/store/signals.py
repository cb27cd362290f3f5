"""Signals, and what was said in people's own words apart from them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Signal:
    """`named_…` is what the partner gave; `initiative_id` and `region` is what it comes to now."""

    id: str
    version: int
    kind: str
    category: str
    severity: str | None
    activity: str | None
    degree: str | None
    institution: str | None
    gathering: str | None
    partner: str | None
    external_id: str | None
    named_initiative: str | None
    named_region: str | None
    initiative_id: str | None
    region: str
    received_at: datetime


def _signal(row: Any) -> Signal:
    return Signal(*row.values())


async def insert(tx: Tx, signals: Sequence[Signal], texts: Mapping[str, str]) -> None:
    """Writes new signals; their texts, by id, apart."""
    await tx.execute(
        """
        INSERT INTO signal (id, version, kind, category, severity, activity, degree, institution, gathering, partner,
                            external_id, named_initiative, named_region, initiative_id, region, received_at)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
                             $15::text[], $16::timestamptz[])
        """,
        [s.id for s in signals],
        [s.version for s in signals],
        [s.kind for s in signals],
        [s.category for s in signals],
        [s.severity for s in signals],
        [s.activity for s in signals],
        [s.degree for s in signals],
        [s.institution for s in signals],
        [s.gathering for s in signals],
        [s.partner for s in signals],
        [s.external_id for s in signals],
        [s.named_initiative for s in signals],
        [s.named_region for s in signals],
        [s.initiative_id for s in signals],
        [s.region for s in signals],
        [s.received_at for s in signals],
    )
    await tx.execute(
        "INSERT INTO signal_text (signal_id, text) SELECT * FROM unnest($1::text[], $2::text[])",
        list(texts.keys()),
        list(texts.values()),
    )


async def concerned(tx: Tx, changed: Collection[str], family: Collection[str]) -> list[Signal]:
    """Signals about one of the `family`, that named one of it, or that named a claim of a `changed` initiative."""
    rows = await tx.fetch(
        """
        WITH concerned AS (
            SELECT id FROM signal WHERE initiative_id = ANY($2::text[])
            UNION SELECT id FROM signal WHERE named_initiative = ANY($2::text[])
            UNION SELECT s.id FROM claim c JOIN signal s USING (partner, external_id)
                  WHERE c.initiative_id = ANY($1::text[])
        )
        SELECT s.id, s.version, s.kind, s.category, s.severity, s.activity, s.degree, s.institution, s.gathering,
               s.partner, s.external_id, s.named_initiative, s.named_region, s.initiative_id, s.region, s.received_at
        FROM concerned JOIN signal s USING (id)
        """,
        list(changed),
        list(family),
    )
    return [_signal(r) for r in rows]


async def move(tx: Tx, signals: Collection[Signal]) -> None:
    """Writes version, initiative and region of signals that exist."""
    await tx.execute(
        """
        UPDATE signal s SET version = n.version, initiative_id = n.initiative_id, region = n.region
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS n (id, version, initiative_id, region)
        WHERE s.id = n.id
        """,
        [s.id for s in signals],
        [s.version for s in signals],
        [s.initiative_id for s in signals],
        [s.region for s in signals],
    )


async def every(tx: Tx, *, after: str, limit: int) -> list[Signal]:
    """All signals in the order of their ids, a page at a time."""
    rows = await tx.fetch(
        """
        SELECT id, version, kind, category, severity, activity, degree, institution, gathering, partner, external_id,
               named_initiative, named_region, initiative_id, region, received_at
        FROM signal WHERE id > $1 ORDER BY id LIMIT $2
        """,
        after,
        limit,
    )
    return [_signal(r) for r in rows]
