"""`burenbus staff` and `burenbus mail`, as an administrator types them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.errors import DeployError

from .conftest import Notify
from .facts import signal

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def burenbus(notify: Notify, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command with notify's own settings in the environment."""
    for name in ("amqp_url", "database_url", "http_port", "public_url", "mail_from"):
        monkeypatch.setenv(f"BURENBUS_{name.upper()}", str(getattr(notify.settings, name)))
    monkeypatch.setenv("BURENBUS_LINK_SECRET", notify.settings.link_secret.get_secret_value())

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(lambda: CliRunner().invoke(build(), words))

    return run


async def test_staff_from_beginning_to_end(burenbus: Run, notify: Notify):
    """Added with a region, shown, subscribed to more, to less, and taken out."""
    added = await burenbus("staff", "add", "anna@nlzve.example", "--name", "Anna", "--region", "PV26", "--at-once")
    assert added.output == "anna@nlzve.example is toegevoegd.\n"
    again = await burenbus("staff", "add", "Anna@nlzve.example", "--digest-at", "17:30")
    assert "is bijgewerkt" in again.output
    await burenbus("staff", "subscribe", "anna@nlzve.example", "--kind", "dream", "--region", "GM0363", "--digest")
    shown = (await burenbus("staff", "show", "anna@nlzve.example")).output
    assert "dagelijkse mail om 17:30" in shown
    assert "volgt een knelpunt (bottleneck) in de provincie Utrecht, meteen" in shown
    assert "volgt een droom (dream) in de gemeente Amsterdam, in de dagelijkse mail" in shown
    assert (await burenbus("staff", "unsubscribe", "anna@nlzve.example", "--region", "GM0363")).output.startswith("1 ")
    assert "anna@nlzve.example" in (await burenbus("staff", "list")).output.lower()
    await burenbus("staff", "remove", "anna@nlzve.example")
    assert await notify.room.fetch("SELECT email FROM staff") == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("staff", "show", "niemand@nlzve.example"), "is geen medewerker"),
        (("staff", "add", "anna"), "is geen e-mailadres"),
        (("staff", "add", "a@b.example", "--region", "XX"), "is geen regio"),
        (("staff", "add", "a@b.example", "--region", "NL", "--kind", "knelpunt"), "is geen soort melding"),
        (("staff", "add", "a@b.example", "--digest-at", "straks"), "is geen tijd"),
        (("mail", "release", "a@b.example"), "was al toegestaan"),
    ],
)
async def test_what_is_wrong_is_told_in_a_sentence(burenbus: Run, words: tuple[str, ...], fault: str):
    """No traceback, nothing changed."""
    result = await burenbus(*words)
    assert isinstance(result.exception, DeployError)
    assert fault in str(result.exception)


async def test_the_mail_log_and_the_suppression_list(burenbus: Run, notify: Notify):
    """What was sent, what the server said, how many of each kind; an address is closed and opened again."""
    await notify.staff()
    await notify.room.hear(signal("s1"))
    await notify.mail()
    assert "verstuurd" in (await burenbus("mail", "counts")).output
    log = (await burenbus("mail", "log", "ANNA@nlzve.example")).output
    assert "bottleneck" in log
    assert "250 OK" in log
    await burenbus("mail", "suppress", "Anna@nlzve.example")
    await notify.room.hear(signal("s2"))
    await notify.mail()
    assert len(notify.server.mails) == 1
    assert "krijgt geen mail" in (await burenbus("staff", "show", "anna@nlzve.example")).output
    assert "mag weer mail" in (await burenbus("mail", "release", "anna@nlzve.example")).output


async def test_the_daily_mail_can_be_sent_now(burenbus: Run, notify: Notify):
    """It says how many notifications go; the command goes by the real clock, so the news is of now."""
    notify.room.clock.now = datetime.now(UTC)
    await notify.staff(how="digest")
    await notify.room.hear(signal())
    assert (await burenbus("staff", "digest")).output == "1 melding gaat nu per mail.\n"
