"""The HTTP door: a partner's events as CloudEvents, one or many, published for it as if it had done so itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from services.registry.actions import intake
from services.registry.actions.intake import Judged
from services.registry.domain.rate import Rates
from services.registry.gateway import BrokerAway, DoorFull
from services.registry.store.tokens import TokenOwner
from shared.bus.answers import within_limit
from shared.events.base import Received
from shared.events.envelope import read_message
from shared.events.problems import problem
from shared.web import DatabaseDep

from . import body
from .access import PartnerDep
from .faults import Fault, ProblemRoute, away, said
from .openapi import openapi

router = APIRouter(route_class=ProblemRoute)
FULL_S = 30
"""When to try again, where the partner's queue is full."""
_FORBIDDEN = frozenset({"another-identity", "suspended", "unknown-partner"})


@router.post("/events")
async def receive(request: Request, database: DatabaseDep, owner: PartnerDep) -> JSONResponse:
    """Takes events in: 202 when the broker has confirmed all that is without fault. Of a batch each event stands and falls
    alone; where nothing could be taken, the faults are the answer."""
    if owner.status != "active":
        raise Fault(403, problem("suspended"))
    with _at_the_door(request, owner) as rates:
        form, judged = await _read(request, owner, rates)
        try:
            await intake.take_in(database, request.app.state.publisher, owner.name, judged)
        except DoorFull as error:
            raise Fault(503, problem("queue-full"), retry_s=FULL_S) from error
        except BrokerAway as error:
            raise away() from error
    if all(j.problems for j in judged):
        raise _refusal(judged, is_batch=form.is_batch)
    lines = [_line(request, n, one) for n, one in enumerate(judged)]
    return JSONResponse({"events": lines}, 202)


@router.post("/events/validate")
async def validate(request: Request, owner: PartnerDep) -> JSONResponse:
    """What the platform would answer, as far as it can without its memory. Nothing is published or kept."""
    with _at_the_door(request, owner) as rates:
        form, judged = await _read(request, owner, rates)
    if not any(j.readable for j in judged):
        raise _refusal(judged, is_batch=form.is_batch)
    lines = []
    for n, one in enumerate(judged):
        faults, doubts = intake.foresee(one)
        found = {"problems": said(within_limit(faults)), "warnings": said(within_limit(doubts))}
        lines.append({**_named(n, one), "status": "refused" if faults else "valid", **found})
    return JSONResponse({"valid": all(line["status"] == "valid" for line in lines), "events": lines})


@router.get("/events/openapi.json")
async def description(request: Request) -> JSONResponse:
    """The description of everything that programs of partners can ask for (OpenAPI 3.1)."""
    return JSONResponse(openapi(request.app.state.settings.public_url))


@contextmanager
def _at_the_door(request: Request, owner: TokenOwner) -> Iterator[Rates]:
    """Raises Fault 429 for a partner that sends too fast, or too much at once; others do not notice."""
    rates: Rates = request.app.state.rates
    wait_s = rates.bucket(owner.name, request.app.state.clock()).wait_s(request.app.state.clock())
    if wait_s:
        seconds = max(round(wait_s), 1)
        raise Fault(429, problem("too-fast", limit=f"{rates.per_second:g}", seconds=seconds), retry_s=wait_s)
    if not rates.enter(owner.name):
        raise Fault(429, problem("too-many-requests", limit=rates.at_once), retry_s=1)
    try:
        yield rates
    finally:
        rates.leave(owner.name)


async def _read(request: Request, owner: TokenOwner, rates: Rates) -> tuple[body.Form, list[Judged]]:
    """The events of a request, each judged. Raises Fault where not even that could be done."""
    bucket = rates.buckets[owner.name]
    bucket.take(1)
    form = body.form_of(request)
    content = await body.read(request, form.limit_bytes, request.app.state.settings.door_body_s)
    arrivals = read_message(
        content,
        form.content_type,
        form.attributes,
        partner=owner.name,
        routing_key=None,
        now=request.app.state.clock(),
        traceparent=request.headers.get("traceparent"),
    )
    bucket.take(len(arrivals) - 1)
    return form, intake.judge(owner, arrivals)


def _refusal(judged: Sequence[Judged], *, is_batch: bool) -> Fault:
    """Nothing of a request was taken: every fault, at its place in the request."""
    status = 400
    codes = [{p.code for p in one.problems} for one in judged]
    if all("too-large" in found for found in codes):
        status = 413
    elif all(found & _FORBIDDEN for found in codes):
        status = 403
    in_list = is_batch and any(j.readable for j in judged)
    return Fault(
        status,
        *within_limit(
            [
                p.model_copy(update={"pointer": f"/{n}{p.pointer}"}) if in_list else p
                for n, one in enumerate(judged)
                for p in one.problems
            ]
        ),
    )


def _line(request: Request, n: int, one: Judged) -> dict[str, Any]:
    if one.problems:
        return {**_named(n, one), "status": "refused", "problems": said(within_limit(one.problems))}
    event = one.event
    assert event.id
    assert event.source
    where = f"/partner/history?id={quote(event.id, safe='')}&source={quote(event.source, safe='')}"
    return {**_named(n, one), "status": "received", "history": request.app.state.settings.public_url + where}


def _named(n: int, one: Judged) -> dict[str, Any]:
    event = one.event
    kind = event.data.wire_type() if isinstance(event, Received) else event.type
    named = {"id": event.id, "source": event.source, "type": kind}
    return {"index": n, **{k: v for k, v in named.items() if v is not None}}
