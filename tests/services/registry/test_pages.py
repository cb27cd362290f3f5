"""Staff decide on a page: by a mailed link or a session, once, and can undo it."""

from datetime import timedelta

import pytest

from shared import links
from shared.events.registry import InitiativeMerged, InitiativeSplit, PossibleDuplicateFound
from shared.web import STAFF_COOKIE, STAFF_PURPOSE
from tests.room import NOW, SECRET, Room

from .build import ASKING, facts, report
from .test_decisions import BARE, ask, decide, homes

ELS = "els@nlzve.example"


def mailed(match_id: str, *, days: int = 7, purpose: str = "decide-duplicate") -> str:
    return links.sign(SECRET, person=ELS, purpose=purpose, object_id=match_id, expires=NOW + timedelta(days=days))


def session(person: str = ELS) -> dict[str, str]:
    token = links.sign(SECRET, person=person, purpose=STAFF_PURPOSE, object_id="", expires=NOW + timedelta(hours=12))
    return {"cookie": f"{STAFF_COOKIE}={token}"}


async def asked(room: Room) -> tuple[PossibleDuplicateFound, str]:
    fact = await ask(room)
    return fact, f"/register/dubbel/{fact.match_id}"


async def test_the_link_shows_and_decides_nothing(room_of):
    """Opening the mailed link shows the two side by side with the reasons; it changes nothing, as mail scanners open links."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    async with room.web() as client:
        page = await client.get(path, params={"sleutel": mailed(fact.match_id)})
    assert page.status_code == 200
    for text in ("Is dit hetzelfde initiatief?", "Zorgzaam Voorbeelddorp", "Voorbeelddorp Helpt", "Wat pleit ertegen?"):
        assert text in page.text
    assert not await facts(room, InitiativeMerged)


async def test_the_link_decides_once(room_of):
    """A decision through the link is carried out and written down; sent again, it is refused."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    form = {"sleutel": mailed(fact.match_id), "antwoord": "zelfde"}
    async with room.web() as client:
        done = await client.post(path, data=form)
        assert done.status_code == 303
        page = await client.get(done.headers["location"])
        again = await client.post(path, data={**form, "antwoord": "verschillend"})
    assert "Besloten: dit is hetzelfde initiatief" in page.text
    assert ELS in page.text
    assert again.status_code == 409
    assert "al een besluit genomen" in again.text
    assert len(await facts(room, InitiativeMerged)) == 1


async def test_different_through_the_link(room_of):
    """The other answer keeps the two apart for good."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    async with room.web() as client:
        await client.post(path, data={"sleutel": mailed(fact.match_id), "antwoord": "verschillend"})
    assert (await facts(room, PossibleDuplicateFound))[-1].status == "different"
    assert len(set((await homes(room)).values())) == 2


@pytest.mark.parametrize("sent", [{}, {"antwoord": "misschien"}])
async def test_an_answer_is_needed(room_of, sent):
    """Without one of the two answers nothing is decided, the page says so, and the link still works."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    form = {"sleutel": mailed(fact.match_id)}
    async with room.web() as client:
        page = await client.post(path, data={**form, **sent})
        assert page.status_code == 400
        assert "Kies een van de twee antwoorden." in page.text
        assert (await client.post(path, data={**form, "antwoord": "zelfde"})).status_code == 303


async def test_links_that_do_not_do(room_of):
    """A link that expired, is for something else or another question, or is forged, opens and decides nothing."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    other = "0199d1f0-0000-7000-8000-000000000000"
    for token, status in (
        (mailed(fact.match_id, days=-1), 410),
        (mailed(fact.match_id, purpose="session"), 403),
        (mailed(other), 403),
        ("x.y", 403),
    ):
        async with room.web() as client:
            assert (await client.get(path, params={"sleutel": token})).status_code == status
            posted = await client.post(path, data={"sleutel": token, "antwoord": "zelfde"})
            assert posted.status_code == status
    assert (await facts(room, PossibleDuplicateFound))[-1].status == "open"


async def test_without_link_or_session_one_logs_in(room_of):
    """Who comes without link or session is sent to the login; the list is for staff alone."""
    room = await room_of("registry", **ASKING)
    _, path = await asked(room)
    async with room.web() as client:
        for target in (path, "/register/dubbel"):
            response = await client.get(target)
            assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/inloggen")


async def test_staff_see_the_list_and_decide(room_of):
    """A staff member with a session finds the open questions and decides with the form of the page."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    async with room.web(**session()) as client:
        listed = await client.get("/register/dubbel")
        assert f"/register/dubbel/{fact.match_id}" in listed.text
        page = await client.get(path)
        token = page.text.split('name="sleutel" value="')[1].split('"')[0]
        assert (await client.post(path, data={"sleutel": token, "antwoord": "zelfde"})).status_code == 303
        assert "Er zijn geen open vragen" in (await client.get("/register/dubbel")).text


