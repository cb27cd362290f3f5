"""What somebody who means harm puts in a name is text on every page."""

import html

from shared.events.answers import Answer
from shared.events.registry import InitiativeRegistered, PossibleDuplicateFound
from tests.room import RoomOf
from tests.services.registry.pages.visits import visiting
from tests.services.registry.test_pages import session
from tests.services.survey.build import campaign, tokens

from .evil import at_registry, each_evil, facts, harmless, shown


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
