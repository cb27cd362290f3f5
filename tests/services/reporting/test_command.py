"""`burenbus report`: what an operator types, on the service's own database."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.errors import DeployError
from tests.room import Room, RoomOf
from tests.services.reporting.made import CAMPAIGN, closed, initiative, opened, responded


def in_room(room: Room, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs commands with the settings of the room in the environment; a thread, for a command has a loop of its own."""
    knobs = room.service.settings
    given = {"AMQP_URL": knobs.amqp_url, "DATABASE_URL": knobs.database_url, "HTTP_PORT": "1"}
    given |= {"PUBLIC_URL": knobs.public_url, "LINK_SECRET": knobs.link_secret.get_secret_value()}
    for name, value in given.items():
        monkeypatch.setenv(f"BURENBUS_{name}", value)

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, build(), ["report", *words])

    return run


async def test_publish_check_and_empty(room_of: RoomOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published once; a second time is refused with a sentence; after emptying, the publication is still there."""
    room = await room_of("reporting")
    await room.hear(opened(), initiative("a"), responded("a"), closed())
    report = in_room(room, monkeypatch)
    assert "Alle cijfers kloppen" in (await report("check")).output
    assert "Gepubliceerd: Zorgzame gemeenschappen 2026" in (await report("publish", CAMPAIGN)).output
    again = await report("publish", CAMPAIGN)
    assert again.exit_code == 1
    assert isinstance(again.exception, DeployError)
    assert "al gepubliceerd" in str(again.exception)
    assert (await report("empty", "--yes")).exit_code == 0
    assert await room.fetch("SELECT count(*) AS n FROM heard.response") == [{"n": 0}]
    assert await room.fetch("SELECT count(*) AS n FROM published.publication") == [{"n": 1}]


async def test_a_wrong_figure_is_named_and_the_command_fails(room_of: RoomOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which number it is, what is kept and what was counted."""
    room = await room_of("reporting")
    await room.hear(initiative("a"))
    await room.database.pool.execute("UPDATE heard.tally SET n = 7 WHERE item = 'active'")
    found = await in_room(room, monkeypatch)("check")
    assert "register GM0344 active: bijgehouden 7, geteld 1" in found.output
    assert found.exit_code == 1
