"""How far the numbering of each source has come, and what is missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.registry.domain.sequences import Gap, Run
from shared.transaction import Tx

SourceKey = tuple[str, str]
"""Partner and source."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A source of which something is to be told: what is missing there, and since when it was told that anything is."""

    partner: str
    source: str
    since: datetime | None
    gaps: tuple[Gap, ...]


async def registered(tx: Tx, keys: Collection[SourceKey]) -> set[SourceKey]:
    """Those sources that are these partners' own."""
    rows = await tx.fetch(
        """
        SELECT partner, source FROM partner_source JOIN unnest($1::text[], $2::text[]) AS k (partner, source)
        USING (partner, source)
        """,
        *_columns(keys),
    )
    return {(r["partner"], r["source"]) for r in rows}


async def lock_runs(tx: Tx, keys: Collection[SourceKey]) -> dict[SourceKey, tuple[Run, tuple[Gap, ...]]]:
    """How these sources stand; nobody else changes it before we commit."""
    rows = await tx.fetch(
        """
        SELECT r.partner, r.source, r.lowest, r.highest, r.began_at, r.strays
        FROM sequence_run AS r JOIN unnest($1::text[], $2::text[]) AS k (partner, source) USING (partner, source)
        ORDER BY r.partner, r.source FOR UPDATE OF r
        """,
        *_columns(keys),
    )
    gaps = await _gaps(tx, [(r["partner"], r["source"]) for r in rows])
    return {
        (r["partner"], r["source"]): (
            Run(
                r["lowest"],
                r["highest"],
                r["began_at"],
                tuple((n, datetime.fromisoformat(at)) for n, at in r["strays"]),
            ),
            tuple(gaps.get((r["partner"], r["source"]), ())),
        )
        for r in rows
    }


async def keep(tx: Tx, key: SourceKey, run: Run, gaps: Sequence[Gap] | None) -> None:
    """How a source stands now; `gaps` None: what is missing is as it was."""
    await tx.execute(
        """
        INSERT INTO sequence_run (partner, source, lowest, highest, began_at, strays) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (partner, source) DO UPDATE SET lowest = excluded.lowest, highest = excluded.highest,
            began_at = excluded.began_at, strays = excluded.strays
        """,
        *key,
        run.lowest,
        run.highest,
        run.began_at,
        [[n, at.isoformat()] for n, at in run.strays],
    )
    if gaps is None:
        return
    await tx.execute("DELETE FROM sequence_gap WHERE partner = $1 AND source = $2", *key)
    await tx.executemany(
        "INSERT INTO sequence_gap (partner, source, first, last, missed_at, told) VALUES ($1, $2, $3, $4, $5, $6)",
        [(*key, g.first, g.last, g.missed_at, g.told) for g in gaps],
    )


async def lock_to_tell(tx: Tx, *, missed_before: datetime, again_before: datetime, limit: int) -> list[Watched]:
    """Sources with something missing for so long that was not told yet; a source is told of once in a while."""
    rows = await tx.fetch(
        """
        SELECT r.partner, r.source, r.since FROM sequence_run AS r JOIN partner AS p ON p.name = r.partner
        WHERE p.status = 'active' AND (r.told_at IS NULL OR r.told_at <= $2)
          AND EXISTS (SELECT FROM sequence_gap AS g WHERE (g.partner, g.source) = (r.partner, r.source)
                      AND NOT g.told AND g.missed_at <= $1)
        ORDER BY r.partner, r.source LIMIT $3 FOR UPDATE OF r SKIP LOCKED
        """,
        missed_before,
        again_before,
        limit,
    )
    return await _watched(tx, [(r["partner"], r["source"], r["since"]) for r in rows])


async def mark_told(tx: Tx, watched: Watched, *, missed_before: datetime) -> None:
    """What has been missing for so long is told now."""
    await tx.execute(
        """
        UPDATE sequence_gap SET told = true WHERE partner = $1 AND source = $2 AND missed_at <= $3
        """,
        watched.partner,
        watched.source,
        missed_before,
    )
    await tx.execute(
        "UPDATE sequence_run SET told_at = $3, since = coalesce(since, $4) WHERE partner = $1 AND source = $2",
        watched.partner,
        watched.source,
        tx.now,
        watched.since or min(g.missed_at for g in watched.gaps),
    )


async def take_filled(tx: Tx, limit: int) -> list[Watched]:
    """Sources of which it was told that something is missing, and of which nothing told of is missing any more."""
    rows = await tx.fetch(
        """
        WITH filled AS (
            SELECT partner, source, since FROM sequence_run AS r
            WHERE since IS NOT NULL AND NOT EXISTS (
                SELECT FROM sequence_gap AS g WHERE (g.partner, g.source) = (r.partner, r.source))
            ORDER BY partner, source LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE sequence_run AS r SET since = NULL, told_at = NULL FROM filled
        WHERE (r.partner, r.source) = (filled.partner, filled.source)
        RETURNING r.partner, r.source, filled.since
        """,
        limit,
    )
    return [Watched(r["partner"], r["source"], r["since"], ()) for r in rows]


async def let_go(tx: Tx, older_than: timedelta) -> None:
    """What has been missing for so long will not come any more: it was told, and is forgotten."""
    gone = await tx.fetch(
        """
        DELETE FROM sequence_gap WHERE told AND missed_at < $1::timestamptz - $2::interval RETURNING partner, source
        """,
        tx.now,
        older_than,
    )
    await tx.execute(
        """
        UPDATE sequence_run AS r SET since = NULL, told_at = NULL
        FROM unnest($1::text[], $2::text[]) AS k (partner, source)
        WHERE (r.partner, r.source) = (k.partner, k.source) AND NOT EXISTS (
            SELECT FROM sequence_gap AS g WHERE (g.partner, g.source) = (r.partner, r.source))
        """,
        *_columns({(r["partner"], r["source"]) for r in gone}),
    )


async def told_between(tx: Tx, partner: str, begin: datetime, end: datetime) -> list[Watched]:
    """The sources of which it was told, within this time, that something is missing, as they stand now."""
    rows = await tx.fetch(
        "SELECT partner, source, since FROM sequence_run WHERE partner = $1 AND told_at >= $2 AND told_at < $3 ORDER BY source",
        partner,
        begin,
        end,
    )
    return [w for w in await _watched(tx, [tuple(r.values()) for r in rows]) if w.gaps]


async def _watched(tx: Tx, rows: Sequence[tuple[str, str, datetime | None]]) -> list[Watched]:
    gaps = await _gaps(tx, [(partner, source) for partner, source, _ in rows])
    return [Watched(p, s, since, tuple(gaps.get((p, s), ()))) for p, s, since in rows]


async def _gaps(tx: Tx, keys: Collection[SourceKey]) -> dict[SourceKey, list[Gap]]:
    if not keys:
        return {}
    rows = await tx.fetch(
        """
        SELECT partner, source, first, last, missed_at, told
        FROM sequence_gap JOIN unnest($1::text[], $2::text[]) AS k (partner, source) USING (partner, source)
        ORDER BY partner, source, first
        """,
        *_columns(keys),
    )
    found: dict[SourceKey, list[Gap]] = {}
    for r in rows:
        gap = Gap(r["first"], r["last"], r["missed_at"], r["told"])
        found.setdefault((r["partner"], r["source"]), []).append(gap)
    return found


def _columns(keys: Collection[SourceKey]) -> tuple[list[str], list[str]]:
    ordered = sorted(keys)
    return [k[0] for k in ordered], [k[1] for k in ordered]
