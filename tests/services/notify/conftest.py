"""Notify in a room, with a real mail server beside it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.notify import admin
from services.notify.mailer import Mailer
from tests.room import Room, RoomOf

from .mailserver import MailServer


class Notify:
    """The service, its mail server, and what tests do with them again and again."""

    def __init__(self, room: Room, server: MailServer) -> None:
        self.room, self.server = room, server

    @property
    def settings(self) -> Any:
        return self.room.service.settings

    async def mail(self) -> int:
        """Hands over everything that is due."""
        return await Mailer(self.settings).drain(self.room.database)

    async def staff(self, email: str = "anna@nlzve.example", **options: Any) -> None:
        """A staff member, by default following everything in the whole country at once."""
        options = {"name": "Anna", "regions": ["NL"], "how": "at-once", **options}
        async with self.room.tx() as tx:
            await admin.add(tx, self.settings, email, **options)

    async def deliveries(self) -> list[dict[str, Any]]:
        return await self.room.fetch("SELECT * FROM delivery ORDER BY created_at, id")

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.deliveries()]

    def later(self, **by: float) -> None:
        self.room.clock.advance(timedelta(**by))


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MailServer]:
    one = MailServer()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
def notify_with(room_of: RoomOf, server: MailServer) -> Callable[..., Awaitable[Notify]]:
    """`await notify_with(smtp_timeout_s=1)`: notify with other knobs."""

    async def make(**knobs: Any) -> Notify:
        room = await room_of(
            "notify",
            **{"smtp_port": server.port, "mail_from": "Buren <post@nlzve.example>", "smtp_timeout_s": 5, **knobs},
        )
        return Notify(room, server)

    return make


@pytest_asyncio.fixture
async def notify(notify_with: Callable[..., Awaitable[Notify]]) -> Notify:
    return await notify_with()
