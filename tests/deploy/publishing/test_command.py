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
    assert "Kijk wat er in BURENBUS_TOKEN staat, of in het bestand van --token-file." in said
    assert "Bearer" not in said


async def test_the_way_is_said_and_a_token_goes_over_http(desk: Desk) -> None:
    """AMQP only where it was asked for on the command line, or is all that there is; never by a forgotten variable."""
    desk.write("1;Noaberhulp;9967")
    amqp = desk.house.vhost.url(f"{desk.sender.name}.1")
    over_http, over_amqp = f"Via HTTP naar {desk.house.url}.", f"Via AMQP als {desk.sender.name}"
    both = {"BURENBUS_URL": desk.house.url, "BURENBUS_TOKEN": desk.sender.token, "BURENBUS_AMQP_URL": amqp}
    alone = {"BURENBUS_AMQP_URL": amqp}
    command = ("publish", str(desk.file), "--dry-run")
    for options, env, sentence in (
        ((), both, over_http),
        (("--url", desk.house.url), {**both, "BURENBUS_URL": ""}, over_http),
        ((), alone, over_amqp),
        (("--amqp-url", amqp), both, over_amqp),
    ):
        code, said = await _burenbus(*command, *options, **env)
        assert (code, sentence in said) == (0, True), said
        assert "1 nieuw" in said
    code, said = await _burenbus(*command, **{**both, "BURENBUS_URL": ""})
    assert (code, "Geef --url" in said) == (2, True), said
    code, said = await _burenbus("publish", str(desk.file), "--partner", "buurtnet", **alone)
    assert (code, f"is van {desk.sender.name}, niet van buurtnet" in said) == (2, True), said
    assert await desk.sent() == 0


async def test_a_partner_that_is_mistyped_is_noticed_before_anything_is_sent(desk: Desk) -> None:
    """The token tells whose it is, also where the partner was not named; nothing is left beside the file."""
    desk.write("1;Noaberhulp;9967")
    other = await desk.house.sender()
    env = {"BURENBUS_URL": desk.house.url, "BURENBUS_TOKEN": desk.sender.token}
    for wrong, sentence in (
        (("--partner", desk.sender.name + "n"), f"Dit token is van {desk.sender.name}, niet van {desk.sender.name}n."),
        (("--source", f"urn:burenbus:partner:{other.name}"), "is niet van u"),
        (("--amqp-url", desk.house.vhost.url(f"{other.name}.1")), f"is van {desk.sender.name}, niet van {other.name}"),
    ):
        code, said = await _burenbus("publish", str(desk.file), *wrong, **env)
        assert (code, sentence in said) == (2, True), said
    assert await desk.sent() == 0
    assert [p.name for p in desk.file.parent.iterdir()] == ["leden.csv"]
    code, said = await _burenbus("publish", str(desk.file), **env)
    assert (code, "antwoorden: 1 nieuw" in said) == (0, True), said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "Geef --url"),
        (["--url", "https://h"], "Geef uw token"),
        (["--url", "http://h.example", "--partner", "omzien"], "begint met https"),
        (["--url", "https://h", "--withdraw-missing", "zomaar"], "Kies als reden"),
        (["--amqp-url", "amqp://guest:guest@h"], "geen gebruiker van een partner"),
        (["--amqp-url", "amqp://omzien.1:x@h", "--partner", "buurtnet"], "is van omzien, niet van buurtnet"),
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
