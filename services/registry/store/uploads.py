"""Sheets that partners uploaded: their rows until they have been sent and answered, and the refused ones a while longer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import asyncpg

from shared.transaction import Tx

Status = Literal["read", "sending", "sent", "done"]
Trouble = Literal["full", "away"]
BEHIND = 1_000_000
"""Positions of what vanished begin here: behind every row of the sheet."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One sheet. `counts` is set when all of it was answered."""

    id: str
    partner: str
    source: str
    filename: str
    uploaded_at: datetime
    status: Status
    sheet: Mapping[str, Any]
    confirmed_at: datetime | None
    trouble: Trouble | None
    counts: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of it. Faults as `reading` writes them."""

    position: int
    number: int | None
    external_id: str | None
    name: str | None
    outlook: str
    event_type: str
    event_id: str | None
    body: bytes | None
    cells: Sequence[Any]
    sources: Mapping[str, int]
    problems: Sequence[Mapping[str, Any]]
    warnings: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ToSend:
    """One event that has not been sent yet."""

    position: int
    external_id: str | None
    event_type: str
    event_id: str
    body: bytes


async def said_before(tx: Tx, partner: str) -> dict[str, tuple[str, bool]]:
    """What this partner said last of each initiative: the hash of it (hex), and whether it was withdrawn."""
    rows = await tx.fetch(
        "SELECT external_id, encode(sha256, 'hex') AS sha256, withdrawn_at IS NOT NULL AS gone FROM claim WHERE partner = $1",
        partner,
    )
    return {r["external_id"]: (r["sha256"], r["gone"]) for r in rows}


async def claimed(tx: Tx, partner: str, external_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What this partner said last of these, without the contact."""
    rows = await tx.fetch(
        "SELECT external_id, data FROM claim WHERE partner = $1 AND external_id = ANY($2::text[])",
        partner,
        list(external_ids),
    )
    return {r["external_id"]: r["data"] for r in rows}


async def keep(tx: Tx, upload: Upload, sheet: Mapping[str, Any], rows: str, vanished: Sequence[str]) -> None:
    """A sheet that was read. `rows` is a JSON array, as `reading` writes it."""
    await tx.execute(
        """
        INSERT INTO upload (id, partner, source, filename, uploaded_at, status, sheet)
        VALUES ($1::uuid, $2, $3, $4, $5, $6, $7)
        """,
        upload.id,
        upload.partner,
        upload.source,
        upload.filename,
        upload.uploaded_at,
        upload.status,
        sheet,
    )
    await tx.execute(
        """
        INSERT INTO upload_row (upload_id, position, number, external_id, name, outlook, event_type, event_id, body, cells,
                                sources, problems, warnings)
        SELECT $1::uuid, number, number, external_id, name, outlook, event_type, event_id, convert_to(body, 'UTF8'), cells,
               sources, problems, warnings
        FROM jsonb_to_recordset($2::text::jsonb) AS r (
            number integer, external_id text, name text, outlook text, event_type text, event_id text, body text,
            cells jsonb, sources jsonb, problems jsonb, warnings jsonb
        )
        """,
        upload.id,
        rows,
    )
    await tx.execute(
        """
        INSERT INTO upload_row (upload_id, position, external_id, name, outlook, event_type, cells, sources, problems,
                                warnings)
        SELECT $1::uuid, $4 + row_number() OVER (ORDER BY external_id), external_id, data ->> 'name', 'vanished',
               'initiative-withdrawn.v1', '[]', '{}', '[]', '[]'
        FROM claim WHERE partner = $2 AND external_id = ANY($3::text[])
        """,
        upload.id,
        upload.partner,
        list(vanished),
        BEHIND,
    )


async def find(tx: Tx, partner: str, id_: str, *, lock: bool = False) -> Upload | None:
    """One sheet of this partner; `lock` keeps others from changing it until the end of the transaction."""
    if lock:
        await tx.fetchval("SELECT id FROM upload WHERE partner = $1 AND id = $2::uuid FOR UPDATE", partner, id_)
    row = await tx.fetchrow(
        """
        SELECT id, partner, source, filename, uploaded_at, status, sheet, confirmed_at, trouble, counts
        FROM upload WHERE partner = $1 AND id = $2::uuid
        """,
        partner,
        id_,
    )
    return _upload(row) if row else None


async def recent(tx: Tx, partner: str, limit: int) -> list[Upload]:
    """The newest sheets of this partner."""
    rows = await tx.fetch(
        """
        SELECT id, partner, source, filename, uploaded_at, status, sheet, confirmed_at, trouble, counts
        FROM upload WHERE partner = $1 ORDER BY uploaded_at DESC, id DESC LIMIT $2
        """,
        partner,
        limit,
    )
    return [_upload(r) for r in rows]


async def outlooks(tx: Tx, id_: str) -> dict[str, int]:
    """How many rows there are of each outlook."""
    rows = await tx.fetch(
        "SELECT outlook, count(*) AS number FROM upload_row WHERE upload_id = $1::uuid GROUP BY outlook", id_
    )
    return {r["outlook"]: r["number"] for r in rows}


