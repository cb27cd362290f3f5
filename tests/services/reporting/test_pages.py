"""Pages and API: what is asked for, and nothing that must not be shown."""

import json
import subprocess
import sys

from tests.room import RoomOf
from tests.services.reporting.made import initiative, opened


async def test_the_list_finds_by_words_region_kind_and_theme(room_of: RoomOf) -> None:
    """Words without regard to case or diacritics, in name or place; all of them must occur."""
    room = await room_of("reporting")
    await room.hear(
        initiative("a", name="DörpsZörg Ulrum", municipality="GM1966", kind="zorgzaam-dorp", themes=("zorg",)),
        initiative("b", name="Stadsdorp Zuid", municipality="GM0363", themes=("wonen",)),
        initiative("c", name="Onzichtbaar", listed=False),
    )
    async with room.web() as browser:

        async def names(query: str) -> list[str]:
            answer = await browser.get(f"/api/initiatives?{query}")
            assert answer.status_code == 200, answer.text
            return [one["name"] for one in answer.json()["initiatives"]]

        assert await names("") == ["DörpsZörg Ulrum", "Stadsdorp Zuid"]
        assert await names("q=dorpszorg") == ["DörpsZörg Ulrum"]
        assert await names("q=ulrum+stadsdorp") == []
        assert await names("q=amsterdam") == ["Stadsdorp Zuid"]
        assert await names("region=PV27") == await names("region=GM0363") == ["Stadsdorp Zuid"]
        assert await names("kind=zorgzaam-dorp") == await names("theme=zorg") == ["DörpsZörg Ulrum"]
        assert await names("limit=1&offset=1") == ["Stadsdorp Zuid"]
        assert (await browser.get("/api/initiatives?kind=kasteel")).status_code == 400
        wrong = await browser.get("/api/initiatives?limit=0&offset=x")
        assert (wrong.status_code, wrong.headers["content-type"]) == (400, "application/problem+json")
        assert [fault["parameter"] for fault in wrong.json()["problems"]] == ["limit", "offset"]
        assert "Onzichtbaar" not in (await browser.get("/kaart")).text


async def test_neither_page_nor_api_shows_an_address_a_contact_or_a_hidden_place(room_of: RoomOf) -> None:
    """Shown by its municipality: the village and the postcode are nowhere; the website is not there either."""
    room = await room_of("reporting")
    await room.hear(
        initiative("a", place="Haarzuilens", pc4="3455", location_precision="gemeente", website="https://huis.example"),
        initiative("b", place="Utrecht", pc4="3511", website="https://huis.example"),
    )
    async with room.web() as browser:
        texts = [
            (await browser.get(p)).text for p in ("/", "/kaart", "/regio/PV26", "/api/initiatives", "/api/regio/PV26")
        ]
        [a, b] = (await browser.get("/api/initiatives")).json()["initiatives"]
    for hidden in ("Haarzuilens", "3455", "huis.example", "@"):
        assert not [t for t in texts if hidden in t]
    assert "place" not in a
    assert b["place"] == "Utrecht"
    assert (a["lat"], a["lon"]) != (b["lat"], b["lon"])


async def test_a_name_from_outside_is_text_on_the_page(room_of: RoomOf) -> None:
    """Markup in a name or in the search is shown, not run."""
    room = await room_of("reporting")
    await room.hear(initiative("a", name="<script>alert(1)</script> & co"))
    async with room.web() as browser:
        page = (await browser.get("/kaart?q=%3Cscript%3Ealert")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_the_list_turns_pages_and_bears_nonsense(room_of: RoomOf) -> None:
    """Fifty on a page, with the filter kept; an unknown page, region or kind is simply none."""
    room = await room_of("reporting")
    await room.hear(*(initiative(f"i{n:02}") for n in range(60)))
    async with room.web() as browser:
        first = (await browser.get("/kaart?soort=stadsdorp")).text
        assert "60 initiatieven" in first
        assert "Pagina 1 van 2" in first
        assert "soort=stadsdorp&amp;pagina=2" in first
        assert (await browser.get("/kaart?pagina=2")).text.count('<li id="i-') == 10
        for nonsense in ("pagina=-1", "pagina=x", "pagina=999999", "region=XX", "soort=kasteel", "q=%00%ff%25_"):
            assert (await browser.get(f"/kaart?{nonsense}")).status_code == 200, nonsense


async def test_a_municipality_leads_to_its_list_and_an_unknown_region_to_nothing(room_of: RoomOf) -> None:
    """No answers below a province: a municipality has a list, no page."""
    room = await room_of("reporting")
    async with room.web() as browser:
        answer = await browser.get("/regio/GM0344")
        assert (answer.status_code, answer.headers["location"]) == (303, "/kaart?region=GM0344")
        for path in ("/regio/PV99", "/regio/-", "/api/regio/GM0344", "/regio/NL?inventarisatie=1999"):
            assert (await browser.get(path)).status_code == 404, path


async def test_initiatives_are_counted_per_province_and_municipality(room_of: RoomOf) -> None:
    """Listed ones by kind and region; whose municipality is not known counts in the country alone."""
    room = await room_of("reporting")
    await room.hear(initiative("a"), initiative("b"), initiative("c", "GM0307"), initiative("d", "GM0363"))
    await room.hear(initiative("e", None, kind=None), initiative("f", listed=False), opened())
    async with room.web() as browser:
        country = (await browser.get("/api/regio/NL")).json()["initiatives"]
        province = (await browser.get("/api/regio/PV26")).json()["initiatives"]
        page = (await browser.get("/regio/NL")).text
    assert (country["active"], country["listed"]) == (6, 5)
    assert country["kinds"] == {"stadsdorp": 4, "onbekend": 1}
    assert (country["parts"]["PV26"], country["parts"]["PV27"], country["parts"]["PV20"]) == (3, 1, 0)
    assert province["parts"] == {"GM0344": 2, "GM0307": 1}
    assert (province["active"], province["listed"]) == (4, 3)
    assert "niet bekend" in page


async def test_the_still_map_has_a_dot_for_each_place(room_of: RoomOf) -> None:
    """Two in one postcode area are one larger dot."""
    room = await room_of("reporting")
    await room.hear(initiative("a", pc4="3511"), initiative("b", pc4="3511"), initiative("c", "GM0363"))
    async with room.web() as browser:
        picture = await browser.get("/kaart/schets.svg")
        assert picture.text.count("<circle") == 2
        assert (await browser.get("/kaart/schets.svg?kind=anders")).text.count("<circle") == 0
        borders = json.loads((await browser.get("/kaart/grenzen/gemeenten.geojson")).text)
        assert len(borders["features"]) == 342
        assert (await browser.get("/kaart/grenzen/..%2Fx.geojson")).status_code == 404


def test_the_service_does_not_load_what_it_does_not_need() -> None:
    """Idle memory: neither matplotlib nor numpy enters the process."""
    code = "import sys, services.reporting.app; print([m for m in ('matplotlib', 'numpy') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
