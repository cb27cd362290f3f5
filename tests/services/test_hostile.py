"""What somebody who means harm puts in a name: it travels through every service, and is nowhere more than text."""

import csv
import html
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from services.notify import admin
from services.notify.mailer import Mailer
from shared.events.answers import Answer, EventAccepted, EventRefused
from shared.events.base import Event
from shared.events.envelope import dump_event, write_event
from shared.events.partner import InitiativeReported, SignalReported
from shared.events.registry import ContactChanged, InitiativeRegistered, PartnerContactChanged, PossibleDuplicateFound
from shared.events.survey import InvitationIssued, SignalRecorded
from shared.events.watching import Cause
from tests.room import Room, RoomOf, source_of
from tests.services.notify.mailserver import MailServer
from tests.services.notify.test_partners import MONDAY_MORNING, a_day
from tests.services.registry.build import ASKING
from tests.services.registry.pages.visits import visiting
from tests.services.registry.test_pages import session
from tests.services.survey.build import campaign, tokens

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


# --- on pages -------------------------------------------------------------------------------------------------------


@each_evil
async def test_on_the_pages_of_staff_and_partners(room_of: RoomOf, evil: str) -> None:
    """The initiative, the question whether it is double, the history and each event: it is read as it was sent."""
    room = await at_registry(room_of, evil)
    [question, *_] = await room.said(PossibleDuplicateFound)
    [one, *_] = await room.said(InitiativeRegistered)
    async with room.web(**session()) as client:
        for path in (f"/register/initiatief/{one.initiative_id}", f"/register/dubbel/{question.match_id}"):
            assert evil in await shown(client, path), path
        assert evil in await shown(client, "/register/dubbel")
    await room.hear(*[s.data for s in await room.outbox() if isinstance(s.data, Answer)])
    async with visiting(room) as client:
        listed = await client.get("/partner/geschiedenis")
        assert evil in harmless(listed.text)
        assert evil in await shown(client, "/partner/geschiedenis", nummer=evil)
        link = listed.text.partition('href="/partner/geschiedenis/gebeurtenis?')[2].partition('"')[0]
        said = await shown(client, "/partner/geschiedenis/gebeurtenis?" + html.unescape(link))
        assert f"{evil}-omzien" in said, "a link leads to the event itself, whatever its id"
        assert evil in await shown(client, "/partner/dubbel")
        assert evil in await shown(client, f"/partner/dubbel/{question.match_id}")


@each_evil
async def test_on_the_map_in_the_list_and_for_programs(room_of: RoomOf, evil: str) -> None:
    """The list and its search; the figures hold no names; programs get JSON that no browser takes for a page."""
    registry = await at_registry(room_of, evil)
    room = await room_of("reporting")
    await room.hear(*await facts(registry, InitiativeRegistered))
    async with room.web() as client:
        assert evil in await shown(client, "/kaart")
        assert evil in await shown(client, "/kaart", q=evil), "what was searched for stands in the field"
        for path in ("/", "/regio/NL", "/regio/PV26"):
            assert evil not in await shown(client, path)
        found = await client.get("/api/initiatives")
        assert {one["name"] for one in found.json()["initiatives"]} == {evil}
        assert {one["place"] for one in found.json()["initiatives"]} == {evil}
        for answer in (found, await client.get("/api/initiatives", params={"q": evil})):
            assert answer.headers["content-type"].startswith("application/json")
            assert answer.headers["x-content-type-options"] == "nosniff"
        sketch = await client.get("/kaart/schets.svg", params={"q": evil, "region": evil, "theme": evil})
        assert sketch.headers["content-security-policy"].startswith("default-src 'none'")
        assert evil not in sketch.text
        strange = await client.get("/kaart", params=dict.fromkeys(("q", "region", "soort", "thema", "pagina"), evil))
        assert strange.status_code == 200
        harmless(strange.text)


@each_evil
async def test_in_the_questionnaire(room_of: RoomOf, evil: str) -> None:
    """The initiative is asked under its name; what it fills in comes back as it was typed, also beside a fault."""
    registry = await at_registry(room_of, evil)
    room = await room_of("survey")
    await room.hear(*await facts(registry, InitiativeRegistered))
    await campaign(room)
    async with room.web() as client:
        for token in (await tokens(room)).values():
            assert evil in await shown(client, f"/enquete/{token}")
            typed = {"A1": f"anders {evil}", "A2.plaats": evil, "A2.postcode": evil, "actie": "versturen"}
            page = await client.post(f"/enquete/{token}", data=typed)
            assert page.status_code == 422
            assert f"anders {evil}" in harmless(page.text)
        assert evil not in (await client.get("/enquete/" + evil.replace("/", "%2F"))).text


# --- in mails -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def mailing(room_of: RoomOf) -> AsyncIterator[tuple[Room, MailServer]]:
    """Notify and a mail server; one of the staff follows all that happens."""
    server = MailServer()
    await server.start()
    room = await room_of("notify", smtp_port=server.port, mail_from="Buren <post@nlzve.example>", smtp_timeout_s=5)
    settings: Any = room.service.settings
    async with room.tx() as tx:
        await admin.add(tx, settings, "anna@nlzve.example", name="Anna", regions=["NL"], how="at-once")
    yield room, server
    await server.stop()


