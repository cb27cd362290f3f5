"""The pages of the contract in a browser: for who cannot see, on a phone, and without JavaScript."""

import os
from pathlib import Path

import pytest

from tests.browser.conftest import Opened, broken_words, faults, overflow_px, served, unmarked_scrolling
from tests.room import RoomOf

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGES = (
    "",
    "/en",
    "/types/initiative-reported.v1",
    "/en/types/event-refused.v1",
    "/problems",
    "/en/problems",
    "/codelists",
    "/gids",
    "/en/wire-format",
)
PICTURES = os.environ.get("BURENBUS_PICTURES")
"""A folder: then a picture of each page is kept there, to look at."""


async def test_the_contract_is_accessible_and_fits_a_phone(room_of: RoomOf, opened: Opened) -> None:
    """axe-core finds nothing (WCAG 2.2 AA); nothing sticks out of a screen of 360 pixels; no page needs a script."""
    wrong: dict[str, list[str]] = {}
    async with served(await room_of("registry")) as url:
        for path in PAGES:
            for width in (1280, 360):
                page = await opened(f"{url}/contract{path}", width=width)
                assert await page.locator("script").count() == 0
                if found := await faults(page):
                    wrong[f"{path} at {width}"] = found
                if out := await overflow_px(page):
                    wrong[f"{path} at {width}, wider"] = [f"{out} px"]
                if boxes := await unmarked_scrolling(page):
                    wrong[f"{path} at {width}, scrolls unseen"] = boxes
                if words := await broken_words(page):
                    wrong[f"{path} at {width}, broken"] = words
                if PICTURES:
                    name = f"contract{path.replace('/', '-')}-{width}.png"
                    await page.screenshot(path=Path(PICTURES) / name, full_page=False)
    assert not wrong


async def test_a_link_to_a_code_shows_that_code(room_of: RoomOf, opened: Opened) -> None:
    """As in an answer: the explanation is on the screen at once."""
    async with served(await room_of("registry")) as url:
        page = await opened(f"{url}/contract/problems#unknown-field", js=False)
        assert await page.locator("#unknown-field").is_visible()
        assert "var" not in await page.locator("#unknown-field").inner_text()
        box = await page.locator("#unknown-field").bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 900