async def test_pages_of_initiatives_of_which_little_is_known(room_of):
    """Every page stands also for initiatives of which partners gave the least that they may give."""
    room = await room_of("registry", **ASKING)
    little = dict.fromkeys(("kind", "place", "postcode", "address", "website"))
    for partner, external_id, name in (("omzien", "a1", "Zorgzaam Zeist"), ("zorgnet", "z1", "Zeist Zorgzaam")):
        only = report(external_id, name, **little, contact=None)
        assert (await room.take(partner, only)).outcome == "new"
    [fact] = await facts(room, PossibleDuplicateFound)
    async with room.web(**session()) as client:
        for path in (
            "/register/dubbel",
            f"/register/dubbel/{fact.match_id}",
            f"/register/initiatief/{fact.one.initiative_id}",
        ):
            page = await client.get(path)
            assert page.status_code == 200, path
            assert "Zorgzaam Zeist" in page.text
        await decide(room, fact.match_id, "same")
        assert (await client.get(f"/register/dubbel/{fact.match_id}")).status_code == 200


async def test_a_network_that_lists_both_speaks_against(room_of):
    """When a network has an entry on either side, the page says so among what speaks against, whichever pair was compared."""
    room = await room_of("registry", **ASKING)
    first, _ = await asked(room)
    await decide(room, first.match_id, "same")
    await room.take("zorgnet", report("z2", "Zorgzaam Voorbeelddorp", **BARE))
    fact = (await facts(room, PossibleDuplicateFound))[-1]
    assert {len(fact.one.claims), len(fact.other.claims)} == {1, 2}
    async with room.web(**session()) as client:
        page = (await client.get(f"/register/dubbel/{fact.match_id}")).text
        before = (await client.get(f"/register/dubbel/{first.match_id}")).text
    assert "zorgnet heeft ze allebei in de lijst" in page.partition("Wat pleit ertegen?")[2]
    assert "allebei in de lijst" not in before


async def test_tables_have_the_lines_of_the_house(room_of):
    """Tables of the registry carry the classes by which the house style draws lines and space; a style of their own is refused."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    async with room.web(**session()) as client:
        for where in ("/register/dubbel", path, f"/register/initiatief/{fact.one.initiative_id}"):
            page = (await client.get(where)).text
            assert '<table class="utrecht-table utrecht-table--html-table' in page, where
            assert "<td>" not in page
            assert "style=" not in page


async def test_a_form_of_another_site_is_refused(room_of):
    """A form that another site sends, even with a session, decides nothing."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    async with room.web(**session(), origin="https://evil.example") as client:
        form = {"sleutel": mailed(fact.match_id), "antwoord": "zelfde"}
        assert (await client.post(path, data=form)).status_code == 403
    async with room.web(**session()) as client:
        assert (await client.post(path, data={"antwoord": "zelfde"})).status_code == 403
    assert not await facts(room, InitiativeMerged)


async def test_staff_take_an_initiative_apart(room_of):
    """Staff see whose word each field is, and undo a merge by ticking the claims that belong elsewhere."""
    room = await room_of("registry", **ASKING)
    fact, _ = await asked(room)
    await decide(room, fact.match_id, "same")
    old, home = fact.one.initiative_id, (await homes(room))["a1"]
    gone = next(i for i in (old, fact.other.initiative_id) if i != home)
    async with room.web(**session()) as client:
        moved = await client.get(f"/register/initiatief/{gone}")
        assert (moved.status_code, moved.headers["location"]) == (308, f"/register/initiatief/{home}")
        page = await client.get(f"/register/initiatief/{home}")
        assert "Maak dit ongedaan" in page.text
        token = page.text.split('name="sleutel" value="')[1].split('"')[0]
        path = f"/register/initiatief/{home}/splitsen"
        none = await client.post(path, data={"sleutel": token})
        assert none.status_code == 400
        assert "Vink minstens één opgave aan" in none.text
        done = await client.post(path, data={"sleutel": token, "opgave": ["zorgnet/z1"]})
        assert done.status_code == 303
    [split] = await facts(room, InitiativeSplit)
    assert split.split_from == home
    assert (await room.fetch("SELECT by FROM judgement WHERE action = 'split'"))[0]["by"] == ELS


async def test_staff_join_after_all(room_of):
    """What was found to be different can be joined by staff with a session, not with the used link."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    form = {"sleutel": mailed(fact.match_id), "antwoord": "verschillend"}
    async with room.web() as client:
        await client.post(path, data=form)
        assert (await client.post(path, data={**form, "antwoord": "zelfde"})).status_code == 409
    async with room.web(**session("jan@nlzve.example")) as client:
        page = await client.get(path)
        token = page.text.split('name="sleutel" value="')[1].split('"')[0]
        assert (await client.post(path, data={"sleutel": token, "antwoord": "zelfde"})).status_code == 303
    assert len(await facts(room, InitiativeMerged)) == 1


async def test_names_are_escaped(room_of):
    """A name is text: markup in it is shown, not run."""
    room = await room_of("registry", **ASKING)
    fact, path = await asked(room)
    await room.database.pool.execute(
        "UPDATE initiative SET state = jsonb_set(state, '{name}', '\"<script>alert(1)</script>\"')"
    )
    async with room.web() as client:
        page = await client.get(path, params={"sleutel": mailed(fact.match_id)})
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


async def test_what_is_not_there(room_of):
    """An unknown question or initiative is not found."""
    room = await room_of("registry")
    unknown = "0199d1f0-0000-7000-8000-000000000000"
    async with room.web(**session()) as client:
        assert (await client.get(f"/register/dubbel/{unknown}")).status_code == 404
        assert (await client.get(f"/register/initiatief/{unknown}")).status_code == 404
