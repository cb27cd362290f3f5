"""Map, list and report in a browser: with and without JavaScript, on a phone, and for who cannot see or use a mouse."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.reporting.charts import LETTER, WIDTH
from services.reporting.publishing import publish
from tests.browser.conftest import Opened, broken_words, faults, overflow_px, served, unmarked_scrolling
from tests.browser.movement import initiatives, responses
from tests.room import RoomOf
from tests.services.reporting.made import closed, invited, signal
from tests.services.reporting.made import opened as campaign_opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PAGES = ("/", "/kaart", "/regio/NL", "/regio/PV26", "/regio/PV24")
PICTURES = os.environ.get("BURENBUS_PICTURES")
"""A folder: then a picture of each page is kept there, to look at."""


@pytest_asyncio.fixture(loop_scope="session")
async def address(room_of: RoomOf) -> AsyncIterator[str]:
    """The pages of reporting, with a published campaign."""
    room = await room_of("reporting")
    made = initiatives(700)
    await room.hear(*made)
    await room.hear(campaign_opened(), *(invited(m.initiative_id) for m in made))
    await room.hear(*responses(330), *(signal(f"s{n}") for n in range(40)), closed())
    async with room.tx() as tx:
        await publish(tx, "2026")
    async with served(room) as url:
        yield url


async def test_the_pages_are_accessible_with_and_without_javascript_and_fit_a_phone(
    address: str, opened: Opened
) -> None:
    """axe-core finds nothing (WCAG 2.2 AA); nothing sticks out of a screen of 360 pixels; a box that scrolls shows it."""
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        for width in (1280, 360):
            page = await opened(address + path, width=width)
            if found := await faults(page):
                wrong[f"{path} at {width}"] = found
            if out := await overflow_px(page):
                wrong[f"{path} at {width}, wider"] = [f"{out} px"]
            if boxes := await unmarked_scrolling(page):
                wrong[f"{path} at {width}, scrolls unseen"] = boxes
            if words := await broken_words(page):
                wrong[f"{path} at {width}, broken"] = words
            if PICTURES:
                name = path.strip("/").replace("/", "-") or "home"
                await page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=width > 1000)
    assert not wrong


async def test_a_long_list_is_seen_to_go_on(address: str, opened: Opened) -> None:
    """The municipalities stand in a box with an edge, and what comes after it keeps its distance."""
    for width in (1280, 360):
        page = await opened(f"{address}/regio/PV26", width=width)
        box = page.get_by_role("group", name="Per gemeente")
        assert (
            await box.evaluate("it => it.scrollHeight > it.clientHeight && getComputedStyle(it).borderBlockEndStyle")
            == "solid"
        )
        link = page.get_by_role("link", name="Bekijk ze op de kaart en in de lijst")
        ends, begins = await box.bounding_box(), await link.bounding_box()
        assert ends is not None
        assert begins is not None
        assert begins["y"] - ends["y"] - ends["height"] >= 12


async def test_the_map_shows_dots_and_a_popup(address: str, opened: Opened) -> None:
    """With JavaScript the picture gives way to a map; the list stays."""
    page = await opened(f"{address}/kaart?region=PV26")
    assert await page.locator(".bb-map canvas").count() == 1
    assert await page.locator(".bb-map .bb-sketch").count() == 0
    total = int((await page.locator("#lijst-kop").inner_text()).split()[0])
    assert total > 10
    await page.locator(".leaflet-control-zoom-in").click()
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / "kaart-PV26.png")


async def test_without_javascript_there_is_a_picture_and_the_list_can_be_searched(address: str, opened: Opened) -> None:
    """The filter is a form: what it finds stands in the address."""
    page = await opened(f"{address}/kaart", js=False)
    assert await page.locator(".bb-sketch").count() == 1
    await page.get_by_label("Soort").select_option("stadsdorp")
    await page.get_by_label("Provincie").select_option("PV25")
    await page.get_by_role("button", name="Zoek").click()
    assert "soort=stadsdorp" in page.url
    kinds = await page.locator(".bb-where").all_inner_texts()
    assert kinds
    assert all(k.startswith("stadsdorp") for k in kinds)
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / "kaart-zonder-js.png")


async def test_every_chart_of_a_report_is_there(address: str, opened: Opened) -> None:
    """Each block with something to draw has its chart, loaded from this very site; on a phone its letters can be read."""
    page = await opened(f"{address}/regio/NL")
    await page.evaluate("document.querySelectorAll('img[loading]').forEach(i => i.loading = 'eager')")
    await page.evaluate("Promise.all([...document.images].map(i => i.decode()))")
    widths = await page.evaluate("[...document.querySelectorAll('.bb-chart img')].map(i => i.naturalWidth)")
    assert len(widths) > 20
    assert all(widths)
    await page.set_viewport_size({"width": 360, "height": 900})
    letters_px = await page.evaluate(
        f"[...document.querySelectorAll('.bb-chart img')].map(i => i.width * {LETTER} / {WIDTH})"
    )
    assert min(letters_px) >= 11
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / "regio-NL-heel.png", full_page=True)


async def test_a_chart_without_a_bar_is_left_out(address: str, opened: Opened) -> None:
    """Where every answer is 0%, "<5" or "–" the table is enough; any other block has its chart."""
    drawn = set()
    for region in ("PV26", "PV24", "PV30"):
        page = await opened(f"{address}/regio/{region}")
        for block in await page.locator(".bb-block:has(table)").all():
            share = re.search(r"[1-9]\d*%", await block.locator("table tbody").inner_text())
            assert await block.locator(".bb-chart").count() == bool(share), await block.inner_text()
            drawn.add(bool(share))
    assert drawn == {True, False}
