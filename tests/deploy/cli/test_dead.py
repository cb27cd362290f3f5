"""`burenbus dead`: what an operator types over what was set aside, with the service running beside it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.errors import DeployError
from deploy.masking import masked, masked_text
from shared.events.partner import SignalReported
from tests.room import Room, RoomOf
from tests.waiting import until

Run = Callable[..., Awaitable[Result]]
SECRET_TEXT = "Mevrouw Jansen van nummer 12 belde"


@pytest_asyncio.fixture
async def room(room_of: RoomOf, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    """Survey with three events set aside: its code fails on signals."""
    room = await room_of("survey")
    [reaction] = [r for r in room.engine.reactions if SignalReported in r.types]
    failing = {"now": True}
    run = reaction.run

    async def fail(what: object, tx: object) -> None:
        if failing["now"]:
            raise LookupError(f"no such thing: '{SECRET_TEXT}' of jan@voorbeeld.nl")
        await run(what, tx)

    object.__setattr__(reaction, "run", fail)
    for n in range(3):
        signal = SignalReported(kind="knelpunt", category="financiering", text=SECRET_TEXT)
        await room.take("omzien", signal, id=f"e{n}")
    failing["now"] = False
    knobs = room.service.settings
    given = {"AMQP_URL": knobs.amqp_url, "DATABASE_URL": knobs.database_url, "HTTP_PORT": "1"}
    given |= {"PUBLIC_URL": knobs.public_url, "LINK_SECRET": knobs.link_secret.get_secret_value()}
    for name, value in given.items():
        monkeypatch.setenv(f"BURENBUS_{name}", value)
    yield room


async def burenbus(*words: str, typed: str | None = None) -> Result:
    return await asyncio.to_thread(lambda: CliRunner().invoke(build(), ["dead", *words], input=typed))


async def numbers() -> list[str]:
    listed = await burenbus("list", "--service", "survey", "--json")
    return [one["number"] for one in json.loads(listed.output)]


async def test_the_list_says_where_and_why_and_nothing_personal(room: Room) -> None:
    """Origin, kind, cause and how often; what people typed stands neither in it nor in `show`, but with --payload."""
    listed = (await burenbus("list", "--service", "survey")).output
    assert "3 gebeurtenissen apart gezet" in listed
    assert "omzien" in listed
    assert "signal-reported.v1" in listed
    assert "LookupError" in listed
    [first, *_] = await numbers()
    shown = (await burenbus("show", first)).output
    assert "urn:burenbus:partner:omzien" in shown
    for output in (listed, shown):
        assert "Jansen" not in output
        assert "jan@" not in output
    assert SECRET_TEXT in (await burenbus("show", first, "--payload")).output


async def test_filters(room: Room) -> None:
    """By the beginning of a cause; nothing found is said, and no failure."""
    some = await burenbus("list", "--service", "survey", "--cause", "LookupError", "--json")
    assert len(json.loads(some.output)) == 3
    none = await burenbus("list", "--service", "survey", "--cause", "KeyError")
    assert (none.output, none.exit_code) == ("Er is niets apart gezet.\n", 0)


async def test_replay_shows_what_became_of_it(room: Room) -> None:
    """The running service does it; the code is 0 when all were done."""
    [first, *_] = await numbers()
    running = asyncio.create_task(until(room.engine.retry_replays, "the service is asked for it"))
    done = await burenbus("replay", first, "--wait", "30")
    await running
    assert "1 gebeurtenis alsnog verwerkt" in done.output
    assert done.exit_code == 0
    assert first not in await numbers()


async def test_replay_without_a_running_service_says_so(room: Room) -> None:
    """It stays asked for, and the code is 1."""
    [first, *_] = await numbers()
    asked = await burenbus("replay", first, "--wait", "0")
    assert "nog niet aan de beurt" in asked.output
    assert asked.exit_code == 1
    assert await room.engine.retry_replays() == 1


async def test_drop_asks_first_and_keeps_who_did_it(room: Room) -> None:
    """Without an answer nothing changes; with --yes they go, and the partner is told."""
    refused = await burenbus("drop", "--service", "survey", typed="n\n")
    assert isinstance(refused.exception, DeployError)
    assert len(await numbers()) == 3
    done = await burenbus("drop", "--service", "survey", "--yes", "--by", "els")
    assert "3 gebeurtenissen vervallen" in done.output
    assert await room.fetch("SELECT DISTINCT dropped_by FROM bus.dropped") == [{"dropped_by": "els"}]
    assert [a.type for a in (await room.answers("omzien"))[3:]] == ["event-refused.v1"] * 3


@pytest.mark.parametrize(
    ("words", "code"),
    [(("replay",), 2), (("drop",), 2), (("drop", "survey-1"), 2), (("list", "--service", "x"), 2)],
)
async def test_a_command_that_is_wrong(room: Room, words: tuple[str, ...], code: int) -> None:
    """Nothing named, or named wrongly: code 2 and a sentence."""
    assert (await burenbus(*words)).exit_code == code


async def test_what_is_not_there_is_named(room: Room) -> None:
    found = await burenbus("replay", "survey:99")
    assert "survey:99" in str(found.exception)


def test_masking_keeps_the_shape() -> None:
    """Names of fields and the envelope stay; texts and numbers of the data go; so do addresses in a traceback."""
    body = b'{"id": "e1", "data": {"name": "Jan", "regions": ["GM0344"], "agreed": true, "people": 12}}'
    assert json.loads(masked(body)) == {
        "id": "e1",
        "data": {"name": "(3 tekens)", "regions": ["(6 tekens)"], "agreed": True, "people": "(getal)"},
    }
    assert masked(b"\xff\xfejan") == "(5 bytes, geen JSON)"
    text = masked_text("  File 'x.py', line 3\nKeyError: 'Jan Jansen' jan@voorbeeld.nl 06-12345678")
    assert text == "  File 'x.py', line 3\nKeyError: '…' …@… …"
