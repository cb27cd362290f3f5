"""What every service's pages have in common."""

import httpx
import pytest
from fastapi import APIRouter

from tests.room import RoomOf


@pytest.mark.parametrize(
    ("accept", "kind", "text"),
    [("text/html", "text/html", "Er ging iets mis"), ("*/*", "application/problem+json", "500")],
)
async def test_a_fault_of_ours_has_a_page(room_of: RoomOf, accept: str, kind: str, text: str) -> None:
    """A page that fails shows people a Dutch page in the shared look, and programs a problem; never what failed."""
    room = await room_of("survey")
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secretaris@stadsdorp.example")

    room.service.web.include_router(router)
    transport = httpx.ASGITransport(app=room.service.web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://burenbus.example") as client:
        answer = await client.get("/broken", headers={"accept": accept})
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith(kind)
    assert text in answer.text
    assert "stadsdorp" not in answer.text
