"""A file of rows, from choosing it to what became of each row. Nothing is sent before a person has seen what would happen."""

import asyncio
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.registry.actions import uploading
from services.registry.reading import CannotRead, Reader
from services.registry.reading import Request as Reading
from services.registry.store import upload_answers, uploads
from services.registry.store.uploads import BEHIND, Upload
from shared import dutch
from shared.events.codelists import codelist
from shared.events.envelope import new_id
from shared.sheets.model import MOST_BYTES, MOST_ROWS
from shared.transaction import Tx
from shared.web import DatabaseDep

from . import showing
from .session import Visitor, VisitorDep, partner_page, stands_still
from .streaming import TooLarge, read_file

PATH = "/partner/aanleveren"
ROWS, RECENT = 50, 10
MOST_VANISHED = 500
"""So many can be ticked at once."""
RECEIVE_S = 180.0
"""How long a file may take to come in: 10 MB over half a megabit a second."""
_MEGABYTES = MOST_BYTES // 1024 // 1024

router = APIRouter(prefix="/partner", include_in_schema=False)


@router.get("/aanleveren")
async def choose(request: Request, database: DatabaseDep, visitor: VisitorDep) -> Response:
    """The form for a file, and the files of late."""
    return await _choose(request, database, visitor)


@router.post("/aanleveren")
async def read_sheet(request: Request, database: DatabaseDep, visitor: VisitorDep) -> Response:
    """Reads a file and keeps its rows; sends nothing."""
    if visitor.stands_still:
        return stands_still(request, visitor)
    try:
        async with asyncio.timeout(RECEIVE_S):
            filename, content = await read_file(request, "bestand", MOST_BYTES)
    except TimeoutError as error:
        raise HTTPException(408) from error
    except TooLarge:
        large = f"Dit bestand is te groot: hoogstens {_MEGABYTES} MB. Bewaar alleen het werkblad met uw lijst, zonder plaatjes, als CSV."
        return await _choose(request, database, visitor, faults=[large], status_code=413)
    if not content:
        empty = "Het bestand is leeg." if filename else "Kies een bestand."
        return await _choose(request, database, visitor, faults=[empty], status_code=400)
    upload = Upload(
        id=new_id(),
        partner=visitor.partner,
        source=visitor.source,
        filename=filename,
        uploaded_at=request.app.state.clock(),
        status="read",
        sheet={},
        confirmed_at=None,
        trouble=None,
        counts=None,
    )
    async with database.transaction() as tx:
        said = await uploads.said_before(tx, visitor.partner)
    reader: Reader = request.app.state.reader
    reading = Reading(filename, upload.source, upload.id, upload.uploaded_at, said)
    try:
        outcome = await reader.read(reading, content)
    except CannotRead as error:
        return await _choose(request, database, visitor, faults=error.reasons, status_code=422)
    async with database.transaction() as tx:
        await uploads.keep(tx, upload, outcome.sheet, outcome.rows, outcome.vanished)
    return RedirectResponse(f"{PATH}/{upload.id}", status_code=303)


@router.get("/aanleveren/{upload_id}")
async def show(
    request: Request,
    database: DatabaseDep,
    visitor: VisitorDep,
    upload_id: UUID,
    wat: str = "",
    na: int = 0,
    op: int = 0,
) -> Response:
    """What would happen row by row, before it was sent; how far it is and what became of it, after."""
    async with database.transaction() as tx:
        upload = await _found(tx, visitor, upload_id)
        if upload.status == "read":
            return await _dry_run(request, tx, visitor, upload, outlook=wat, after=na)
        return await _progress(request, tx, visitor, upload, after=na, remarks_after=op)


@router.post("/aanleveren/{upload_id}/versturen")
async def send(
    request: Request,
    database: DatabaseDep,
    visitor: VisitorDep,
    upload_id: UUID,
    weg: Annotated[list[str] | None, Form()] = None,
    reden: Annotated[str, Form()] = "",
) -> Response:
    """Has it sent. Sent already, nothing happens."""
    if visitor.stands_still:
        return stands_still(request, visitor)
    async with database.transaction() as tx:
        upload = await _found(tx, visitor, upload_id, lock=True)
        if weg and reden not in codelist("withdrawal"):
            fault = "Kies waarom de aangevinkte initiatieven niet meer in uw lijst staan."
            return await _dry_run(request, tx, visitor, upload, ticked=weg, fault=fault, status_code=400)
        await uploading.confirm(tx, upload, weg or (), reden)
    return RedirectResponse(f"{PATH}/{upload_id}", status_code=303)


@router.post("/aanleveren/{upload_id}/weggooien")
async def throw_away(database: DatabaseDep, visitor: VisitorDep, upload_id: UUID) -> Response:
    """Forgets a file that was not sent."""
    async with database.transaction() as tx:
        upload = await _found(tx, visitor, upload_id, lock=True)
        if upload.status == "read":
            await uploads.drop(tx, upload.id)
    return RedirectResponse(PATH, status_code=303)


