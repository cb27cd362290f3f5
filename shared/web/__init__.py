"""What every service shows on its HTTP port: health, metrics, static files, and its own pages in the shared look."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from prometheus_client import generate_latest
from starlette.exceptions import HTTPException

from shared import links
from shared.events.codelists import codelist, label
from shared.telemetry import Telemetry
from shared.transaction import Database

HERE = Path(__file__).parent
STAFF_COOKIE = "burenbus_staff"
STAFF_PURPOSE = "session"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class LoginNeeded(Exception):
    """A page was asked for by somebody who is not logged in; `at` is the page where one does."""

    def __init__(self, at: str = "/inloggen") -> None:
        super().__init__(at)
        self.at = at


def database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


DatabaseDep = Annotated[Database, Depends(database_of)]
"""The service's database: open the transaction inside the route, so that it commits before the answer goes."""


def staff_of(request: Request) -> str:
    """The mail address of the staff member whose session this is. Raises LoginNeeded."""
    token = request.cookies.get(STAFF_COOKIE, "")
    secret = request.app.state.settings.link_secret.get_secret_value()
    try:
        return links.verify(secret, token, purpose=STAFF_PURPOSE, now=request.app.state.clock()).person
    except (links.LinkInvalid, links.LinkExpired) as error:
        raise LoginNeeded from error


StaffDep = Annotated[str, Depends(staff_of)]


def page(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """One of the service's pages, in the shared look."""
    environment: Environment = request.app.state.templates
    text = environment.get_template(template).render(request=request, settings=request.app.state.settings, **context)
    return HTMLResponse(text, status_code=status_code)


def templates_of(here: Path) -> Environment:
    """The templates of a service, then the shared ones; everything is escaped, and a missing name is an error."""
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(here / "templates"), FileSystemLoader(HERE / "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(codelist=codelist)
    environment.filters.update(label=lambda code, name: label(name, code) if code else "")
    return environment


def same_origin(request: Request) -> bool:
    """Whether a form was sent from one of our own pages, as far as the browser says (Fetch metadata, Origin)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin in (None, "null"):
        return origin is None
    assert origin is not None
    return urlsplit(origin).netloc in (
        request.headers.get("host"),
        urlsplit(request.app.state.settings.public_url).netloc,
    )


def went_wrong(request: Request, status: int, title: str, headers: Mapping[str, str] | None = None) -> Response:
    """A page for people, a problem (RFC 9457) for programs."""
    if request.url.path.startswith(("/api", "/events")) or "text/html" not in request.headers.get("accept", ""):
        body = {"type": "about:blank", "title": title, "status": status, "problems": []}
        return JSONResponse(body, status, media_type="application/problem+json", headers=headers)
    response = page(request, "error.html", status_code=status, status=status)
    for header, value in SECURITY_HEADERS.items():
        response.headers.setdefault(header, value)
    return response


def build_web(  # noqa: C901 - a list of small routes
    name: str,
    settings: Any,
    routers: Sequence[APIRouter],
    here: Path,
    *,
    telemetry: Telemetry,
    troubles: Callable[[], Any],
    lifespan: Any = None,
) -> FastAPI:
    """The web application of a service. `troubles()` is awaited for readiness: an empty list means ready."""
    app = FastAPI(title=f"Burenbus {name}", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.settings = settings
    app.state.templates = templates_of(here)

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Any]) -> Response:
        if request.method == "POST" and not getattr(request.state, "open_post", False) and not same_origin(request):
            return PlainTextResponse("Dit formulier kwam niet van onze eigen pagina.\n", status_code=403)
        if "\0" in request.url.path:
            return went_wrong(request, 404, "Not Found")  # no database takes it, and no file has it in its name
        response: Response = await call_next(request)
        for header, value in SECURITY_HEADERS.items():
            response.headers.setdefault(header, value)
        return response

    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> JSONResponse:
        found = await troubles()
        return JSONResponse({"status": "ready" if not found else "not ready", "troubles": found}, 503 if found else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(telemetry.registry), media_type="text/plain; version=0.0.4")

    @app.exception_handler(LoginNeeded)
    async def to_login(request: Request, error: Exception) -> Response:
        assert isinstance(error, LoginNeeded)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Response(status_code=303, headers={"Location": f"{error.at}?verder={quote(target)}"})

    @app.exception_handler(HTTPException)
    async def not_here(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return went_wrong(request, error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def our_fault(request: Request, _error: Exception) -> Response:
        return went_wrong(request, 500, "Internal Server Error")  # the error itself is logged by the server

    app.mount("/static/shared", StaticFiles(directory=HERE / "static"), name="shared")
    if (here / "static").is_dir():
        app.mount(f"/static/{name}", StaticFiles(directory=here / "static"), name="static")
    for router in routers:
        app.include_router(router)
    return app