async def warned(tx: Tx, id_: str) -> int:
    """How many rows have a warning, and are not refused."""
    number: int = await tx.fetchval(
        "SELECT count(*) FROM upload_row WHERE upload_id = $1::uuid AND warnings <> '[]' AND outlook <> 'refused'", id_
    )
    return number


async def lines(tx: Tx, id_: str, outlook: str | None, after: int, limit: int) -> list[Line]:
    """Rows behind a position, in order; of one outlook, with a warning (`warned`), or of all that stand in the sheet."""
    rows = await tx.fetch(
        """
        SELECT position, number, external_id, name, outlook, event_type, event_id, body, cells, sources, problems, warnings
        FROM upload_row
        WHERE upload_id = $1::uuid AND position > $3 AND CASE
            WHEN $2::text IS NULL THEN number IS NOT NULL
            WHEN $2 = 'warned' THEN warnings <> '[]' AND outlook <> 'refused'
            ELSE outlook = $2 END
        ORDER BY position LIMIT $4
        """,
        id_,
        outlook,
        after,
        limit,
    )
    return [_line(r) for r in rows]


async def withdraw(tx: Tx, id_: str, events: Mapping[str, tuple[str, bytes]]) -> None:
    """The withdrawals that somebody asked for: by external id, the id of the event and the event."""
    await tx.execute(
        """
        UPDATE upload_row SET event_id = e.event_id, body = e.body
        FROM unnest($2::text[], $3::text[], $4::bytea[]) AS e (external_id, event_id, body)
        WHERE upload_id = $1::uuid AND outlook = 'vanished' AND upload_row.external_id = e.external_id
        """,
        id_,
        list(events),
        [event_id for event_id, _ in events.values()],
        [body for _, body in events.values()],
    )


async def set_status(tx: Tx, id_: str, status: Status, *, counts: Mapping[str, int] | None = None) -> None:
    """How far it is; sending begins when somebody confirms."""
    await tx.execute(
        """
        UPDATE upload SET status = $2, counts = $3, trouble = NULL, confirmed_at = coalesce(confirmed_at, $4)
        WHERE id = $1::uuid
        """,
        id_,
        status,
        counts,
        tx.now,
    )


async def next_turn(tx: Tx, status: Status) -> Upload | None:
    """The sheet in this state that waited longest for its turn, which this is; nobody else gets it meanwhile."""
    row = await tx.fetchrow(
        """
        UPDATE upload SET tried_at = $2
        WHERE id = (
            SELECT id FROM upload WHERE status = $1 ORDER BY tried_at NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        RETURNING id, partner, source, filename, uploaded_at, status, sheet, confirmed_at, trouble, counts
        """,
        status,
        tx.now,
    )
    return _upload(row) if row else None


async def unsent(tx: Tx, id_: str, limit: int) -> list[ToSend]:
    """What goes next."""
    rows = await tx.fetch(
        """
        SELECT position, external_id, event_type, event_id, body FROM upload_row
        WHERE upload_id = $1::uuid AND body IS NOT NULL AND sent_at IS NULL ORDER BY position LIMIT $2
        """,
        id_,
        limit,
    )
    return [ToSend(r["position"], r["external_id"], r["event_type"], r["event_id"], r["body"]) for r in rows]


async def mark_sent(tx: Tx, id_: str, positions: Sequence[int]) -> None:
    """These have been confirmed by the broker."""
    await tx.execute(
        "UPDATE upload_row SET sent_at = $3 WHERE upload_id = $1::uuid AND position = ANY($2::integer[])",
        id_,
        list(positions),
        tx.now,
    )


async def set_trouble(tx: Tx, id_: str, trouble: Trouble) -> None:
    """Why it stands still for now."""
    await tx.execute("UPDATE upload SET trouble = $2 WHERE id = $1::uuid", id_, trouble)


async def drop(tx: Tx, id_: str) -> None:
    """Forgets a sheet and all of its rows."""
    await tx.execute("DELETE FROM upload WHERE id = $1::uuid", id_)


async def drop_old(tx: Tx, *, unconfirmed_before: datetime, before: datetime) -> None:
    """Forgets sheets that nobody confirmed, those that are old, and those of partners that were removed."""
    await tx.execute(
        """
        DELETE FROM upload
        WHERE (status = 'read' AND uploaded_at < $1) OR uploaded_at < $2
            OR partner IN (SELECT name FROM partner WHERE status = 'removed')
        """,
        unconfirmed_before,
        before,
    )


def _upload(r: asyncpg.Record) -> Upload:
    return Upload(
        str(r["id"]),
        r["partner"],
        r["source"],
        r["filename"],
        r["uploaded_at"],
        r["status"],
        r["sheet"],
        r["confirmed_at"],
        r["trouble"],
        r["counts"],
    )


def _line(r: asyncpg.Record) -> Line:
    return Line(
        r["position"],
        r["number"],
        r["external_id"],
        r["name"],
        r["outlook"],
        r["event_type"],
        r["event_id"],
        r["body"],
        r["cells"],
        r["sources"],
        r["problems"],
        r["warnings"],
    )
