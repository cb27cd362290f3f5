"""The questionnaire in a browser: with and without JavaScript, on a phone, with the keyboard."""

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Opened, faults, overflow_px, served
from tests.room import RoomOf
from tests.services.survey.build import campaign, initiative, tokens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ASKED_AFTER = {
    "#B2": "#B1-specifieke-groep",
    "[id='A4.namelijk']": "#A4-anders",
    "[id='D2.vervoer']": "#D-vervoer",
    "[id='F2.grootste']": "#F2-bank",
    "[id='G.gemeente.cijfer']": "[id='G.gemeente-structureel']",
    "[id='H.namelijk']": "[id='H.anders-groot']",
}
"""What is asked only after what has been chosen."""


@pytest.mark.parametrize("js", [True, False], ids=["javascript", "no javascript"])
async def test_the_questionnaire_is_filled_in(room_of: RoomOf, browser: Browser, opened: Opened, js: bool) -> None:
    """What does not apply is hidden, faults lead to their fields, Enter keeps a draft, and sending in is answered."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1", pc4="3705", place="Zeist"))
    await campaign(room)
    path = f"/enquete/{(await tokens(room))['i1']}"
    async with served(room) as url:
        for width in (1280, 360):
            page = await opened(url + path, js=js, width=width)
            assert await overflow_px(page) == 0
            if js:
                assert await faults(page) == []
        context = await browser.new_context(java_script_enabled=js)
        page = await context.new_page()
        await page.goto(url + path)
        for later, choice in ASKED_AFTER.items():
            assert not await page.locator(later).is_visible(), later
            await page.check(choice)
            assert await page.locator(later).is_visible(), later
        await page.fill("#E1", "ca. 60")
        await page.get_by_role("button", name="Antwoorden versturen").click()
        assert "Fout" in await page.title()
        if js:
            assert await faults(page) == []
        await page.locator("#fouten a").click()
        assert await page.locator("#E1:focus").count() == 1
        await page.fill("#E1", "60")
        await page.press("#E1", "Enter")
        assert await page.get_by_text("Uw antwoorden zijn bewaard").is_visible()
        await page.get_by_role("button", name="Antwoorden versturen").click()
        assert await page.get_by_role("heading", name="Bedankt!").is_visible()
        await context.close()
    [row] = await room.fetch("SELECT answers FROM response WHERE counted")
    assert row["answers"]["E1"] == 60
