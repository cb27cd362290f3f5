"""A partner's whole life by the command line, on a stack that runs: what is printed is typed over and must work."""

import asyncio
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Mapping

import aio_pika
import asyncpg
import httpx
import pytest
import typer
from aio_pika.exceptions import ProbableAuthenticationError
from typer.testing import CliRunner

from deploy.cli import build
from deploy.cli.partner_door import duration
from deploy.databases import Database
from deploy.local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]  # on a busy machine each start takes its time
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("BURENBUS_")}


class Desk:
    """The operator at the command line."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.environment = {**CLEAN, **stack.environment("registry"), **stack.admin_environment(), "COLUMNS": "200"}

    def partner(self, *arguments: str, code: int = 0, typed: str = "", env: Mapping[str, str] | None = None) -> str:
        command = [sys.executable, "-c", "from deploy.cli import main; main()", "partner", *arguments]
        done = subprocess.run(
            command,
            env={**self.environment, **(env or {})},
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def takes_on(self, *, sandbox: bool = False) -> str:
        """A new partner; gives its name."""
        name = f"p-{secrets.token_hex(4)}"
        self.partner("add", name, "--title", name.title(), *(["--sandbox"] if sandbox else []))
        return name

    def line(self, name: str) -> str:
        """What the list says of one partner."""
        [found] = [line for line in self.partner("list").splitlines() if name in line]
        return found

    def by_rabbitmqctl(self) -> dict[str, str]:
        """The environment where there is no management API."""
        return {"BURENBUS_RABBITMQ_API_URL": "", "BURENBUS_RABBITMQCTL": self.stack._servers().rabbitmq.rabbitmqctl}

    def comes_in(self, user: str, password: str) -> bool:
        async def enter() -> bool:
            try:
                await (await aio_pika.connect(self.stack.amqp_url(user, password))).close()
            except ProbableAuthenticationError:
                return False
            return True

        return asyncio.run(enter())

    def door(self, token: str) -> int:
        """What the HTTP door says to an empty message with this token."""
        headers = {"authorization": f"Bearer {token}", "content-type": "application/cloudevents+json"}
        return httpx.post(f"{self.stack.url}/events", headers=headers, content=b"{}", trust_env=False).status_code


@pytest.fixture(scope="module")
def desk(stack: Stack) -> Desk:
    return Desk(stack)


def _said(shown: str, what: str) -> str:
    found = re.search(rf"^  {what} +(\S+)", shown, re.MULTILINE)
    assert found, shown
    return found[1]


def test_every_fault_is_told_at_once_and_nothing_is_done(desk: Desk) -> None:
    """Name, title, source, region and address: each in a line, in Dutch; code 2; the partner does not exist."""
    told = desk.partner(
        "add", "Om zien", "--title", "", "--source", "urn:x", "--region", "Utrecht", "--contact-mail", "niemand", code=2
    )
    for fault in (
        "'Om zien' kan geen naam",
        "'' is geen titel",
        "'urn:x' is geen bron",
        "PV26 (provincie Utrecht) of GM0344 (gemeente Utrecht)",
        "'niemand'",
    ):
        assert fault in told
    assert "Partner niemand bestaat niet" in desk.partner("rotate", "niemand", code=2)


def test_what_add_prints_works_as_it_stands(desk: Desk, tmp_path) -> None:
    """The program gets its answer over AMQP; the line for the shell is accepted over HTTP; both as this partner."""
    name = f"p-{secrets.token_hex(4)}"
    shown = desk.partner("add", name, "--title", "Omzien", "--region", "PV26", "--sandbox")
    program = shown[shown.index("import asyncio") : shown.index("Of over HTTP")]
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=90)
    assert '"outcome": "new"' in ran.stdout
    assert f"{name}.initiative-reported.v1" in program
    line = shown[shown.index("curl -sS") :]
    sent = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=90, cwd=tmp_path)
    assert "202" in sent.stdout.splitlines()[0]
    assert "proef" in desk.line(name)


def test_live_is_for_real_and_said_once(desk: Desk) -> None:
    """From then on everything counts; again is no news."""
    name = desk.takes_on(sandbox=True)
    assert "voor het echt mee" in desk.partner("live", name)
    assert "deed al" in desk.partner("live", name)
    assert "proef" not in desk.line(name)


def test_the_doorkeeper_ends_the_old_password_by_itself(desk: Desk) -> None:
    """`show` tells until when it works; once that moment has passed, nobody needs to do a thing."""
    name = desk.takes_on()
    first = desk.partner("rotate", name, "--now")
    second = desk.partner("rotate", name, "--old-valid-for", "2w")
    users = [(_said(shown, "gebruiker"), _said(shown, "wachtwoord")) for shown in (first, second)]
    tokens = [_said(shown, "token") for shown in (first, second)]
    assert [user for user, _ in users] == [f"{name}.2", f"{name}.1"]
    assert all(desk.comes_in(*user) for user in users)
    assert [desk.door(token) for token in tokens] == [400, 400]
    assert "werkt tot" in desk.partner("show", name)
    assert "Er loopt al een wisseling" in desk.partner("rotate", name, code=2)

    async def as_if_it_is_over() -> None:
        database = Database("registry", desk.stack.state.passwords["registry"]).dsn(desk.stack.state.database_url)
        connection = await asyncpg.connect(database)
        for table in ("broker_user", "token"):
            await connection.execute(f"UPDATE {table} SET expires_at = now() WHERE expires_at IS NOT NULL")
        await connection.close()

    asyncio.run(as_if_it_is_over())
    assert desk.door(tokens[0]) == 401
    desk.stack.restart("doorkeeper")  # its round comes at once
    for _ in range(600):
        if not desk.comes_in(*users[0]):
            break
    assert not desk.comes_in(*users[0])
    assert desk.comes_in(*users[1])
    assert desk.door(tokens[1]) == 400
    assert "Er is niets verlopen" in desk.partner("expire")
    assert "werkt tot" not in desk.partner("show", name)


@pytest.mark.parametrize("typed", ["0d", "7", "week", "-1d", "91d", "1h30m", ""])
def test_a_time_that_is_none_is_refused(typed: str) -> None:
    """With what would be right; also one that is so long that it would be no rotation."""
    with pytest.raises(typer.BadParameter, match=r"30m|90 dagen"):
        duration(typed)


def test_at_once_and_later_do_not_go_together() -> None:
    """Who says both hears so, before anything has ended."""
    told = CliRunner().invoke(build(), ["partner", "rotate", "omzien", "--now", "--old-valid-for", "2w"])
    assert told.exit_code == 2
    assert "gaan niet samen" in " ".join(told.output.split())


def test_a_time_is_read_as_it_is_typed() -> None:
    """Minutes, hours, days, weeks."""
    assert [duration(typed).total_seconds() for typed in ("30m", "12h", "7d", "2w")] == [1800, 43200, 604800, 1209600]


def test_where_there_is_no_management_api_the_same_commands_work(desk: Desk) -> None:
    """Through `rabbitmqctl`: standing still, going on, a new password at once."""
    name, other = desk.takes_on(), desk.by_rabbitmqctl()
    assert "staat stil" in desk.partner("suspend", name, env=other)
    assert "staat stil" in desk.line(name)
    assert "doet weer mee" in desk.partner("resume", name, env=other)
    shown = desk.partner("rotate", name, "--now", env=other)
    assert desk.comes_in(_said(shown, "gebruiker"), _said(shown, "wachtwoord"))
    assert "verbindingen open" in desk.partner("show", name, env=other)


def test_remove_says_what_it_does_and_asks(desk: Desk) -> None:
    """No is no; yes removes what the partner had and keeps its name; doing it again is harmless."""
    name = desk.takes_on()
    told = desk.partner("remove", name, typed="n\n", code=1)
    assert "opgaven ingetrokken" in told
    assert "niets verwijderd" in told
    assert "doet mee" in desk.line(name)
    assert "is verwijderd" in desk.partner("remove", name, "--yes")
    for _ in range(300):  # the services hear of it, and look for its queues no longer
        if not (ill := [row for row in desk.stack.status() if not row.healthy]):
            break
    assert ill == []
    assert "verwijderd" in desk.partner("show", name)
    assert "is verwijderd" in desk.partner("remove", name)
    assert "verwijderd" in desk.partner("rotate", name, code=2)
