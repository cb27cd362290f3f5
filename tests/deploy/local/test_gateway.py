"""The gateway passes on what was asked and what was answered, and tells the service who asked."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from deploy.databases import SERVICES
from deploy.local import gateway
from deploy.local.process import LOOPBACK, free_ports
from tests.serving import serving


async def _echo(request: Request) -> Response:
    body = await request.body()
    answer = JSONResponse(
        {
            "method": request.method,
            "raw_path": request.scope["raw_path"].decode(),
            "query": request.scope["query_string"].decode(),
            "headers": {k: request.headers.getlist(k) for k in request.headers},
            "body": body.decode(),
            "port": request.scope["server"][1],
        },
        status_code=418 if request.url.path == "/enquete/teapot" else 200,
    )
    answer.set_cookie("one", "1")
    answer.set_cookie("two", "2")
    return answer


async def _stream(_: Request) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    return StreamingResponse(chunks())


async def _redirect(_: Request) -> Response:
    return RedirectResponse("/elders", status_code=303)


@pytest_asyncio.fixture(loop_scope="session")
async def front() -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the gateway, with one server behind it for survey and nobody for the others."""
    behind, away = free_ports(2)
    methods = ["GET", "POST", "PUT", "DELETE"]
    app = Starlette(
        routes=[
            Route("/enquete/stroom", _stream),
            Route("/enquete/verder", _redirect),
            Route("/{path:path}", _echo, methods=methods),
        ]
    )
    upstreams = {name: f"http://{LOOPBACK}:{behind if name == 'survey' else away}" for name in SERVICES}
    passing = gateway.build(upstreams)
    async with serving(app, port=behind, proxy_headers=False), passing.router.lifespan_context(passing):
        transport = httpx.ASGITransport(passing, client=("203.0.113.7", 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://burenbus.test") as client:
            yield client


async def test_what_was_asked_arrives_as_it_was_asked(front: httpx.AsyncClient) -> None:
    """Method, path as it was encoded, query, body and own headers."""
    answer = await front.put("/enquete/a%2Fb?x=%20y&x=2", content=b"hallo", headers={"X-Mine": "1", "Cookie": "a=b"})
    asked = answer.json()
    assert (asked["method"], asked["body"]) == ("PUT", "hallo")
    assert (asked["raw_path"], asked["query"]) == ("/enquete/a%2Fb", "x=%20y&x=2")
    assert asked["headers"]["x-mine"] == ["1"]
    assert asked["headers"]["cookie"] == ["a=b"]


async def test_the_service_hears_who_asked_and_under_which_name(front: httpx.AsyncClient) -> None:
    """Host stays, so links are right; a visitor cannot claim to come from elsewhere."""
    headers = {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Forwarded-Proto": "gopher"}
    heard = (await front.get("/enquete", headers=headers)).json()["headers"]
    assert heard["host"] == ["burenbus.test"]
    assert heard["x-forwarded-for"] == ["203.0.113.7"]
    assert heard["x-forwarded-host"] == ["burenbus.test"]
    assert heard["x-forwarded-proto"] == ["http"]
    assert "forwarded" not in heard


async def test_headers_of_one_connection_stop_here(front: httpx.AsyncClient) -> None:
    """Those of HTTP itself, and those that Connection names."""
    headers = {"Connection": "close, X-Hop", "X-Hop": "1", "TE": "trailers"}
    heard = (await front.get("/enquete", headers=headers)).json()["headers"]
    assert not {"x-hop", "te"} & set(heard)


async def test_what_was_answered_comes_back_as_it_was_answered(front: httpx.AsyncClient) -> None:
    """Status, every cookie, and a redirect that is the browser's to follow."""
    answer = await front.get("/enquete/teapot")
    assert answer.status_code == 418
    assert len(answer.headers.get_list("set-cookie")) == 2
    onward = await front.get("/enquete/verder")
    assert (onward.status_code, onward.headers["location"]) == (303, "/elders")


async def test_a_visitor_never_gets_the_cookie_of_another(front: httpx.AsyncClient) -> None:
    """Who comes without a cookie goes on without one, whoever was given one before; who has one keeps just that."""
    given = await front.get("/enquete/inloggen")
    assert given.headers.get_list("set-cookie") == ["one=1; Path=/; SameSite=lax", "two=2; Path=/; SameSite=lax"]
    front.cookies.clear()  # another browser
    assert "cookie" not in (await front.get("/enquete")).json()["headers"]
    front.cookies.clear()
    heard = (await front.get("/enquete", headers={"Cookie": "one=mine"})).json()["headers"]
    assert heard["cookie"] == ["one=mine"]


async def test_a_large_answer_comes_through_whole(front: httpx.AsyncClient) -> None:
    """A million bytes in a hundred pieces."""
    assert (await front.get("/enquete/stroom")).content == b"x" * 1_000_000


async def test_a_service_that_is_away_gives_a_page_that_says_so(front: httpx.AsyncClient) -> None:
    """In Dutch, with 502, and nothing of the inside."""
    answer = await front.get("/kaart")
    assert answer.status_code == 502
    assert "Even niet bereikbaar" in answer.text
    assert "127.0.0.1" not in answer.text


async def test_a_program_is_told_in_its_own_form_that_a_service_is_away(front: httpx.AsyncClient) -> None:
    """503 as a problem, with when to come back: what it sent was not taken, and may be sent again."""
    answer = await front.post("/events", content=b"{}")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["status"] == 503


async def test_the_inside_is_not_reachable_by_a_detour(front: httpx.AsyncClient) -> None:
    """Dots are resolved before the table is asked."""
    for path in ("/metrics", "/health/x", "/enquete/../metrics", "/enquete/x/../../metrics"):
        request = front.build_request("GET", "http://burenbus.test/")
        request.url = request.url.copy_with(raw_path=path.encode())
        assert (await front.send(request)).status_code == 404, path


async def test_its_own_health_needs_nobody(front: httpx.AsyncClient) -> None:
    """The stack asks the gateway, not a service."""
    assert (await front.get("/health/ready")).text == "ok"
