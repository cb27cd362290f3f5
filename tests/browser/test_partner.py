"""The partner's own pages in a browser: a sheet from choosing it to its answers, with and without JavaScript, on a phone."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.conftest import broken_words, cut_off, faults, overflow_px, spilt, unmarked_scrolling
from tests.services.registry.build import ASKING, report
from tests.services.registry.door.conftest import Open, open_door
from tests.services.registry.door.house import Sender
from tests.services.registry.test_decisions import BARE
from tests.waiting import until

__all__ = ["open_door"]  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PICTURES = os.environ.get("BURENBUS_PICTURES")
"""A folder: then a picture of each page is kept there, to look at."""
LIST = """nummer;naam;plaats;postcode;startjaar;kleur
10;Stadsdorp Zuid;Amsterdam;1077 AB;2014;rood
11;Dörpszörg Ulrum met een heel lange naam die niet op één regel past;Ulrum;9971;ca. 1998;
12;Noaberhulp\u202eachterstevoren;Winterswijk;7101;2009;
13;=HYPERLINK("https://elders.example");Assen;9401;2020;
"""


@pytest_asyncio.fixture
async def partner(open_door: Open) -> AsyncIterator[Sender]:
    """A partner with two initiatives in the registry, one of which may be another's, and one event that was refused."""
    house = await open_door(**ASKING)
    one, other = await house.sender(), await house.sender()
    for sender, data in (
        (one, report("a1", "Zorgzaam Voorbeelddorp", **BARE)),
        (other, report("z1", "Voorbeelddorp Helpt", **BARE)),
        (one, report("a2", "Buurthuis De Ontmoeting", **BARE)),
    ):
        event = sender.event(data)
        await sender.post(event)
        await sender.became(event["id"])
    wrong = one.event()
    wrong["data"] |= {"kind": "<b>wijk</b>", "founded": "ca. 1998"}
    await one.batch(wrong, one.event())
    await one.became(wrong["id"])
    yield one


async def looked_at(page: Page, name: str, *, js: bool) -> None:
    """Nothing is wrong with the page at any width; what becomes of a row, and why, is on the screen."""
    for width in (1280, 360):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await overflow_px(page) == 0, f"{name} at {width}"
        assert await cut_off(page, ".bb-outlook, .bb-faults li") == [], f"{name} at {width}"
        assert await spilt(page) == [], f"{name} at {width}"
        assert await unmarked_scrolling(page) == [], f"{name} at {width}"
        assert await broken_words(page) == [], f"{name} at {width}"
        if js:
            assert await faults(page) == [], f"{name} at {width}"
        if PICTURES:
            kind = "js" if js else "zonder-js"
            await page.screenshot(path=Path(PICTURES) / f"partner-{name}-{width}-{kind}.png", full_page=True)


@pytest.mark.parametrize("js", [True, False], ids=["javascript", "no javascript"])
async def test_a_sheet_is_uploaded(partner: Sender, browser: Browser, js: bool) -> None:
    """One logs in, chooses a file, sees row by row what would happen, sends it, and finds what became of it."""
    context = await browser.new_context(java_script_enabled=js, locale="nl-NL", reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(f"{partner.house.url}/partner/aanleveren")
    await looked_at(page, "inloggen", js=js)
    await page.get_by_label("API-token").fill("bb_fout")
    await page.get_by_role("button", name="Inloggen").click()
    assert await page.title() == "Fout: Inloggen voor partners – Burenbus"
    await looked_at(page, "inloggen-fout", js=js)
    await page.get_by_label("API-token").fill(partner.token)
    await page.get_by_label("API-token").press("Enter")
    assert await page.get_by_role("heading", name="Een bestand aanleveren").is_visible()
    await page.get_by_role("button", name="Kijk het bestand na").click()
    await looked_at(page, "aanleveren-fout", js=js)
    await page.locator("#fouten a").click()
    assert await page.locator("#bestand:focus").count() == 1
    await page.set_input_files("#bestand", {"name": "lijst.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
    await page.get_by_role("button", name="Kijk het bestand na").click()
    assert await page.get_by_text("Er is nog niets verstuurd.").is_visible()
    await page.get_by_text("Welke kolom is wat?").click()
    await looked_at(page, "proef", js=js)
    await page.get_by_label("Toon").select_option("refused")
    await page.get_by_role("button", name="Toon").click()
    assert await page.locator(".bb-outlook--new").count() == 0
    assert await page.locator(".bb-outlook--refused").count() == 2
    await page.get_by_label("Buurthuis De Ontmoeting (nummer a2)").check()
    await page.get_by_role("button", name="Verstuur 2 rijen").click()
    assert await page.get_by_text("Kies waarom").first.is_visible()
    assert await page.get_by_label("Buurthuis De Ontmoeting (nummer a2)").is_checked()
    await looked_at(page, "proef-fout", js=js)
    await page.get_by_label("Waarom staan de aangevinkte").select_option("gestopt")
    await page.get_by_role("button", name="Verstuur 2 rijen").click()
    await looked_at(page, "voortgang", js=js)
    if js:  # brings itself up to date
        await page.get_by_role("heading", name="Alles is beantwoord").wait_for()
    else:

        async def answered() -> bool:
            if more := await page.get_by_role("link", name="Kijk hoe ver het is").count():
                await page.get_by_role("link", name="Kijk hoe ver het is").click()
            return not more

        await until(answered, "all was answered")
    await looked_at(page, "klaar", js=js)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="als CSV").click()
    saved = await (await download.value).path()
    assert "ca. 1998" in saved.read_text("utf-8-sig")
    for path, name in (
        ("", "overzicht"),
        ("/aanleveren", "aanleveren"),
        ("/geschiedenis", "geschiedenis"),
        ("/dubbel", "dubbelen"),
    ):
        await page.goto(f"{partner.house.url}/partner{path}")
        await looked_at(page, name, js=js)
    await page.goto(f"{partner.house.url}/partner/geschiedenis?uitkomst=refused")
    await page.locator("tbody a").first.click()
    await looked_at(page, "gebeurtenis", js=js)
    await page.goto(f"{partner.house.url}/partner/dubbel")
    await page.locator("tbody a").first.click()
    await page.get_by_label("weet ik niet").check()
    await page.get_by_role("button", name="Verstuur antwoord").click()
    await looked_at(page, "dubbel", js=js)
    await page.get_by_role("link", name="Uitloggen").click()
    await page.get_by_role("button", name="Uitloggen").click()
    await looked_at(page, "uitgelogd", js=js)
    await context.close()
