"""What this partner sent by whatever way, when, and what became of it: to look through, to look into, and to take along."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from services.registry.api.codes import choices, meaning
from services.registry.store import history
from services.registry.store.history import Answered, Wanted
from shared import dutch
from shared.events.base import PARTNER, PREFIX
from shared.events.catalogue import by_type
from shared.web import DatabaseDep

from .asked import AskedDep, Text, whole
from .history_csv import as_lines
from .history_words import KINDS, OUTCOMES, outcome_of
from .session import VisitorDep, partner_page
from .showing import harmless, plain

LINES = 50
PATH = "/partner/geschiedenis"
router = APIRouter(prefix="/partner", include_in_schema=False)


@router.get("/geschiedenis")
async def lines(
    request: Request,
    database: DatabaseDep,
    visitor: VisitorDep,
    asked: AskedDep,
    na: Text = "",
) -> Response:
    """The newest first; `na` is the last line of the page before."""
    async with database.transaction() as tx:
        found = await history.page(tx, visitor.partner, replace(asked.wanted(), after=_place(na)), LINES + 1)
        codes = await history.codes_of(tx, visitor.partner)
    return partner_page(
        request,
        "geschiedenis.html",
        visitor,
        asked=asked,
        errors=asked.errors,
        kinds=list(KINDS.items()),
        outcomes=[(o, dutch.capital(text)) for o, text in OUTCOMES.items()],
        codes=choices({*codes, asked.code} - {""}),
        lines=[line(one) for one in found[:LINES]],
        onward=asked.query(na=_mark(found[LINES - 1])) if len(found) > LINES else None,
        first=asked.query() if na else None,
        query=asked.query(),
        status_code=400 if asked.errors else 200,
    )


@router.get("/geschiedenis/gebeurtenis")
async def of_event(request: Request, database: DatabaseDep, visitor: VisitorDep, id: Text, bron: Text = "") -> Response:  # noqa: A002
    """One event: everything that was answered to it, with every problem and what to do."""
    async with database.transaction() as tx:
        wanted = Wanted(event_id=whole(id), source=whole(bron))
        found = await history.page(tx, visitor.partner, wanted, LINES) if wanted.event_id else []
    if not found:
        raise HTTPException(404)
    return partner_page(request, "gebeurtenis.html", visitor, lines=[line(one) for one in found])


@router.get("/geschiedenis.csv")
async def as_csv(
    request: Request,
    database: DatabaseDep,
    visitor: VisitorDep,
    asked: AskedDep,
) -> Response:
    """The same list as a file for a spreadsheet, in which nothing runs as a formula. A question that is wrong is told on the page."""
    if asked.errors:
        return RedirectResponse(f"{PATH}?{request.url.query}", status_code=303)
    return StreamingResponse(
        as_lines(database, visitor.partner, asked.wanted()),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="geschiedenis.csv"', "Cache-Control": "no-store"},
    )


def line(one: Answered) -> dict[str, Any]:
    """One answer, as people read it. What came over the wire is shown harmlessly; links carry it as it is."""
    kind = (one.event_type or "").removeprefix(PREFIX)
    refused = one.outcome == "refused"
    return {
        "received": dutch.date_and_time(one.received_at),
        "answered": dutch.date_and_time(one.answered_at) if one.answered_at else "nog niet",
        "kind": KINDS.get(kind) or plain(kind) or "onleesbaar",
        "description": by_type()[kind].nl if kind in by_type() and by_type()[kind].owner == PARTNER else "",
        "subject": plain(one.event_subject or ""),
        "outcome": outcome_of(kind, one.outcome),
        "outcome_code": one.outcome,
        "refused": refused,
        "codes": list(dict.fromkeys(meaning(code) for code in one.codes)),
        "problems": [
            {
                "code": p.code,
                "where": plain(p.pointer),
                "text": harmless(p.nl),
                "documentation": f"/contract/problems#{p.code}",
            }
            for p in one.problems
        ],
        "initiative": one.initiative_id,
        "id": plain(one.event_id or ""),
        "source": plain(one.event_source or ""),
        "link": urlencode({"id": one.event_id, "bron": one.event_source or ""}) if one.event_id else None,
    }


def _mark(one: Answered) -> str:
    return f"{one.received_at.isoformat()} {one.id}"


def _place(mark: str) -> tuple[datetime, str] | None:
    moment, _, id_ = mark.partition(" ")
    try:
        at = datetime.fromisoformat(moment) if moment else None
    except ValueError:
        return None
    return (at, id_) if at and at.tzinfo and id_.isprintable() else None
