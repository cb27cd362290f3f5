"""Addresses that somebody who means harm asks for: they lead nowhere but where pages are."""

from urllib.parse import urlsplit

import pytest

from tests.room import RoomOf
from tests.services.registry.test_pages import session

OURS = "burenbus.example"
CLIMBS = (
    "%2e%2e",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/settings.py",
    "%00",
    "%0d%0aX-Evil:1",
    "..%5c..",
    "%ff",
)


@pytest.mark.parametrize("climb", CLIMBS)
@pytest.mark.parametrize(
    ("service", "paths"),
    [
        ("registry", ("/static/registry/", "/static/shared/", "/register/initiatief/", "/register/dubbel/", "/contract/",
                      "/contract/schemas/", "/partner/geschiedenis/", "/partner/dubbel/", "/partner/aanleveren/",
                      "/partner/history/")),
        ("survey", ("/static/survey/", "/static/shared/", "/enquete/")),
        ("notify", ("/static/shared/", "/afmelden/", "/inloggen/")),
        ("reporting", ("/static/reporting/", "/regio/", "/kaart/grenzen/", "/regio/NL/grafiek/2026/", "/regio/NL/grafiek/",
                       "/api/regio/")),
    ],
)  # fmt: skip
async def test_a_path_leads_nowhere_else(room_of: RoomOf, service: str, paths: tuple[str, ...], climb: str) -> None:
    """Up, beside or with an end of line: not found or not allowed, never a file of ours, a header, or a fault of ours."""
    room = await room_of(service, **({"mail_from": "post@nlzve.example"} if service == "notify" else {}))
    async with room.web(**session()) as client:
        for path in paths:
            for tail in ("", ".svg", ".geojson"):
                answer = await client.get(path + climb + tail)
                assert answer.status_code in (303, 307, 308, 400, 401, 403, 404, 405, 410, 422), (
                    path,
                    answer.status_code,
                )
                assert "x-evil" not in answer.headers
                assert "root:" not in answer.text
                assert urlsplit(answer.headers.get("location", "/")).netloc in ("", OURS)


NUL_ASKED = (
    ("registry", "/partner/geschiedenis?nummer=%00"),
    ("registry", "/register/initiatief/0199d1f0-0000-7000-8000-000000000000?fout=%00"),
    ("reporting", "/regio/NL?inventarisatie=%00"),
    ("reporting", "/api/regio/NL?inventarisatie=%00"),
    ("reporting", "/api/initiatives?q=%00"),
    ("reporting", "/kaart?q=%00&region=%00&soort=%00&thema=%00&pagina=%00"),
    ("reporting", "/kaart?q=%ED%A0%80"),
    ("survey", "/enquete/x?bewaard=%00"),
)


@pytest.mark.parametrize(("service", "path"), NUL_ASKED)
async def test_what_no_database_takes_is_not_asked_of_it(room_of: RoomOf, service: str, path: str) -> None:
    """A NUL, or half a character, in a question: nothing is found, and no fault of ours comes of it."""
    room = await room_of(service)
    async with room.web(**session()) as client:
        assert (await client.get(path)).status_code in (200, 303, 400, 404, 422)
