"""Publishing: once, after closing, and never changed; figures that live are live."""

import asyncpg
import pytest

from services.reporting.publishing import NotPublishable, publish, restate
from services.reporting.store import heard
from shared.events.base import Event
from shared.events.reporting import ReportPublished
from tests.room import Room, RoomOf
from tests.services.reporting.made import CAMPAIGN, closed, initiative, invited, opened, responded, signal

PAGES = ("/", "/kaart", "/regio/NL", "/regio/LD03", "/regio/PV26", "/regio/PV20", "/api/regio/PV26", "/api/initiatives")


def facts() -> list[Event]:
    """Forty initiatives in three municipalities; thirty answered."""
    towns = ("GM0344", "GM0363", "GM0344", "GM0014")
    found: list[Event] = [opened()]
    for n in range(40):
        found += [initiative(f"i{n:02}", towns[n % 4]), invited(f"i{n:02}")]
    for n in range(30):
        found.append(
            responded(f"i{n:02}", {"A4": ("stadsdorp", "anders")[n % 2], "H.erkenning": "groot", "C": ["zorg"]})
        )
    return [*found, signal("s1"), closed()]


async def published(room: Room) -> None:
    async with room.tx() as tx:
        await publish(tx, CAMPAIGN)


async def all_pages(room: Room) -> dict[str, str]:
    async with room.web() as browser:
        return {path: (await browser.get(path)).text for path in PAGES}


async def test_answers_are_shown_only_once_they_are_published(room_of: RoomOf) -> None:
    """Before: the response, live. After: the tables, in every region, and a fact that says so."""
    room = await room_of("reporting")
    await room.hear(*facts())
    before = await all_pages(room)
    assert "75%" in before["/regio/NL"]
    assert "Wat voor soort initiatief is het?" not in before["/regio/NL"]
    await published(room)
    after = await all_pages(room)
    assert "Wat voor soort initiatief is het?" in after["/regio/NL"]
    [said] = await room.said(ReportPublished)
    assert (said.campaign_id, len(said.regions)) == (CAMPAIGN, 17)
    assert {"NL", "LD01", "PV26"} <= set(said.regions)


async def test_indicative_stands_behind_the_caption_and_not_in_its_sentence(room_of: RoomOf) -> None:
    """Fifteen answers in a province are an indication: the badge follows the sentence that it is about."""
    room = await room_of("reporting")
    await room.hear(*facts())
    await published(room)
    page = (await all_pages(room))["/regio/PV26"]
    assert '15 initiatieven gaven antwoord <span class="utrecht-data-badge">indicatief</span></caption>' in page


async def test_a_publication_does_not_change_when_the_movement_does(room_of: RoomOf) -> None:
    """The live figures go on; the published ones do not."""
    room = await room_of("reporting")
    await room.hear(*facts())
    await published(room)
    async with room.web() as browser:
        before = (await browser.get("/api/regio/NL")).json()
        await room.hear(initiative("nieuw"), responded("nieuw", {"A4": "stadsdorp"}))
        after = (await browser.get("/api/regio/NL")).json()
    assert after["publication"] == before["publication"]
    assert after["campaign"]["responded"] == before["campaign"]["responded"] + 1


async def test_the_database_refuses_to_change_what_is_published(room_of: RoomOf) -> None:
    """Not even by hand."""
    room = await room_of("reporting")
    await room.hear(*facts())
    await published(room)
    for statement in ("DELETE FROM published.chart", "UPDATE published.page SET report = '{}'"):
        with pytest.raises(asyncpg.RaiseError, match="never changes"):
            await room.database.pool.execute(statement)


async def test_only_a_closed_campaign_is_published_and_only_once(room_of: RoomOf) -> None:
    """Unknown, open, published before: each with its sentence."""
    room = await room_of("reporting")
    with pytest.raises(NotPublishable, match="Er is geen inventarisatie 2026"):
        await published(room)
    await room.hear(opened())
    with pytest.raises(NotPublishable, match="nog niet gesloten"):
        await published(room)
    await room.hear(closed())
    await published(room)
    with pytest.raises(NotPublishable, match="al gepubliceerd"):
        await published(room)
    assert len(await room.said(ReportPublished)) == 1


async def test_emptied_and_told_again_in_another_order_the_pages_are_the_same(room_of: RoomOf) -> None:
    """Publications are reporting's own and stay; all else comes from the facts."""
    room = await room_of("reporting")
    await room.hear(*facts())
    await published(room)
    before = await all_pages(room)
    async with room.tx() as tx:
        await heard.forget(tx)
    assert (await all_pages(room))["/kaart"] != before["/kaart"]
    for fact in reversed(facts()):
        await room.hear(fact)
    assert await all_pages(room) == before


async def test_a_publication_made_again_from_the_same_facts_has_the_same_tables_and_charts(room_of: RoomOf) -> None:
    """Nothing depends on the order of facts, on chance or on the clock."""
    contents = []
    for turn in (1, -1):
        room = await room_of("reporting")
        await room.hear(*facts()[::turn])
        await published(room)
        pages = await room.fetch("SELECT region, report FROM published.page ORDER BY region")
        charts = await room.fetch("SELECT region, block, svg FROM published.chart ORDER BY region, block")
        contents.append((pages, charts))
    assert contents[0] == contents[1]
    assert len(contents[0][1]) > 5


async def test_no_small_number_stands_in_a_publication(room_of: RoomOf) -> None:
    """Every number in every table of every region is 0 or at least 5, and no base is below 10."""
    room = await room_of("reporting")
    await room.hear(*facts())
    await published(room)
    tables = [
        table
        for row in await room.fetch("SELECT report FROM published.page")
        for block in row["report"]["blocks"]
        for table in block["tables"]
        if table["base"] is not None
    ]
    numbers = [cell["number"] for table in tables for cell in table["cells"] if cell["number"] is not None]
    assert numbers
    assert not [n for n in numbers if 1 <= n < 5]
    assert min(table["base"] for table in tables) >= 10


async def test_a_province_with_too_few_answers_shows_its_landsdeel_or_the_country(room_of: RoomOf) -> None:
    """Groningen has seven answers and so has Noord: the country's stand there, and the page says so."""
    room = await room_of("reporting")
    await room.hear(*facts())
    await published(room)
    async with room.web() as browser:
        page = (await browser.get("/regio/PV20")).text
    assert "In Groningen zijn te weinig antwoorden om apart te laten zien. Dit zijn de cijfers van Nederland." in page


async def test_publications_are_said_again_to_one_service(room_of: RoomOf) -> None:
    """Restating: the same fact, straight to who asked."""
    room = await room_of("reporting")
    await room.hear(*facts())
    await published(room)
    [first] = await room.said(ReportPublished)
    async with room.tx() as tx:
        assert await restate(tx, "notify") == 1
    last = (await room.outbox())[-1]
    assert last.data == first
    assert last.routing_key == "notify.report-published.v1"
