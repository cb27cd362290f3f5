"""`burenbus campaign`: what staff type."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.errors import DeployError
from shared.events.survey import CampaignClosed, CampaignOpened, CampaignScheduled

from .build import initiative

Burenbus = Callable[..., Awaitable[Result]]


@pytest.fixture
async def room(room_of):
    room = await room_of("survey")
    await room.hear(initiative("i1"))
    return room


@pytest.fixture
def burenbus(room, monkeypatch: pytest.MonkeyPatch) -> Burenbus:
    """The command line, with the settings of the room's survey in its environment."""
    settings = room.service.settings
    for name in ("amqp_url", "database_url", "http_port", "public_url"):
        monkeypatch.setenv(f"BURENBUS_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("BURENBUS_LINK_SECRET", settings.link_secret.get_secret_value())

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, build(), ["campaign", *words])

    return run


PLAN = ("plan", "2099", "--title", "In kaart", "--opens", "2099-09-14", "--closes", "2099-10-31")


async def test_from_plan_to_close(room, burenbus):
    """A campaign is planned, looked at, opened and closed; each step is said on the bus."""
    planned = await burenbus(*PLAN)
    assert planned.exit_code == 0, planned.output
    assert "14 september 2099" in planned.output
    assert "31 oktober 2099" in planned.output
    assert "gepland" in (await burenbus("list")).output
    opened = await burenbus("open", "2099")
    assert "uitgenodigd 1, ingevuld 0" in opened.output
    closed = await burenbus("close", "2099")
    assert "gesloten" in closed.output
    assert "gesloten" in (await burenbus("show", "2099")).output
    for kind in (CampaignScheduled, CampaignOpened, CampaignClosed):
        assert len(await room.said(kind)) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("open", "1999"), "bestaat niet"),
        (("plan", "2020", "--title", "t", "--opens", "2020-09-14", "--closes", "2020-10-31"), "voorbij"),
        (("plan", "x y", "--title", "t", "--opens", "2099-09-14", "--closes", "2099-10-31"), "korte naam"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(burenbus, words, says):
    """No traceback, and nothing has happened."""
    result = await burenbus(*words)
    assert isinstance(result.exception, DeployError)
    assert says in str(result.exception)
