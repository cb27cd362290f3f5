"""Partners that are aboard, and people there who log in."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from services.registry.actions import boarding
from services.registry.store import tokens
from tests.room import Room
from tests.services.registry.door.house import Sender


async def aboard(room: Room, name: str = "omzien", title: str | None = None, **known: Any) -> str:
    """Takes a partner on; gives its token."""
    async with room.tx() as tx:
        await boarding.board(tx, name, title=title or name.title(), **known)
        return await tokens.issue(tx, name)


async def log_in(client: httpx.AsyncClient, token: str, **more: str) -> httpx.Response:
    return await client.post("/partner/inloggen", data={"token": token, **more})


@asynccontextmanager
async def visiting(room: Room, name: str = "omzien", **known: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at a partner, logged in."""
    token = await aboard(room, name, **known)
    async with room.web() as client:
        assert (await log_in(client, token)).status_code == 303
        yield client


@asynccontextmanager
async def at_the_pages(sender: Sender) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at a partner of a registry that runs, logged in."""
    async with httpx.AsyncClient(
        base_url=sender.house.url, trust_env=False, timeout=60, headers={"accept": "text/html"}
    ) as client:
        assert (await log_in(client, sender.token)).status_code == 303
        yield client


def field(page: httpx.Response, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return html.unescape(found[1])


def words(page: httpx.Response) -> str:
    """What a page says to people, in one line."""
    text = re.sub(r"(?s)<(script|style|head).*?</\1>|<[^>]+>", " ", page.text)
    return " ".join(html.unescape(text).split())
