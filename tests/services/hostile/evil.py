"""What somebody who means harm puts in a name, and how to see that it is nowhere more than text."""

from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from shared.events.answers import EventAccepted
from shared.events.base import Event
from shared.events.partner import InitiativeReported
from tests.room import Room, RoomOf
from tests.services.registry.build import ASKING

EVIL = {
    "markup": '<script>alert(1)</script><img src=x onerror=alert(1)>"><b onmouseover=alert(1)>x</b>',
    "out of where it stands": "' autofocus onfocus='alert(1)' </title></textarea></script><svg onload=alert(1)>",
    "a template and references": "{{7*7}}${7*7}{% include 'base.html' %}&lt;b&gt;&#x3c;i&#62;",
    "a path and a query": "../../%2e%2e%2fetc%2fpasswd%00?uitkomst=refused&id=1#boven",
    "a header": "=HYPERLINK(1)%0d%0aBcc: ieder@evil.example",
    "very long": "W" * 100,
}

FORMULAS = (
    '=HYPERLINK("https://evil.example";"klik")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "-2+3",
    "|calc",
    'x";=1+1;"',
    "x;=1+1",
    "'=1+1",
)

each_evil = pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)

OURS = "burenbus.example"

ADDRESSES = ("href", "src", "action", "formaction", "poster", "background", "srcset", "data")

RUNS = {"iframe", "object", "embed", "base", "b", "svg", "frame"}
"""Elements that none of these pages has."""


class Seen(HTMLParser):
    """A page as a browser reads it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.words += [value or "" for name, value in attrs if name in ("value", "alt", "content")]

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            assert not data.strip(), "no page has a script in it"
        self.words.append(data)


def harmless(text: str) -> str:
    """What the page says. Nothing in it runs, and no address leads elsewhere."""
    seen = Seen(text)
    for tag, attributes in seen.elements:
        assert tag not in RUNS, tag
        assert not [name for name in attributes if name.startswith("on") or name in ("autofocus", "srcdoc")], attributes
        if tag == "script":
            assert attributes["src"].startswith("/static/")
        for name in ADDRESSES:
            parts = urlsplit(attributes.get(name, ""))
            assert (parts.scheme, parts.netloc) in (("", ""), ("http", OURS)), attributes
    return "".join(seen.words)


def reported(evil: str, **more: Any) -> InitiativeReported:
    """A report of which every text is evil, as far as it may be."""
    said = {
        "externalId": evil,
        "name": evil,
        "otherNames": [f"ook {evil}", evil],
        "place": evil,
        "address": evil,
        "municipality": "Zeist",
        "postcode": "3705 AB",
        "website": "https://x.example/\"><script>alert(1)</script>?x={{7*7}}&y='",
        "contact": {
            "person": evil,
            "email": "info@x.example",
            "consents": [
                {"purpose": purpose, "at": "2026-09-01T10:00:00+02:00", "text": evil}
                for purpose in ("op-de-kaart", "uitnodiging")
            ],
        },
        **more,
    }
    return InitiativeReported.model_validate(said)


async def at_registry(room_of: RoomOf, evil: str) -> Room:
    """The registry, that has it from one partner, and perhaps again from another."""
    room = await room_of("registry", **ASKING)
    for partner, more in (("omzien", {}), ("zorgnet", {"contact": None, "website": None})):
        answer = await room.take(partner, reported(evil, **more), id=f"{evil}-{partner}")
        assert isinstance(answer, EventAccepted), answer
    return room


async def facts(room: Room, *kinds: type[Event]) -> list[Event]:
    """What a service says to all."""
    return [s.data for s in await room.outbox() if s.exchange == "events" and isinstance(s.data, kinds)]


async def shown(client: httpx.AsyncClient, path: str, *, status: int = 200, **asked: str) -> str:
    page = await client.get(path, params=asked or None)
    assert page.status_code == status, (path, page.text)
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    return harmless(page.text)
