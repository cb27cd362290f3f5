"""What a partner can ask about its own: what became of each event, and what the platform holds as its word."""

import base64
import binascii
from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from services.registry.store import held, history
from services.registry.store.history import Answered, Wanted
from shared.events.base import PREFIX
from shared.events.problems import CODES, problem
from shared.web import DatabaseDep

from .access import PartnerDep
from .faults import Fault, ProblemRoute, said

router = APIRouter(route_class=ProblemRoute, prefix="/partner")
OUTCOMES = ("new", "changed", "unchanged", "duplicate", "recorded", "replaced", "refused", "delayed", history.UNDERWAY)
MOST_LINES, MOST_CLAIMS = 500, 2000
Text = Annotated[str | None, Query(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


@router.get("/history")
async def lines(
    request: Request,
    database: DatabaseDep,
    owner: PartnerDep,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    type: Text = None,  # noqa: A002 - as it is called on the wire
    outcome: Text = None,
    code: Text = None,
    id: Text = None,  # noqa: A002
    source: Text = None,
    subject: Text = None,
    after: Text = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100,
) -> JSONResponse:
    """What this partner sent and what became of it, newest first; `next` leads to the older part."""
    only_known(request, {"since", "until", "type", "outcome", "code", "id", "source", "subject", "after", "limit"})
    if outcome is not None and outcome not in OUTCOMES:
        raise Fault(400, problem("not-in-list", "/outcome", value=outcome, known=OUTCOMES))
    if code is not None and code not in CODES:
        raise Fault(400, problem("not-in-list", "/code", value=code, known=sorted(CODES)))
    kind = type if type is None or type.startswith(PREFIX) else PREFIX + type
    wanted = Wanted(since, until, kind, outcome, code, id, source, subject, _place(after) if after else None)
    async with database.transaction() as tx:
        found = await history.page(tx, owner.name, wanted, limit + 1)
    body: dict[str, Any] = {"events": [line(one) for one in found[:limit]]}
    if len(found) > limit:
        body["next"] = _next(request, _mark(found[limit - 1]))
    return JSONResponse(body)


@router.get("/history/{event_id:path}")
async def of_event(database: DatabaseDep, owner: PartnerDep, event_id: str) -> JSONResponse:
    """All answers to the events with this id, newest first."""
    async with database.transaction() as tx:
        found = []
        if event_id.isprintable():
            found = await history.page(tx, owner.name, Wanted(event_id=event_id), MOST_LINES)
    if not found:
        raise Fault(404, problem("unknown-event", value=event_id))
    return JSONResponse({"events": [line(one) for one in found]})


@router.get("/claims")
async def what_we_hold(
    request: Request,
    database: DatabaseDep,
    owner: PartnerDep,
    after: Text = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CLAIMS)] = 1000,
) -> JSONResponse:
    """Every initiative that this partner reported, by its externalId, with the hash of what it last said of it; and whose
    token was given, so that a program can tell before it sends anything."""
    only_known(request, {"after", "limit"})
    async with database.transaction() as tx:
        found = await held.page(tx, owner.name, after or "", limit + 1)
    body: dict[str, Any] = {
        "partner": owner.name,
        "sources": list(owner.sources),
        "claims": [
            {
                "externalId": one.external_id,
                "initiativeId": one.initiative_id,
                "sha256": one.sha256.hex(),
                "saidAt": _moment(one.said_at),
                "withdrawn": one.withdrawn,
            }
            for one in found[:limit]
        ],
    }
    if len(found) > limit:
        body["next"] = _next(request, found[limit - 1].external_id)
    return JSONResponse(body)


def only_known(request: Request, known: Collection[str]) -> None:
    """What is asked has a meaning here: a misspelled filter would give everything, and nobody would see it. Raises Fault 400."""
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        raise Fault(
            400, *(problem("unknown-parameter", f"/{name}", value=name, known=sorted(known)) for name in unknown[:10])
        )


def line(one: Answered) -> dict[str, Any]:
    """One answer, or one event that has none yet, as it goes over the wire."""
    refused = one.outcome == "refused"
    whole = {
        "id": one.event_id,
        "source": one.event_source,
        "type": one.event_type,
        "subject": one.event_subject,
        "outcome": one.outcome,
        "receivedAt": _moment(one.received_at),
        "answeredAt": _moment(one.answered_at) if one.answered_at else None,
        "initiativeId": one.initiative_id,
        "answerId": one.id if one.taker else None,
        "problems": said(one.problems) if refused else None,
        "warnings": said(one.problems) if one.problems and not refused else None,
    }
    return {name: value for name, value in whole.items() if value is not None}


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _next(request: Request, after: str) -> str:
    """The same question, for what comes after."""
    asked = [(k, v) for k, v in request.query_params.multi_items() if k != "after"]
    path = f"{request.app.state.settings.public_url}{request.url.path}"
    return f"{path}?{urlencode([*asked, ('after', after)])}"


def _mark(one: Answered) -> str:
    """Where a page ends, in letters that need no care."""
    return base64.urlsafe_b64encode(f"{one.received_at.isoformat()} {one.id}".encode()).decode().rstrip("=")


def _place(mark: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)).decode()
        moment, _, id_ = text.partition(" ")
        at = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error) as error:
        raise Fault(400, problem("parameter", "/after", value=mark)) from error
    if at.tzinfo is None or not id_.isprintable():
        raise Fault(400, problem("parameter", "/after", value=mark))
    return at, id_
