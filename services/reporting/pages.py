"""What people see: the front page, the map with the list, a page per region. All of it works without JavaScript."""

from collections.abc import Iterable
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.reporting import reading, sketch
from services.reporting.asking import asked
from services.reporting.domain import disclosure, regions
from services.reporting.store import initiatives, publications
from shared import dutch, geo
from shared.events.codelists import codelist
from shared.geo import vendored
from shared.web import DatabaseDep, page

router = APIRouter(default_response_class=HTMLResponse)

ON_A_PAGE = 50
ON_THE_SKETCH = 5000
HOUR = {"Cache-Control": "public, max-age=3600"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
SVG_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
BORDERS = {"provincies": "provinces.geojson", "gemeenten": "municipalities.geojson"}


@router.get("/")
async def front(request: Request, database: DatabaseDep) -> HTMLResponse:
    """What this is, how much there is of it, and the ways in."""
    async with database.transaction() as tx:
        view = await reading.region(tx, regions.COUNTRY)
    assert view is not None
    return page(
        request,
        "front.html",
        view=view,
        day=dutch.date,
        last_day=dutch.last_date,
        number=dutch.number,
        provinces=geo.provinces(),
    )


@router.get("/kaart")
async def map_and_list(
    request: Request,
    database: DatabaseDep,
    q: str = "",
    region: str = "",
    kind: Annotated[str, Query(alias="soort")] = "",
    theme: Annotated[str, Query(alias="thema")] = "",
    at: Annotated[str, Query(alias="pagina")] = "1",
) -> HTMLResponse:
    """The initiatives that want to be seen: on the map, and in a list that can be searched."""
    filters = asked(q, region, kind, theme)
    turn = int(at) if at.isdecimal() and 1 <= len(at) <= 6 and int(at) else 1
    async with database.transaction() as tx:
        total, found = await initiatives.find(tx, filters.wanted, limit=ON_A_PAGE, offset=(turn - 1) * ON_A_PAGE)
    chosen = {"q": filters.q, "region": filters.region, "soort": filters.kind, "thema": filters.theme}
    chosen = {name: value for name, value in chosen.items() if value}
    return page(
        request,
        "map.html",
        filters=filters,
        chosen=chosen,
        query=urlencode(filters.query),
        total=total,
        found=found,
        turn=turn,
        turns=max(1, -(-total // ON_A_PAGE)),
        link=lambda to: "/kaart?" + urlencode({**chosen, "pagina": to}),
        region_name=_region_name,
        region_options=_region_options(filters.region),
        kinds=[(c, t.nl) for c, t in codelist("kind").items()],
        themes=[(c, t.nl) for c, t in codelist("theme").items()],
        number=dutch.number,
    )


def _region_name(code: str | None) -> str:
    found = geo.region(code) if code else None
    return found.name if found else ""


def _region_options(chosen: str) -> list[tuple[str, str]]:
    """The provinces by name; and the municipality, if one is chosen."""
    found = sorted(((p.code, p.name) for p in geo.provinces()), key=lambda pair: pair[1])
    if chosen.startswith("GM"):
        found.insert(0, (chosen, f"gemeente {_region_name(chosen)}"))
    return found


@router.get("/kaart/schets.svg")
async def sketch_map(database: DatabaseDep, q: str = "", region: str = "", kind: str = "", theme: str = "") -> Response:
    """The map as a still picture, for who has no JavaScript."""
    async with database.transaction() as tx:
        _, found = await initiatives.find(tx, asked(q, region, kind, theme).wanted, limit=ON_THE_SKETCH)
    points = [(one.lat, one.lon) for one in found if one.lat is not None and one.lon is not None]
    return Response(
        sketch.drawn(points), media_type="image/svg+xml", headers={**SVG_POLICY, "Cache-Control": "no-cache"}
    )


@router.get("/kaart/grenzen/{which}.geojson")
async def borders(which: str) -> Response:
    """The borders of provinces or municipalities, simplified."""
    if which not in BORDERS:
        raise HTTPException(404)
    return Response(vendored.text(BORDERS[which]), media_type="application/geo+json", headers=HOUR)


@router.get("/regio")
async def country() -> RedirectResponse:
    return RedirectResponse("/regio/NL", 308)


@router.get("/regio/{code}", response_model=None)
async def region_page(
    request: Request,
    code: str,
    database: DatabaseDep,
    campaign: Annotated[str | None, Query(alias="inventarisatie", max_length=100)] = None,
) -> HTMLResponse | RedirectResponse:
    """The figures of a region: initiatives and response as they are now, answers as they were published."""
    if code.startswith("GM") and geo.region(code):
        return RedirectResponse(f"/kaart?region={code}", 303)
    if code not in regions.pages():
        raise HTTPException(404)
    async with database.transaction() as tx:
        view = await reading.region(tx, code, campaign)
    if view is None:
        raise HTTPException(404)
    above = regions.chain(code)[:0:-1]
    below = [c for c in regions.pages() if regions.tree()[c] == code]
    return page(
        request,
        "region.html",
        view=view,
        sections=_sections(view.report["blocks"]) if view.report else [],
        above=[(c, regions.name(c)) for c in above],
        below=[(c, regions.name(c)) for c in below],
        day=dutch.date,
        last_day=dutch.last_date,
        number=dutch.number,
        minimum=disclosure.MINIMUM_BASE,
        firm=disclosure.FIRM_BASE,
        attribution=geo.ATTRIBUTION,
    )


def _sections(blocks: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Blocks by section, in their order."""
    return [(name, list(group)) for name, group in groupby(blocks, key=lambda block: str(block["section"]))]


@router.get("/regio/{code}/grafiek/{campaign}/{block}.svg")
async def chart(code: str, campaign: str, block: str, database: DatabaseDep) -> Response:
    """A chart of a publication; it never changes."""
    async with database.transaction() as tx:
        svg = await publications.chart(tx, campaign, code, block)
    if svg is None:
        raise HTTPException(404)
    return Response(svg, media_type="image/svg+xml", headers={**SVG_POLICY, **FOR_EVER})
