"""The contract, served: documents where their `$id` says, and pages that explain every type and every code."""

import json
import re
from urllib.parse import urlsplit

import pytest

from services.registry.api.contract import words
from services.registry.api.contract.documents import documents
from services.registry.api.contract.fields import fields_of
from shared.bus import asyncapi, topology
from shared.events.base import PARTNER
from shared.events.catalogue import by_type, told_to_partners
from shared.events.codelists import codelist, codelists
from shared.events.problems import CODES, problem
from shared.events.schema import schema_of
from tests.room import RoomOf

PAGES = ("", "/problems", "/codelists", "/types/initiative-reported.v1", "/types/event-refused.v1")


async def test_every_schema_lies_at_the_path_of_its_id(room_of: RoomOf) -> None:
    """Whoever follows `$id` or `dataschema` on this host finds that very schema."""
    room = await room_of("registry")
    async with room.web() as client:
        for kind in by_type().values():
            answer = await client.get(urlsplit(schema_of(kind)["$id"]).path)
            assert answer.json() == schema_of(kind)
            assert answer.headers["content-type"] == "application/schema+json"


async def test_documents_have_their_media_type_and_may_be_read_from_any_site(room_of: RoomOf) -> None:
    """Each kind under its own type; caches know how long, and other sites may use it."""
    room = await room_of("registry")
    wanted = {
        "asyncapi.json": "application/vnd.aai.asyncapi+json;version=3.0.0",
        "examples/initiative-reported.v1.json": "application/cloudevents+json",
        "codelists.json": "application/json",
        "codelists/kind.json": "application/json",
        "questionnaires/2026.1.json": "application/json",
        "versions.json": "application/json",
    }
    async with room.web() as client:
        for path, media_type in wanted.items():
            answer = await client.get(f"/contract/{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "max-age" in answer.headers["cache-control"]
        assert (await client.get("/contract/asyncapi.json")).json() == asyncapi.document()
        assert (await client.get("/contract/codelists/kind.json")).json()[0].keys() == {"code", "nl", "en"}


async def test_who_has_a_document_does_not_get_it_again(room_of: RoomOf) -> None:
    """Asked with its ETag, also one that a proxy weakened: 304 and no body; another tag gets it. Each has its own."""
    room = await room_of("registry")
    path = "/contract/schemas/initiative-reported.v1.json"
    async with room.web() as client:
        tag = (await client.get(path)).headers["etag"]
        for known in (tag, f'"x", W/{tag}', "*"):
            answer = await client.get(path, headers={"if-none-match": known})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert (await client.get(path, headers={"if-none-match": '"x"'})).status_code == 200
        assert (await client.head(path)).headers["etag"] == tag
    tags = {document.etag for document in documents().values()}
    assert len(tags) == len(documents())


async def test_the_list_of_versions_leads_to_everything(room_of: RoomOf) -> None:
    """Every address in it answers, and every document stands in it."""
    room = await room_of("registry")
    async with room.web() as client:
        listed = (await client.get("/contract/versions.json")).text
        urls = re.findall(r'"(?:url|schema|example)": "([^"]+)"', listed)
        for url in urls:
            assert (await client.get(url)).status_code == 200, url
    assert {f"/contract/{path}" for path in documents()} - set(urls) == {
        "/contract/versions.json",
        "/contract/codelists.json",
    }
    assert {t["version"] for t in json.loads(listed)["types"]} == {1}


async def test_a_link_of_an_answer_leads_to_the_explanation_of_its_code(room_of: RoomOf) -> None:
    """The page has an anchor for every code, with its text in both languages, blanks put into words."""
    room = await room_of("registry")
    async with room.web() as client:
        text = (await client.get(urlsplit(problem("missing").documentation).path)).text
        for code in CODES:
            assert f'id="{urlsplit(problem(code).documentation).fragment}"' in text
        assert "<var>veld</var> ontbreekt. Vul dit veld in." in text
        assert "<var>field</var> is missing. Fill in this field." in text
        assert "{" not in text


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_is_there_in_dutch_and_in_english(room_of: RoomOf, path: str) -> None:
    """It says in which language it is, and leads to the other; every link on it, and every anchor, leads somewhere."""
    room = await room_of("registry")
    async with room.web() as client:
        for url, language, other in (
            (f"/contract{path}", "nl", f"/contract/en{path}"),
            (f"/contract/en{path}", "en", f"/contract{path}"),
        ):
            answer = await client.get(url)
            assert answer.status_code == 200
            assert f'<html lang="{language}"' in answer.text
            assert f'href="{other}"' in answer.text
            main = answer.text.partition("<main")[2].partition("</main>")[0]
            ids = re.findall(r'\bid="([^"]+)"', main)
            assert len(ids) == len(set(ids))
            for link in set(re.findall(r'href="([^"]+)"', main)):
                if link.startswith("#"):
                    assert link[1:] in ids
                elif link.startswith("/"):
                    assert (await client.get(link)).status_code == 200, link


async def test_the_catalogue_names_every_type(room_of: RoomOf) -> None:
    """Each with what it says."""
    room = await room_of("registry")
    async with room.web() as client:
        dutch, english = (await client.get("/contract")).text, (await client.get("/contract/en")).text
    for kind in by_type().values():
        assert f'/contract/types/{kind.type}"' in dutch
        assert f'/contract/en/types/{kind.type}"' in english


async def test_a_type_is_shown_with_fields_codes_answers_and_example(room_of: RoomOf) -> None:
    """As the class says it."""
    room = await room_of("registry")
    async with room.web() as client:
        text = (await client.get("/contract/types/initiative-reported.v1")).text
        assert (await client.get("/contract/types/nothing.v1")).status_code == 404
    assert "&lt;partner&gt;.initiative-reported.v1" in text
    assert 'href="/contract/codelists#phase"' in text
    assert 'href="/contract/types/possible-duplicate-found.v1"' in text
    assert "nieuw van u" in text
    assert "Austerlitz Zorgt" in text


def test_fields_are_read_as_deep_as_they_go() -> None:
    """Lists, parts of parts, bounds, code lists, what is required and what is personal."""
    fields = {field.name: field for field in fields_of(by_type()["initiative-reported.v1"], "en")}
    assert fields["externalId"].required
    assert not fields["founded"].required
    assert fields["founded"].bounds == "1800–2100"
    assert (fields["activities[]"].kind, fields["activities[]"].bounds) == ("list of object", "at most 40")
    assert fields["activities[].degree"].codelist == "degree"
    assert fields["contact.consents[].at"].kind == "time with offset"
    assert fields["contact.email"].personal
    assert not fields["name"].personal
    lists = {f.codelist for kind in by_type().values() for f in fields_of(kind, "nl")} - {None}
    assert lists <= set(codelists())
    assert all(codelist(name) for name in codelists())


@pytest.mark.parametrize("kind", by_type().values(), ids=lambda kind: kind.type)
def test_every_field_has_a_meaning_in_both_languages(kind) -> None:
    """No line of the catalogue is empty."""
    for language in ("nl", "en"):
        assert [field.name for field in fields_of(kind, language) if not field.meaning] == []


def test_what_the_pages_add_fits_the_contract() -> None:
    """Every owner has a heading, every partner type its outcomes and answers, every warning is a code."""
    owners = {kind.owner for kind in by_type().values()}
    assert owners <= set(words.OWNERS)
    assert owners | set(topology.TAKERS) <= set(words.SERVICES)
    assert {kind.type for kind in by_type().values() if kind.owner == PARTNER} == set(words.OUTCOMES)
    told = {kind.type for kind in told_to_partners()}
    assert all(set(names) <= told for kind, names in words.FOLLOW.items() if kind in words.OUTCOMES)
    assert set(words.FOLLOW) | {name for names in words.FOLLOW.values() for name in names} <= set(by_type())
    assert set(CODES) >= words.WARNINGS


async def test_the_guides_are_served_and_lead_nowhere_that_is_not_there(room_of: RoomOf) -> None:
    """The guide for partners and the wire format, as `docs` has them; every link to a place of ours is answered, every part of
    a page that is linked to is on it, and what is not served is no link."""
    room = await room_of("registry")
    guides = ("/contract/gids", "/contract/en/wire-format")
    async with room.web() as client:
        assert "Stap 10. Blijf meedoen" in (await client.get(guides[0])).text
        for path in guides:
            text = (await client.get(path)).text
            assert "{%" not in text
            links = re.findall(r'<a href="([^"]+)" class="utrecht-link', text)
            assert len(links) >= 3
            for link in links:
                at, _, part = link.partition("#")
                if at.startswith("https://"):
                    continue
                there = await client.get(at or path)
                assert there.status_code == 200, link
                assert not part or f'id="{part}"' in there.text, link
        assert guides[0] in (await client.get("/contract")).text
        assert guides[1] in (await client.get("/contract/en")).text
