"""One address for the pages of all services, on one's own machine: a small reverse proxy by `deploy/proxy/routes.json`.

`python -m deploy.local.gateway`, told by its environment where each service listens.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import uvicorn
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from deploy import proxy
from shared.events.problems import DOCUMENTATION, problem

HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split()
)
"""Headers that concern one connection and not the message (RFC 9110, 7.6.1)."""

FORWARDED = frozenset([b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"forwarded"])
"""What a visitor says of these is not to be believed: we are the first to know."""

AWAY = """<!doctype html><html lang="nl"><meta charset="utf-8"><title>Even niet bereikbaar</title>
<main><h1>Even niet bereikbaar</h1><p>Deze pagina doet het nu niet. Probeer het over een minuut opnieuw.</p></main></html>
"""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
TIMEOUT = httpx.Timeout(60, connect=2)
_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
"""A cookie that is kept would go out with the request of the next visitor."""

log = logging.getLogger(__name__)


class Settings(BaseSettings):
    """Where to listen, and where each service listens (`http://host:port`)."""

    model_config = SettingsConfigDict(env_prefix="BURENBUS_")

    http_host: str = "127.0.0.1"
    http_port: int
    upstream_registry: str
    upstream_survey: str
    upstream_notify: str
    upstream_reporting: str

    def upstreams(self) -> dict[str, str]:
        """The address of each service."""
        return {
            "registry": self.upstream_registry,
            "survey": self.upstream_survey,
            "notify": self.upstream_notify,
            "reporting": self.upstream_reporting,
        }


class Gateway:
    """Passes a request on to the service whose path it is, and the answer back, without holding either in memory."""

    def __init__(self, upstreams: Mapping[str, str], routes: proxy.Routes) -> None:
        self._upstreams = {name: httpx.URL(url) for name, url in upstreams.items()}
        self._routes = routes
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT,
            trust_env=False,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            cookies=CookieJar(_NO_COOKIES),
        )
        self._client.headers.clear()  # what the visitor sends, and nothing of ours

    async def forward(self, request: Request) -> Response:
        """The one route: everything."""
        # Dots are resolved first, so that /enquete/../metrics is seen for what it asks.
        path = httpx.URL("http://gateway").copy_with(raw_path=_target(request))
        service = self._routes.service(path.path)
        if service is None:
            return PlainTextResponse("Not found", status_code=404)
        target = self._upstreams[service].copy_with(raw_path=path.raw_path)
        body = request.stream() if _has_body(request) else None
        outgoing = self._client.build_request(request.method, target, headers=_headers(request), content=body)
        try:
            answer = await self._client.send(outgoing, stream=True)
        except httpx.TimeoutException:
            return self._away(path.path, 504)
        except httpx.TransportError as error:
            log.warning("%s does not answer: %r", service, error)
            return self._away(path.path, 502)
        response = StreamingResponse(_body(answer), status_code=answer.status_code)
        response.raw_headers = [(k.lower(), v) for k, v in answer.headers.raw if k.lower() not in HOP_BY_HOP]
        return response

    def _away(self, path: str, status: int) -> Response:
        """A page for people; what programs of partners ask for is told as they are told everything, as a problem."""
        if not self._routes.for_programs(path):
            return HTMLResponse(AWAY, status, {"Retry-After": "60"})
        away = problem("platform-away")
        body = {
            "type": f"{DOCUMENTATION}#{away.code}",
            "title": "Even niet beschikbaar / Unavailable for a moment",
            "status": 503,
            "problems": [away.model_dump(exclude_none=True)],
        }
        return JSONResponse(body, 503, {"Retry-After": "10"}, "application/problem+json")

    async def close(self) -> None:
        """End the connections to the services."""
        await self._client.aclose()


def _target(request: Request) -> bytes:
    query: bytes = request.scope["query_string"]
    path: bytes = request.scope["raw_path"]
    return path + (b"?" + query if query else b"")


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _headers(request: Request) -> list[tuple[bytes, bytes]]:
    named = {h.strip().lower() for h in request.headers.get("connection", "").encode().split(b",")}
    kept = [(k, v) for k, v in request.headers.raw if k.lower() not in HOP_BY_HOP | FORWARDED | named]
    client = request.client.host if request.client else "unknown"
    return [
        *kept,
        (b"x-forwarded-for", client.encode()),
        (b"x-forwarded-host", request.headers.get("host", "").encode("latin-1")),
        (b"x-forwarded-proto", request.url.scheme.encode()),
    ]


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


def build(upstreams: Mapping[str, str], routes: proxy.Routes | None = None) -> Starlette:
    """The gateway as an ASGI application; its own health is at /health/live and /health/ready."""
    gateway = Gateway(upstreams, routes or proxy.load())

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.close()

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/health/live", _healthy),
            Route("/health/ready", _healthy),
            Route("/{path:path}", gateway.forward, methods=METHODS),
        ],
    )


def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    app = build(settings.upstreams())
    uvicorn.run(
        app,
        host=settings.http_host,
        port=settings.http_port,
        access_log=False,
        server_header=False,
        date_header=False,  # the service's own goes through
        proxy_headers=False,  # nobody is in front of us whose word we take
    )


if __name__ == "__main__":
    main()
