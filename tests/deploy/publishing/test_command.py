"""`burenbus publish` and `burenbus columns` on the command line."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import build
from deploy.errors import WrongCommand
from tests.shared.sheets.build import csv_of

from .conftest import Desk

pytestmark = pytest.mark.stack


async def _burenbus(*arguments: str, **env: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from deploy.cli import main; main()", *arguments,
        env={k: v for k, v in os.environ.items() if not k.startswith("BURENBUS_")} | env,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_partner_publishes_from_its_shell(desk: Desk) -> None:
    """With its token in a file or in the environment; 0 when all was accepted, 1 when something was refused."""
    desk.write("1;Noaberhulp;9967")
    token = desk.file.with_name("token")
    token.write_text(desk.sender.token + "\n")
    where = ("publish", str(desk.file), "--url", desk.house.url, "--partner", desk.sender.name)
    code, said = await _burenbus(*where, "--token-file", str(token))
    assert (code, "1 verstuurd; antwoorden: 1 nieuw." in said) == (0, True), said
    desk.write("1;Noaberhulp;9967", "2;Aa;x")
    code, said = await _burenbus(*where, BURENBUS_TOKEN=desk.sender.token)
    assert code == 1
    assert "De geweigerde rijen staan met de reden in leden.geweigerd.csv" in said
    code, said = await _burenbus(*where, BURENBUS_TOKEN="bb_wrong")
    assert (code, "Traceback" in said) == (1, False)
    assert "weigert dit (401)" in said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "Geef --url"),
        (["--url", "https://h"], "Geef uw token"),
        (["--url", "http://h.example", "--partner", "omzien"], "begint met https"),
        (["--url", "https://h"], "Geef --partner"),
        (["--url", "https://h", "--withdraw-missing", "zomaar"], "Kies als reden"),
        (["--amqp-url", "amqp://guest:guest@h"], "geen gebruiker van een partner"),
    ],
)
def test_a_command_that_cannot_be_right_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], sentence: str
) -> None:
    """It says what is missing."""
    for name in ("BURENBUS_URL", "BURENBUS_AMQP_URL", "BURENBUS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    if sentence != "Geef uw token":
        monkeypatch.setenv("BURENBUS_TOKEN", "bb_x")
    file = tmp_path / "a.csv"
    file.write_bytes(csv_of(["Nummer", "Naam"], ["1", "Aa"]))
    done = CliRunner().invoke(build(), ["publish", str(file), *options])
    assert isinstance(done.exception, WrongCommand)
    assert sentence in str(done.exception)


def test_the_columns_are_shown_as_a_table() -> None:
    """For the partner guide, and for who makes a list."""
    done = CliRunner().invoke(build(), ["columns", "--type", "initiative-reported.v1"])
    assert done.exit_code == 0
    assert "| Nummer (verplicht) | Number | `/data/externalId` |" in done.output
    assert "| Postcode | Postcode | `/data/postcode` | zipcode," in done.output
