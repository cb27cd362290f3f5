"""For programs: the initiatives that may be shown, and the figures of a region, as JSON. No address, no contact."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from services.reporting import reading
from services.reporting.asking import Asked, asked
from services.reporting.domain import regions
from services.reporting.store import initiatives
from services.reporting.store.initiatives import Listed
from shared import geo
from shared.events.codelists import label
from shared.web import DatabaseDep


class FaultsListed(APIRoute):
    """Parameters that make no sense are answered with every fault at once, as the other services do."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_or_list(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                faults = [{"parameter": str(f["loc"][-1]), "detail": f["msg"]} for f in error.errors()]
                body = {"type": "about:blank", "title": "Bad Request", "status": 400, "problems": faults}
                return JSONResponse(body, 400, media_type="application/problem+json")

        return handle_or_list


router = APIRouter(prefix="/api", route_class=FaultsListed)

MOST = 5000
CACHE = {"Cache-Control": "public, max-age=60", "Access-Control-Allow-Origin": "*"}


@router.get("/initiatives")
async def list_initiatives(
    database: DatabaseDep,
    response: Response,
    q: Annotated[str, Query(max_length=100)] = "",
    region: Annotated[str, Query(max_length=10)] = "",
    kind: Annotated[str, Query(max_length=50)] = "",
    theme: Annotated[str, Query(max_length=50)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 1000,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> dict[str, Any]:
    """Listed initiatives by name, with where they stand on the map (WGS84: a postcode area's or municipality's middle)."""
    filters = _known(asked(q, region, kind, theme))
    async with database.transaction() as tx:
        total, found = await initiatives.find(tx, filters.wanted, limit=limit, offset=offset)
    response.headers.update(CACHE)
    return {"total": total, "initiatives": [_shown(one) for one in found], "attribution": geo.ATTRIBUTION}


@router.get("/regio/{code}")
async def region_figures(code: str, database: DatabaseDep, request: Request, response: Response) -> dict[str, Any]:
    """The live figures of a region, and the frozen tables of a publication (`inventarisatie`; without it the latest)."""
    if code not in regions.pages():
        raise HTTPException(404, f"There is no region {code} with figures: NL, LD01 to LD04, PV20 to PV31.")
    async with database.transaction() as tx:
        found = await reading.region(tx, code, request.query_params.get("inventarisatie"))
    if found is None:
        raise HTTPException(404, "There is no such publication.")
    response.headers.update(CACHE)
    view = found.overview
    return {
        "region": code,
        "name": regions.name(code),
        "initiatives": {
            "active": view.active,
            "listed": view.listed,
            "kinds": {k.code: k.number for k in view.kinds},
            "parts": {p.code: p.number for p in view.parts},
        },
        "campaign": {
            "id": found.campaign.id,
            "title": found.campaign.title,
            "status": found.campaign.status,
            "opens": found.campaign.opens,
            "closes": found.campaign.closes,
            **found.response,
        }
        if found.campaign
        else None,
        "publication": {
            "campaign": found.publication.campaign_id,
            "title": found.publication.title,
            "publishedAt": found.publication.at,
            "report": found.report,
        }
        if found.publication
        else None,
        "attribution": geo.ATTRIBUTION,
    }


def _known(filters: Asked) -> Asked:
    if filters.unknown:
        raise HTTPException(400, f"Unknown value for {', '.join(filters.unknown)}.")
    return filters


def _shown(one: Listed) -> dict[str, Any]:
    municipality = geo.region(one.municipality) if one.municipality else None
    found = {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "kindLabel": label("kind", one.kind) if one.kind else None,
        "place": one.place,
        "municipality": one.municipality,
        "municipalityName": municipality.name if municipality else None,
        "province": one.leaf if one.leaf != regions.NOWHERE else None,
        "themes": one.themes,
        "activities": one.activities,
        "lat": one.lat,
        "lon": one.lon,
    }
    return {name: value for name, value in found.items() if value is not None}
