"""What became of the rows of a sheet: the takers' answers to the events that they were sent as."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from services.registry.store.uploads import Upload
from shared.transaction import Tx

UNSENT, UNANSWERED = "unsent", "unanswered"


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A row that was refused: when the sheet was read, or by the taker. Faults as `reading` writes them, or problems."""

    position: int
    number: int | None
    external_id: str | None
    name: str | None
    cells: list[Any]
    sources: Mapping[str, int]
    faults: list[Mapping[str, Any]]
    problems: list[Mapping[str, Any]]


async def counts(tx: Tx, upload: Upload) -> dict[str, int]:
    """How many of its events had each outcome; of those sent twice, what the first time gave."""
    rows = await tx.fetch(
        """
        SELECT CASE WHEN a.outcome IS NOT NULL THEN a.outcome WHEN r.sent_at IS NULL THEN 'unsent' ELSE 'unanswered' END
               AS outcome, count(*) AS number
        FROM upload_row AS r
        LEFT JOIN LATERAL (
            SELECT outcome FROM answer
            WHERE partner = $2 AND event_source = $3 AND event_id = r.event_id
            ORDER BY outcome = 'delayed', outcome = 'duplicate', answered_at LIMIT 1
        ) AS a ON true
        WHERE r.upload_id = $1::uuid AND r.body IS NOT NULL
        GROUP BY 1
        """,
        upload.id,
        upload.partner,
        upload.source,
    )
    return {r["outcome"]: r["number"] for r in rows}


async def refused(tx: Tx, upload: Upload, after: int, limit: int) -> list[RefusedLine]:
    """The rows that were refused, behind a position, with every reason."""
    rows = await tx.fetch(
        """
        SELECT r.position, r.number, r.external_id, r.name, r.cells, r.sources, r.problems AS faults,
               coalesce(a.problems, '[]') AS problems
        FROM upload_row AS r
        LEFT JOIN LATERAL (
            SELECT problems, outcome FROM answer
            WHERE partner = $2 AND event_source = $3 AND event_id = r.event_id AND outcome = 'refused'
            ORDER BY answered_at LIMIT 1
        ) AS a ON true
        WHERE r.upload_id = $1::uuid AND r.position > $4 AND (r.outlook = 'refused' OR a.outcome IS NOT NULL)
        ORDER BY r.position LIMIT $5
        """,
        upload.id,
        upload.partner,
        upload.source,
        after,
        limit,
    )
    return [_line(row) for row in rows]


def _line(r: asyncpg.Record) -> RefusedLine:
    return RefusedLine(
        r["position"], r["number"], r["external_id"], r["name"], r["cells"], r["sources"], r["faults"], r["problems"]
    )


async def remarked(tx: Tx, upload: Upload, after: int, limit: int) -> list[RefusedLine]:
    """The rows that were taken and of which something was remarked, behind a position; the remarks stand in `faults` and
    `problems`, as of rows that were refused."""
    rows = await tx.fetch(
        """
        SELECT r.position, r.number, r.external_id, r.name, r.cells, r.sources, r.warnings AS faults,
               coalesce(a.problems, '[]') AS problems
        FROM upload_row AS r
        LEFT JOIN LATERAL (
            SELECT problems, outcome FROM answer
            WHERE partner = $2 AND event_source = $3 AND event_id = r.event_id
            ORDER BY outcome = 'delayed', outcome = 'duplicate', answered_at LIMIT 1
        ) AS a ON true
        WHERE r.upload_id = $1::uuid AND r.position > $4 AND r.outlook IN ('new', 'changed')
            AND (r.body IS NULL OR a.outcome NOT IN ('refused', 'delayed'))
            AND (r.warnings <> '[]' OR jsonb_path_exists(a.problems, '$[*] ? (@.code != "sandbox")'))
        ORDER BY r.position LIMIT $5
        """,
        upload.id,
        upload.partner,
        upload.source,
        after,
        limit,
    )
    return [_line(row) for row in rows]


async def keep_little(tx: Tx, upload: Upload) -> None:
    """Forgets every row but those that were refused and those with a remark; of the first the event, of the others all but the
    remarks and what the row is called."""
    await tx.execute(
        """
        UPDATE upload_row AS r
        SET body = NULL, event_id = NULL, cells = '[]', warnings = r.warnings || coalesce((
            SELECT jsonb_agg(jsonb_build_object('row', r.number, 'problem', p, 'column', (r.sources ->> (p ->> 'pointer'))::int,
                                                'meant', NULL, 'advice', NULL))
            FROM jsonb_array_elements(a.problems) AS p
            WHERE p ->> 'code' <> 'sandbox' AND NOT EXISTS (
                SELECT FROM jsonb_array_elements(r.warnings) AS w
                WHERE w -> 'problem' ->> 'code' = p ->> 'code' AND w -> 'problem' ->> 'pointer' = p ->> 'pointer')
        ), '[]')
        FROM answer AS a
        WHERE r.upload_id = $1::uuid AND r.outlook IN ('new', 'changed')
            AND a.partner = $2 AND a.event_source = $3 AND a.event_id = r.event_id
            AND a.outcome NOT IN ('refused', 'delayed', 'duplicate')
            AND (r.warnings <> '[]' OR jsonb_path_exists(a.problems, '$[*] ? (@.code != "sandbox")'))
        """,
        upload.id,
        upload.partner,
        upload.source,
    )
    await tx.execute(
        """
        DELETE FROM upload_row AS r
        WHERE r.upload_id = $1::uuid AND r.outlook <> 'refused'
            AND NOT (r.outlook IN ('new', 'changed') AND r.body IS NULL)
            AND NOT EXISTS (
                SELECT FROM answer
                WHERE partner = $2 AND event_source = $3 AND event_id = r.event_id AND outcome = 'refused')
        """,
        upload.id,
        upload.partner,
        upload.source,
    )
