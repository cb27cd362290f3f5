"""Initiatives: the public state as last said, its version, and where merged ones went."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Initiative:
    """One initiative as it stands; `state` in the names of the contract, `sources` by field."""

    id: str
    version: int
    status: str
    merged_into: str | None
    registered_at: datetime
    state: Mapping[str, Any]
    sources: Mapping[str, str]


async def of_ids(tx: Tx, ids: Collection[str]) -> dict[str, Initiative]:
    """These initiatives, as far as there are."""
    rows = await tx.fetch(
        """
        SELECT id, version, status, merged_into, registered_at, state, sources
        FROM initiative WHERE id = ANY($1::uuid[])
        """,
        sorted(ids),
    )
    return {str(r["id"]): _initiative(r) for r in rows}


async def merged_into(tx: Tx, ids: Collection[str]) -> list[Initiative]:
    """Those that went into these."""
    rows = await tx.fetch(
        """
        SELECT id, version, status, merged_into, registered_at, state, sources
        FROM initiative WHERE merged_into = ANY($1::uuid[])
        """,
        sorted(ids),
    )
    return [_initiative(r) for r in rows]


async def resolve(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """The initiatives that these ids stand for now; without those that never were."""
    rows = await tx.fetch(
        """
        SELECT named, coalesce(merged_into, id) AS present
        FROM unnest($1::text[]) AS named JOIN initiative ON id = named::uuid
        """,
        sorted(ids),
    )
    return {row["named"]: str(row["present"]) for row in rows}


async def registered_at(tx: Tx, ids: Collection[str]) -> dict[str, datetime]:
    """When these came into the registry: the oldest keeps its id."""
    rows = await tx.fetch("SELECT id, registered_at FROM initiative WHERE id = ANY($1::uuid[])", sorted(ids))
    return {str(r["id"]): r["registered_at"] for r in rows}


async def save(tx: Tx, initiatives: Sequence[Initiative]) -> None:
    """These initiatives as they stand now."""
    await tx.execute(
        """
        INSERT INTO initiative (id, version, status, merged_into, registered_at, state, sources)
        SELECT id, version, status, merged_into, registered_at, state, sources
        FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::uuid[], $5::timestamptz[], $6::jsonb[], $7::jsonb[])
            AS i (id, version, status, merged_into, registered_at, state, sources)
        ON CONFLICT (id) DO UPDATE
        SET version = excluded.version, status = excluded.status, merged_into = excluded.merged_into,
            state = excluded.state, sources = excluded.sources
        """,
        [i.id for i in initiatives],
        [i.version for i in initiatives],
        [i.status for i in initiatives],
        [i.merged_into for i in initiatives],
        [i.registered_at for i in initiatives],
        [i.state for i in initiatives],
        [i.sources for i in initiatives],
    )


async def page(tx: Tx, after: str | None, limit: int) -> list[Initiative]:
    """All initiatives in the order of their ids, from behind `after`."""
    rows = await tx.fetch(
        """
        SELECT id, version, status, merged_into, registered_at, state, sources
        FROM initiative WHERE $1::uuid IS NULL OR id > $1::uuid ORDER BY id LIMIT $2
        """,
        after,
        limit,
    )
    return [_initiative(r) for r in rows]


def _initiative(r: asyncpg.Record) -> Initiative:
    return Initiative(
        str(r["id"]),
        r["version"],
        r["status"],
        str(r["merged_into"]) if r["merged_into"] else None,
        r["registered_at"],
        r["state"],
        r["sources"],
    )
