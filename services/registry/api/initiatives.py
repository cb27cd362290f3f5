"""One initiative as the registry holds it: the source of each field, its claims, what was decided, and taking it apart."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.registry.actions import decisions
from services.registry.domain.claims import ClaimKey
from services.registry.store import claims, initiatives, matches, partners
from services.registry.store.initiatives import Initiative
from shared import dutch, links
from shared.transaction import Tx
from shared.web import DatabaseDep, StaffDep, page

from . import showing
from .deciders import SPLIT_INITIATIVE, form_token, read_token

router = APIRouter()
_ACTIONS = {
    "same": "Samengevoegd",
    "merged": "Samengevoegd",
    "different": "Besloten dat dit een ander is dan",
    "split": "Uit elkaar gehaald",
}


@router.get("/initiatief/{initiative_id}", response_model=None)
async def initiative(
    request: Request, database: DatabaseDep, staff: StaffDep, initiative_id: UUID
) -> HTMLResponse | RedirectResponse:
    """An id that went into another leads there."""
    async with database.transaction() as tx:
        row = (await initiatives.of_ids(tx, [str(initiative_id)])).get(str(initiative_id))
        if row is None:
            raise HTTPException(404)
        if row.merged_into:
            return RedirectResponse(f"/register/initiatief/{row.merged_into}", status_code=308)
        return await _page(request, tx, row, staff)


@router.post("/initiatief/{initiative_id}/splitsen", response_model=None)
async def split(
    request: Request,
    database: DatabaseDep,
    staff: StaffDep,
    initiative_id: UUID,
    sleutel: Annotated[str, Form()] = "",
    opgave: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """The claims that were ticked become an initiative of their own."""
    try:
        read_token(request, sleutel, purpose=SPLIT_INITIATIVE, object_id=str(initiative_id))
    except links.LinkExpired as error:
        raise HTTPException(410) from error
    except links.LinkInvalid as error:
        raise HTTPException(403) from error
    async with database.transaction() as tx:
        await claims.lock_grouping(tx)
        row = (await initiatives.of_ids(tx, [str(initiative_id)])).get(str(initiative_id))
        if row is None:
            raise HTTPException(404)
        try:
            await decisions.split(tx, row.id, [_key(text) for text in opgave or ()], by=staff)
        except decisions.CannotSplit:
            fault = "Vink minstens één opgave aan, maar niet allemaal."
            return await _page(request, tx, row, staff, fault=fault, ticked=opgave or [], status_code=400)
    return RedirectResponse(f"/register/initiatief/{initiative_id}", status_code=303)


async def _page(
    request: Request,
    tx: Tx,
    row: Initiative,
    staff: str,
    *,
    fault: str | None = None,
    ticked: list[str] | None = None,
    status_code: int = 200,
) -> HTMLResponse:
    titles = await partners.titles(tx)
    mine = (await claims.of_initiatives(tx, [row.id])).get(row.id, [])
    done = await matches.judgements(tx, row.id)
    questions = await matches.open_of_initiatives(tx, [row.id])
    token = form_token(request, staff, purpose=SPLIT_INITIATIVE, object_id=row.id)
    held = {c.key for c in mine}
    return page(
        request,
        "initiatief.html",
        status_code=status_code,
        initiative=row,
        fields=showing.record(row, titles),
        claims=[(_text(c.key), showing.claim_line(c, titles)) for c in mine],
        judgements=[
            {
                "text": _ACTIONS[j.action],
                "by": showing.who(j.by, titles),
                "at": dutch.date_and_time(j.at),
                "other": j.other_id if j.other_id != row.id else j.initiative_id,
                "action": j.action,
                "undo": [_text(k) for k in j.moved]
                if j.action in ("same", "merged") and j.moved and held.issuperset(j.moved) and held != set(j.moved)
                else [],
            }
            for j in done
        ],
        questions=questions,
        token=token,
        fault=fault,
        ticked=ticked or [],
    )


def _text(key: ClaimKey) -> str:
    return f"{key[0]}/{key[1]}"


def _key(text: str) -> ClaimKey:
    partner, _, external_id = text.partition("/")
    return partner, external_id
