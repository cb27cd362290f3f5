"""A real browser on a service's real pages: Debian's Chromium, through playwright."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from deploy.local import packages
from tests.room import Room
from tests.serving import serving

AXE = Path(__file__).parent / "vendored" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium of the distribution, installed if it is missing; without it there is no test, so it fails."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        packages.install("chromium")  # as root; otherwise it says which command to give
        path = shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def served(room: Room) -> AsyncIterator[str]:
    """The room's pages on a free port; gives their address."""
    async with serving(room.service.web) as url:
        yield url


async def faults(page: Page) -> list[str]:
    """What axe-core finds wrong with the accessibility of the page, as lines."""
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setBypassCSP", {"enabled": True})
    await page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = await page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", WCAG)
    return [
        f"{fault['id']}: {fault['help']} ({node['html'][:160]})"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


async def overflow_px(page: Page) -> int:
    """How many pixels the page is wider than the screen."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def cut_off(page: Page, selector: str) -> list[str]:
    """What of these does not stand within the width of the screen, as its text; a box that scrolls sideways hides it as well."""
    return [
        await one.inner_text()
        for one in await page.locator(selector).all()
        if (box := await one.bounding_box()) is not None
        and not 0 <= box["x"] <= box["x"] + box["width"] <= await page.evaluate("document.documentElement.clientWidth")
    ]


async def broken_words(page: Page) -> list[str]:
    """Words in tables that go on in the next line without a hyphen. One of over twenty letters may: no column is sure to hold it."""
    found: list[str] = await page.evaluate(
        r"""() => {
            document.documentElement.style.hyphens = "manual";
            const broken = [];
            for (const cell of document.querySelectorAll("th, td")) {
                const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
                while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/[\p{L}\p{N}]{2,20}/gu)) {
                    const range = document.createRange();
                    range.setStart(texts.currentNode, word.index);
                    range.setEnd(texts.currentNode, word.index + word[0].length);
                    if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) broken.push(word[0]);
                }
            }
            return broken;
        }"""
    )
    return found


async def spilt(page: Page) -> list[str]:
    """Cells with more in them than fits: their text stands over that of the next."""
    found: list[str] = await page.evaluate(
        "[...document.querySelectorAll('td, th')].filter(it => it.scrollHeight > it.clientHeight + 1).map(it => it.innerText)"
    )
    return found


async def unmarked_scrolling(page: Page) -> list[str]:
    """Boxes that hold more than they show and do not let it be seen: without a border, and without a shadow where it goes on."""
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter(box => {
            const style = getComputedStyle(box);
            const more = (box.scrollHeight > box.clientHeight + 1 && ["auto", "scroll"].includes(style.overflowY))
                || (box.scrollWidth > box.clientWidth + 1 && ["auto", "scroll"].includes(style.overflowX));
            return more && !(parseFloat(style.borderBlockEndWidth) && parseFloat(style.borderInlineEndWidth))
                && !style.backgroundAttachment.includes("local");
        }).map(box => box.outerHTML.slice(0, 120))"""
    )
    return found


Opened = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def opened(browser: Browser) -> AsyncIterator[Opened]:
    """`await opened(url, js=False, width=360)`: a page in a context of its own; errors of scripts and missing files fail."""
    contexts = []
    complaints: list[str] = []

    async def open_page(url: str, *, js: bool = True, width: int = 1280, height: int = 900) -> Page:
        context = await browser.new_context(
            java_script_enabled=js, viewport={"width": width, "height": height}, locale="nl-NL", reduced_motion="reduce"
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("requestfailed", lambda request: complaints.append(f"{request.url}: {request.failure}"))
        page.on("response", lambda r: complaints.append(f"{r.url}: {r.status}") if r.status >= 400 else None)
        await page.goto(url, wait_until="networkidle")
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert not complaints
