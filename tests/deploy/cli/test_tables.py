"""Lists: what the next command needs stands there whole, on a small screen and in a pipe."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from deploy.cli import build, tables
from deploy.cli.partner import counted
from services.registry.actions import boarding
from shared.events.partner import SignalReported
from tests.room import Room, RoomOf

NAME = "dorpscooperatie-achterhoek"
TITLE = "Dorpscoöperatie voor de hele Achterhoek en wat daar tegenaan ligt"
MAIL = "anna.van.der.meulen-de.vries@zorgzame-gemeenschappen.example"

Listed = Callable[..., Awaitable[str]]


@pytest.fixture
def small_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    for name, value in (("TTY_COMPATIBLE", "1"), ("COLUMNS", "80"), ("NO_COLOR", "1"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)


@pytest.fixture
def burenbus(monkeypatch: pytest.MonkeyPatch) -> Listed:
    """A command, with the settings of a room in its environment."""

    async def run(room: Room, *words: str) -> str:
        knobs = room.service.settings
        for name in ("amqp_url", "database_url", "http_port", "public_url", "mail_from", "smtp_port"):
            if hasattr(knobs, name):
                monkeypatch.setenv(f"BURENBUS_{name.upper()}", str(getattr(knobs, name)))
        monkeypatch.setenv("BURENBUS_LINK_SECRET", knobs.link_secret.get_secret_value())
        done = await asyncio.to_thread(lambda: CliRunner().invoke(build(), words))
        assert done.exit_code == 0, done.output
        return re.sub(r"\x1b\[\d*m", "", done.output)

    return run


async def _survey_with_an_event_set_aside(room_of: RoomOf) -> Room:
    room = await room_of("survey")
    await room.database.pool.execute("ALTER TABLE bus.set_aside ALTER COLUMN id RESTART WITH 1234567")
    [reaction] = [r for r in room.engine.reactions if SignalReported in r.types]

    async def fail(what: object, tx: object) -> None:
        raise LookupError("no such thing")

    object.__setattr__(reaction, "run", fail)
    signal = SignalReported(kind="knelpunt", category="financiering", text="x")
    await room.take("omzien", signal, id="e1")
    return room


def _fits(shown: str) -> None:
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "…" not in shown


async def test_the_number_of_what_was_set_aside(room_of: RoomOf, burenbus: Listed, small_screen: None) -> None:
    """For `dead show` and `dead replay`; the cause is folded, and nothing of it is lost."""
    room = await _survey_with_an_event_set_aside(room_of)
    shown = await burenbus(room, "dead", "list", "--service", "survey")
    _fits(shown)
    assert "survey:1234567 " in shown


async def test_the_name_of_a_partner(room_of: RoomOf, burenbus: Listed, small_screen: None) -> None:
    """For every `burenbus partner` command, however long its title is."""
    room = await room_of("registry")
    async with room.tx() as tx:
        await boarding.board(tx, NAME, title=TITLE, regions=["PV25", "GM1876"])
    shown = await burenbus(room, "partner", "list")
    _fits(shown)
    assert f" {NAME} " in shown


async def test_the_address_of_somebody_on_the_staff(room_of: RoomOf, burenbus: Listed, small_screen: None) -> None:
    """For every `burenbus staff` command."""
    room = await room_of("notify", mail_from="Buren <post@nlzve.example>", smtp_port=9)
    await burenbus(room, "staff", "add", MAIL, "--name", "Anna van der Meulen-de Vries", "--role", "coördinator")
    shown = await burenbus(room, "staff", "list")
    assert f" {MAIL} " in shown


async def test_the_name_of_a_campaign(room_of: RoomOf, burenbus: Listed, small_screen: None) -> None:
    """For every `burenbus campaign` command."""
    room = await room_of("survey")
    await burenbus(
        room,
        "campaign",
        "plan",
        "2099-buurtkracht",
        "--title",
        TITLE,
        "--opens",
        "2099-09-14",
        "--closes",
        "2099-10-31",
    )
    shown = await burenbus(room, "campaign", "list")
    _fits(shown)
    assert " 2099-buurtkracht " in shown


async def test_in_a_pipe_a_row_is_a_line(room_of: RoomOf, burenbus: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the width of the screen is: nobody looks at one."""
    monkeypatch.setenv("COLUMNS", "80")
    room = await room_of("registry")
    async with room.tx() as tx:
        await boarding.board(tx, NAME, title=TITLE, regions=["PV25", "GM1876"])
    [line] = [line for line in (await burenbus(room, "partner", "list")).splitlines() if NAME in line]
    assert TITLE in line
    assert "GM1876, PV25" in line


@pytest.mark.parametrize("screen", ["80", "40", "20"])
def test_what_does_not_fit_is_folded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], small_screen: None, screen: str
) -> None:
    """The key stays whole, also where nearly nothing else fits; texts are plain, whatever stands in them."""
    monkeypatch.setenv("COLUMNS", screen)
    moment = f"{datetime(2026, 9, 20, tzinfo=UTC):%Y-%m-%d}"
    tables.show([("registry:1", "[b]" + "x" * 90, moment)], "Nummer", "Oorzaak", "Sinds", key="Nummer")
    shown = capsys.readouterr().out
    assert "registry:1" in shown
    assert screen == "20" or "[b]xxx" in re.sub(r"\s", "", shown)
    assert screen != "80" or shown.count("x") == 90


def test_what_became_of_the_events_of_a_partner_is_counted_in_dutch() -> None:
    """`partner show` says it in the words of the guide."""
    counts = {"delayed": 2, "new": 11, "refused": 1}
    assert counted("nl.zorgzame-gemeenschappen.initiative-reported.v1", counts) == (
        "initiative-reported.v1: vertraagd (door ons) 2, nieuw 11, geweigerd 1"
    )
