"""The partner guide, followed by a new partner that has nothing else: its table as the list, its commands as they stand."""

import re
import shlex
import sys
from pathlib import Path

import httpx
import pytest
import xlsxwriter

from deploy.broker import PARTNER_CHANNELS, PARTNER_CONNECTIONS
from shared.bus import topology
from shared.events.catalogue import by_type
from shared.events.envelope import BATCH_LIMIT, EVENT_LIMIT_BYTES, MESSAGE_LIMIT_BYTES
from shared.events.problems import CODES
from shared.settings import ServiceSettings
from shared.sheets import read
from shared.sheets.model import MOST_BYTES, MOST_ROWS
from tests.room import RoomOf

from .conftest import ROOT, Board, Partner, Ran

pytestmark = pytest.mark.stack

GUIDE, WIRE = ((ROOT / "docs" / name).read_text("utf-8") for name in ("partners.md", "wire-format.md"))
HOST, NAME = "https://burenbus.example", "omzien"
"""How the guide calls the platform and the partner."""


def table_under(heading: str) -> list[list[str]]:
    """The first table of a section of the guide."""
    section = GUIDE.partition(f"## {heading}")[2].partition("\n## ")[0]
    block = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert block
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block[0].splitlines()]
    return [rows[0], *rows[2:]]


def commands(first: str) -> list[list[str]]:
    """The commands of the guide that begin with this word."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
    return [words for line in lines if (words := shlex.split(line))[0] == first]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the list of step 5 as an Excel file, under the name that the guide gives it."""
    book = xlsxwriter.Workbook(tmp_path / "lijst.xlsx")
    sheet = book.add_worksheet()
    for n, row in enumerate(table_under("Stap 5")):
        sheet.write_row(n, 0, row)
    book.close()
    return tmp_path


def test_the_list_of_the_guide_is_read_as_it_is_meant(folder: Path) -> None:
    """Every column is recognised, both rows are good."""
    found = read((folder / "lijst.xlsx").read_bytes(), "lijst.xlsx")
    assert [row.problems for row in found.rows] == [(), ()]
    assert [c.heading for c in found.columns if c.pointer is None] == []


async def follow(partner: Partner, words: list[str], folder: Path) -> Ran:
    burenbus = Path(sys.executable).with_name("burenbus")
    mine = [w.replace(HOST, partner.environment["BURENBUS_URL"]).replace(NAME, partner.name) for w in words]
    program: str | Path = {"burenbus": burenbus, "python": Path(sys.executable)}.get(mine[0], mine[0])
    ran = await partner.run(program, *mine[1:], cwd=folder if mine[0] == "burenbus" else ROOT, COLUMNS="200")
    assert ran.code == 0, ran
    return ran


async def test_a_list_is_checked_and_published_as_the_guide_says(board: Board, folder: Path) -> None:
    """Checked offline, shown beforehand, sent: the second time there is nothing left to send."""
    partner = await board()
    [columns], [validate] = ([c for c in commands("burenbus") if c[1] == name] for name in ("columns", "validate"))
    assert "| Naam (verplicht) |" in (await follow(partner, columns, folder)).out
    await follow(partner, validate, folder)
    dry, publish = [c for c in commands("burenbus") if c[1] == "publish"]
    assert "2 nieuw" in (await follow(partner, dry, folder)).out
    assert "2 nieuw" in (await follow(partner, publish, folder)).out
    [history] = [c for c in commands("burenbus") if c[1] == "history"]
    assert "geweigerd" in history
    await follow(partner, history, folder)
    whole = await follow(partner, [word for word in history if word not in ("--outcome", "geweigerd")], folder)
    assert whole.out.count("initiative-reported.v1") == 2
    again = (await follow(partner, publish, folder)).out
    assert "er is niets te versturen" in again


async def test_the_sandbox_is_tried_by_amqp_and_http_as_the_guide_says(board: Board, folder: Path) -> None:
    """The examples run from the top of the tree; each answer says that nothing is kept."""
    partner = await board(sandbox=True)
    for words in [*commands("python"), *commands("sh")]:
        ran = await follow(partner, words, folder)
        if words[0] == "python":
            assert "/contract/problems#sandbox" in ran.out
            assert "event-accepted.v1 1 new" in ran.out


async def test_a_list_is_uploaded_as_the_guide_says(board: Board, folder: Path) -> None:
    """Logged in with the token, the list is shown row by row before anything is sent."""
    partner = await board()
    content = (folder / "lijst.xlsx").read_bytes()
    async with httpx.AsyncClient(
        base_url=partner.environment["BURENBUS_URL"], headers={"accept": "text/html"}, follow_redirects=True
    ) as browser:
        await browser.post("/partner/inloggen", data={"token": partner.environment["BURENBUS_TOKEN"]})
        shown = await browser.post("/partner/aanleveren", files={"bestand": ("lijst.xlsx", content)})
    assert shown.status_code == 200
    assert "Dit zou er gebeuren" in shown.text
    assert "Buurthuiskamer De Proef" in shown.text


async def test_every_address_in_the_guide_and_the_wire_format_is_there(room_of: RoomOf) -> None:
    """Pages and documents; what needs a token or a body is asked for elsewhere."""
    room = await room_of("registry")
    named = re.findall(rf"{HOST}(/[^`\s)]*)", GUIDE) + re.findall(r"`(/(?:contract|events/openapi)[^`\s]*)`", WIRE)
    assert len(named) > 8
    async with room.web() as client:
        for path in named:
            answer = await client.get(path.replace("<type>", "initiative-reported.v1"))
            assert answer.status_code in (200, 303), path


def test_every_type_and_code_that_is_named_exists() -> None:
    """In the guide and in the wire format."""
    assert set(re.findall(r"`([a-z-]+\.v1)`", GUIDE + WIRE)) <= set(by_type())
    codes = {code for cell in re.findall(r"^\| (`[a-z`, -]+`) \|", GUIDE, re.MULTILINE) for code in cell.split(", ")}
    assert len(codes) > 5
    codes |= set(re.findall(r"(`[a-z]+(?:-[a-z]+)+`)\)? ?(?:\||:|$)", WIRE, re.MULTILINE))
    assert {code.strip("`") for code in codes} <= set(CODES)


def test_the_limits_that_are_named_are_the_ones_that_hold() -> None:
    """In the table of the wire format, and in the guide."""
    from services.registry.settings import Settings

    knobs = Settings.model_fields
    days, mib = topology.FEEDBACK_TTL_MS // 86_400_000, topology.FEEDBACK_BYTES >> 20
    for line in (
        f"| an event | {EVENT_LIMIT_BYTES // 1024} KB |",
        f"| a message | {BATCH_LIMIT} events and {MESSAGE_LIMIT_BYTES >> 20} MiB |",
        f"| connections, channels of one broker user | {PARTNER_CONNECTIONS}, {PARTNER_CHANNELS} |",
        f"| messages waiting in one of your intake queues | {topology.INTAKE_LENGTH:,} |",
        f"| events over HTTP | {knobs['door_events_per_second'].default} a second in the long run, {knobs['door_burst_events'].default:,} at once |",
        f"| HTTP requests open together | {knobs['door_requests'].default} |",
        f"| a body over HTTP | within {knobs['door_body_s'].default} seconds |",
        f"| answers in your queue | {days} days, {mib} MiB |",
        f"waits up to {ServiceSettings.model_fields['waiting_s'].default // 60} minutes",
    ):
        assert line in WIRE
    assert f"hoogstens {MOST_BYTES >> 20} MB en {MOST_ROWS:,}".replace(",", ".") in GUIDE