@router.get("/aanleveren/{upload_id}/geweigerd.{kind}")
async def refused_rows(database: DatabaseDep, visitor: VisitorDep, upload_id: UUID, kind: str) -> Response:
    """The refused rows as they stood, with why: to mend and to send in again."""
    if kind not in showing.FILES:
        raise HTTPException(404)
    async with database.transaction() as tx:
        upload = await _found(tx, visitor, upload_id)
        lines = await upload_answers.refused(tx, upload, 0, MOST_ROWS)
    make, media_type = showing.FILES[kind]
    content = await asyncio.to_thread(make, showing.refused_sheet(upload, lines))
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="geweigerde-rijen.{kind}"',
            "Cache-Control": "no-store",
        },
    )


async def _found(tx: Tx, visitor: Visitor, upload_id: UUID, *, lock: bool = False) -> Upload:
    """A file of this partner; of others it is not told that they exist."""
    upload = await uploads.find(tx, visitor.partner, str(upload_id), lock=lock)
    if upload is None:
        raise HTTPException(404)
    return upload


async def _choose(
    request: Request,
    database: DatabaseDep,
    visitor: Visitor,
    *,
    faults: tuple[str, ...] | list[str] = (),
    status_code: int = 200,
) -> Response:
    async with database.transaction() as tx:
        recent = await uploads.recent(tx, visitor.partner, RECENT)
    return partner_page(
        request,
        "aanleveren.html",
        visitor,
        fault=" ".join(faults),
        recent=[showing.upload_line(upload) for upload in recent],
        megabytes=_MEGABYTES,
        rows=dutch.number(MOST_ROWS),
        status_code=status_code,
    )


async def _dry_run(
    request: Request,
    tx: Tx,
    visitor: Visitor,
    upload: Upload,
    *,
    outlook: str = "",
    after: int = 0,
    ticked: list[str] | None = None,
    fault: str | None = None,
    status_code: int = 200,
) -> Response:
    seen = await uploads.outlooks(tx, upload.id)
    chosen = outlook if outlook in (*showing.OUTLOOKS, "warned") else None
    lines = await uploads.lines(tx, upload.id, chosen, max(0, min(after, BEHIND)), ROWS + 1)
    vanished = await uploads.lines(tx, upload.id, "vanished", 0, MOST_VANISHED)
    changed = [line.external_id for line in lines if line.outlook == "changed" and line.external_id]
    before = await uploads.claimed(tx, visitor.partner, changed)
    return partner_page(
        request,
        "proef.html",
        visitor,
        upload=upload,
        sheet=showing.sheet(upload),
        seen=seen,
        warned=await uploads.warned(tx, upload.id),
        total=sum(number for outlook, number in seen.items() if outlook != "vanished"),
        to_send=seen.get("new", 0) + seen.get("changed", 0),
        outlooks=showing.OUTLOOKS,
        chosen=chosen,
        lines=[showing.line(line, upload, before) for line in lines[:ROWS]],
        onward=lines[ROWS - 1].position if len(lines) > ROWS else None,
        began=after > 0,
        vanished=[(line.external_id, showing.vanished(line)) for line in vanished],
        ticked=ticked or [],
        reasons=[(code, dutch.capital(label.nl)) for code, label in codelist("withdrawal").items()],
        fault=fault,
        status_code=status_code,
    )


async def _progress(
    request: Request, tx: Tx, visitor: Visitor, upload: Upload, *, after: int, remarks_after: int
) -> Response:
    became = dict(upload.counts or await upload_answers.counts(tx, upload))
    seen = {k.removeprefix("read-"): n for k, n in became.items() if k.startswith("read-")}
    refused = await upload_answers.refused(tx, upload, max(0, min(after, 2 * BEHIND)), ROWS + 1)
    remarks = await upload_answers.remarked(tx, upload, max(0, min(remarks_after, BEHIND)), ROWS + 1)
    return partner_page(
        request,
        "voortgang.html",
        visitor,
        upload=upload,
        sheet=showing.sheet(upload),
        figures=showing.figures(became, seen or await uploads.outlooks(tx, upload.id), sandbox=visitor.owner.sandbox),
        since=dutch.date_and_time(upload.confirmed_at or upload.uploaded_at),
        until=dutch.date(upload.uploaded_at + uploading.KEPT),
        slow=tx.now - (upload.confirmed_at or tx.now) > timedelta(minutes=20),
        refused=[showing.refused_line(line, upload) for line in refused[:ROWS]],
        onward=refused[ROWS - 1].position if len(refused) > ROWS else None,
        began=after > 0,
        remarks=[showing.refused_line(line, upload) for line in remarks[:ROWS]],
        remarks_onward=remarks[ROWS - 1].position if len(remarks) > ROWS else None,
        remarks_began=remarks_after > 0,
    )