@each_evil
async def test_in_mails(room_of: RoomOf, evil: str) -> None:
    """To staff, the initiative and the partner's person: subject, text and HTML say it; no header and no link comes of it."""
    registry = await at_registry(room_of, evil)
    survey = await room_of("survey")
    await survey.hear(*await facts(registry, InitiativeRegistered))
    await campaign(survey)
    signal = SignalReported.model_validate(
        {"kind": "knelpunt", "category": "financiering", "text": evil, "gathering": evil, "externalId": evil}
    )
    assert isinstance(await survey.take("omzien", signal, id=evil), EventAccepted)
    assert evil not in str([f.wire().get("text") for f in await survey.said(SignalRecorded)]), "open text stays inside"
    cause = Cause(
        event_type=InitiativeReported.wire_type(), code="year", pointer="/data/founded", refused=True,
        nl=f"{evil} is geen jaartal.", en=f"{evil} is no year.", count=1, ids=(evil,),
    )  # fmt: skip
    async with mailing(room_of) as (room, server):
        await room.hear(*await facts(registry, InitiativeRegistered, ContactChanged, PossibleDuplicateFound))
        await room.hear(*await facts(survey, InvitationIssued, SignalRecorded))
        await room.hear(PartnerContactChanged(partner="omzien", version=1, email="beheer@omzien.example"))
        await room.hear(a_day(causes=(cause,), refused=1))
        room.clock.advance(MONDAY_MORNING)
        settings: Any = room.service.settings
        await Mailer(settings).drain(room.database)
        kinds = {mail["X-Burenbus-Kind"] for mail in server.mails}
        assert len(server.mails) >= 5, kinds
        for index, mail in enumerate(server.mails):
            assert not {"bcc", "cc"} & {name.lower() for name in mail}
            assert mail["X-RcptTo"] in ("anna@nlzve.example", "info@x.example", "beheer@omzien.example")
            assert [name.lower() for name in mail].count("subject") == [name.lower() for name in mail].count("to") == 1
            said = harmless(server.html(index))
            if mail["X-Burenbus-Kind"] in ("invitation", "new-initiative", "possible-duplicate", "partner-day"):
                assert evil in said, mail["X-Burenbus-Kind"]
                assert evil in server.text(index), mail["X-Burenbus-Kind"]
            if mail["X-Burenbus-Kind"] == "new-initiative":
                assert evil in mail["Subject"]


# --- in files -------------------------------------------------------------------------------------------------------


async def test_in_the_file_of_the_history(room_of: RoomOf) -> None:
    """One cell stays one cell, and none of them begins as a formula; a quote in front says that it is text."""
    room = await room_of("registry")
    sent = [*FORMULAS, *EVIL.values()]
    for text in sent:
        assert await room.take("omzien", InitiativeReported(external_id=text, name=f"Buurt {text}"), id=text)
    await room.hear(*[s.data for s in await room.outbox() if isinstance(s.data, Answer)])
    async with visiting(room) as client:
        file = await client.get("/partner/geschiedenis.csv")
    assert file.headers["content-disposition"] == 'attachment; filename="geschiedenis.csv"'
    [head, *rows] = csv.reader(io.StringIO(file.text.lstrip("\ufeff")), delimiter=";")
    assert {len(row) for row in rows} == {len(head)}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    for column in ("nummer", "id"):
        assert {row[head.index(column)].removeprefix("'") for row in rows} == {text.removeprefix("'") for text in sent}


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "Buurt\r\nBcc: ieder@evil.example", "control-characters"),
        ("name", "Buurt\u202enegnalrev", "control-characters"),
        ("name", "W" * 201, "too-long"),
        ("externalId", "a\x00b", "control-characters"),
        ("externalId", "W" * 101, "too-long"),
        ("place", "Zeist\x1b[31m", "control-characters"),
        ("website", "javascript:alert(document.cookie)", "website"),
        ("website", "https://x.example/\x00", "control-characters"),
        ("municipality", "Z\u2028eist", "control-characters"),
        ("contact/person", "Jan\nBcc: ieder@evil.example", "control-characters"),
        ("contact/phone", "0301234567\u202e", "control-characters"),
        ("contact/email", "jan@x.example\r\nBcc: ieder@evil.example", "email"),
        ("contact/consents/0/text", "ja\x00", "control-characters"),
    ],
)
async def test_what_is_no_text_is_refused_and_the_field_named(
    room_of: RoomOf, field: str, value: str, code: str
) -> None:
    """A name cannot break a line of a mail, turn what stands beside it, or be kept by no database."""
    room = await room_of("registry")
    event = write_event(reported("Buurt"), source=source_of("omzien"), time=room.clock(), id="e1")
    *way, last = field.split("/")
    target: Any = event["data"]
    for step in way:
        target = target[int(step) if step.isdigit() else step]
    target[last] = value
    [answer] = await room.take_raw("omzien", [dump_event(event)], ["e1"])
    assert isinstance(answer, EventRefused)
    assert [(p.pointer, p.code) for p in answer.problems] == [(f"/data/{field}", code)]
    assert await room.fetch("SELECT * FROM claim") == []
