"""Possible duplicates: the list, the two side by side with what speaks for and against, and the decision."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.registry.actions import decisions
from services.registry.store import claims, initiatives, matches, partners
from services.registry.store.matches import Match
from shared import dutch, links
from shared.transaction import Tx
from shared.web import DatabaseDep, StaffDep, page

from . import showing
from .deciders import DECIDE_DUPLICATE, person_behind, read_token, staff_or_none

router = APIRouter()
LIST_LIMIT = 100
_VERDICTS: dict[str, matches.Verdict] = {"zelfde": "same", "verschillend": "different"}


@router.get("/dubbel")
async def open_questions(request: Request, database: DatabaseDep, staff: StaffDep) -> HTMLResponse:
    """Everything that waits for a decision, oldest first."""
    async with database.transaction() as tx:
        found = await matches.open_page(tx, None, LIST_LIMIT)
        number = await matches.count_open(tx)
        rows = await initiatives.of_ids(tx, {i for m in found for i in (m.one_initiative, m.other_initiative)})
    questions = [
        {
            "id": m.id,
            "asks": m.asks,
            "one": showing.name_and_place(rows[m.one_initiative]),
            "other": showing.name_and_place(rows[m.other_initiative]),
            "percent": round(100 * m.probability),
            "found": dutch.date(m.found_at),
        }
        for m in found
    ]
    return page(request, "dubbelen.html", staff=staff, questions=questions, number=number)


@router.get("/dubbel/{match_id}")
async def question(request: Request, database: DatabaseDep, match_id: UUID, sleutel: str | None = None) -> HTMLResponse:
    """The two side by side. Looking decides nothing."""
    person, token = _person(request, str(match_id), sleutel)
    async with database.transaction() as tx:
        match = await _found(tx, match_id)
        context = await _context(tx, match)
    return page(request, "dubbel.html", person=person, token=token, staff=staff_or_none(request), **context)


@router.post("/dubbel/{match_id}")
async def decide(
    request: Request,
    database: DatabaseDep,
    match_id: UUID,
    sleutel: Annotated[str, Form()] = "",
    antwoord: Annotated[str, Form()] = "",
) -> Response:
    """Carries out the decision, once. Staff with a session may undo it: join what was kept apart, or the other way around."""
    try:
        by = read_token(request, sleutel, purpose=DECIDE_DUPLICATE, object_id=str(match_id))
    except links.LinkExpired as error:
        raise HTTPException(410) from error
    except links.LinkInvalid as error:
        raise HTTPException(403) from error
    verdict = _VERDICTS.get(antwoord)
    async with database.transaction() as tx:
        await claims.lock_grouping(tx)
        match = await _found(tx, match_id)
        again = verdict is not None and match.status != verdict and staff_or_none(request) is not None
        fault = None
        if match.status != "open" and not again:
            fault = "Hierover is al een besluit genomen. Uw antwoord is niet verwerkt."
        elif verdict is None:
            fault = "Kies een van de twee antwoorden."
        elif not await matches.use_link(tx, links.fingerprint(sleutel)):
            fault = "Met deze link is al een besluit genomen. Log in als u nog iets wilt veranderen."
        elif not fault:
            await decisions.decide(tx, match, verdict, by=by)
        if fault is not None:
            context = await _context(tx, match)
            return page(
                request,
                "dubbel.html",
                status_code=400 if verdict is None else 409,
                person=by,
                token=sleutel,
                staff=staff_or_none(request),
                fault=fault,
                **context,
            )
    return RedirectResponse(f"/register/dubbel/{match_id}?sleutel={sleutel}", status_code=303)


def _person(request: Request, match_id: str, token: str | None) -> tuple[str, str]:
    try:
        return person_behind(request, token, purpose=DECIDE_DUPLICATE, object_id=match_id)
    except links.LinkExpired as error:
        raise HTTPException(410) from error
    except links.LinkInvalid as error:
        raise HTTPException(403) from error


async def _found(tx: Tx, match_id: UUID) -> Match:
    match = await matches.find(tx, str(match_id))
    if match is None:
        raise HTTPException(404)
    return match


async def _context(tx: Tx, match: Match) -> dict[str, Any]:
    ids = {match.one_initiative, match.other_initiative}
    rows = await initiatives.of_ids(tx, ids)
    of_id = await claims.of_initiatives(tx, ids)
    titles = await partners.titles(tx)
    answers = await matches.answers(tx, match.id)
    both: list[dict[str, Any]] = []
    for key, id_ in ((match.one, match.one_initiative), (match.other, match.other_initiative)):
        mine = of_id[id_]
        if len(ids) == 1:  # both claims stand under one initiative: what each of them says
            mine = [c for c in mine if c.key == key]
        both.append(
            {
                "id": id_,
                "state": rows[id_].state if len(ids) > 1 else {**mine[0].fields, "pc4": mine[0].fields.get("postcode")},
                "claims": [showing.claim_line(c, titles) for c in mine],
            }
        )
    speaks_for, speaks_against = showing.reasons(match)
    if len(ids) > 1:
        speaks_against += showing.listed_apart(
            match, of_id[match.one_initiative], of_id[match.other_initiative], titles
        )
    return {
        "match": match,
        "one": both[0],
        "other": both[1],
        "rows": showing.side_by_side(both[0]["state"], both[1]["state"], titles),
        "speaks_for": speaks_for,
        "speaks_against": speaks_against,
        "percent": round(100 * match.probability),
        "answers": showing.given_answers(match, answers, titles),
        "decided_by": showing.who(match.decided_by, titles),
        "decided_at": dutch.date_and_time(match.decided_at) if match.decided_at else "",
    }
