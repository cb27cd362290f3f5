"""The example clients, run as a partner would run them: freshly taken on, with nothing but what boarding told."""

import asyncio
import json
import shutil
import sys
from pathlib import Path

import pytest

from deploy.local import packages

from .conftest import EXAMPLES, PATIENCE_S, Board, NodeFolder, Partner, Ran

pytestmark = pytest.mark.stack

INITIATIVES = EXAMPLES / "initiatives.json"


@pytest.fixture
def one_is_wrong(tmp_path: Path) -> Path:
    """A good initiative and one that must be refused."""
    path = tmp_path / "initiatives.json"
    path.write_text(json.dumps([{"externalId": "7", "name": "Goed"}, {"externalId": "8", "kind": "x"}]), "utf-8")
    return path


def answers(ran: Ran) -> list[str]:
    """What became of events, of all that a client printed: facts about initiatives may stand between it."""
    return sorted(line for line in ran.out.splitlines() if line.startswith("event-"))


async def told(partner: Partner, *command: str | Path, cwd: Path, wrong: Path) -> tuple[list[list[str]], Ran]:
    """What the client prints of its list, and of the same list again; and all of a list in which one is wrong."""
    good = [await partner.run(*command, INITIATIVES, cwd=cwd) for _ in range(2)]
    assert [(ran.code, ran.err) for ran in good] == [(0, "")] * 2
    return [answers(ran) for ran in good], await partner.run(*command, wrong, cwd=cwd)


NEW_THEN_UNCHANGED = [
    ["event-accepted.v1 1 new", "event-accepted.v1 2 new"],
    ["event-accepted.v1 1 unchanged", "event-accepted.v1 2 unchanged"],
]
FAULTS = ("event-accepted.v1 7 new", "event-refused.v1 8", "    /data/name: ", "/contract/problems#not-in-list)")


async def test_the_python_client(board: Board, one_is_wrong: Path) -> None:
    """New at first, unchanged when sent again; a refused one is told with its faults, and ends it with 1."""
    command = (sys.executable, EXAMPLES / "python" / "client.py")
    good, bad = await told(await board(), *command, cwd=EXAMPLES, wrong=one_is_wrong)
    assert good == NEW_THEN_UNCHANGED
    assert [fault for fault in FAULTS if fault not in bad.out] == []
    assert bad.code == 1


@pytest.mark.node
@pytest.mark.timeout(600)
async def test_the_node_client(board: Board, node: NodeFolder, one_is_wrong: Path) -> None:
    """As the Python client, with amqplib and the cloudevents package, at the versions of the lockfile."""
    folder = node(EXAMPLES / "node")
    good, bad = await told(await board(), "node", "client.mjs", cwd=folder, wrong=one_is_wrong)
    assert good == NEW_THEN_UNCHANGED
    assert [fault for fault in FAULTS if fault not in bad.out] == []
    assert bad.code == 1


@pytest.fixture(scope="session")
def curl() -> None:
    """curl of the distribution, installed if it is missing."""
    if shutil.which("curl") is None:
        packages.install("curl")


@pytest.mark.usefixtures("curl")
async def test_the_curl_script(board: Board) -> None:
    """Validating sends nothing; one, a list and binary mode are received, and the history tells what became of each."""
    partner = await board()
    script = ("sh", EXAMPLES / "curl" / "events.sh")
    checked = json.loads((await partner.run(*script, "validate")).out)
    assert (checked["valid"], checked["events"][0]["status"]) == (True, "valid")
    sent = []
    for how in ("single", "batch", "binary"):
        ran = await partner.run(*script, how)
        assert (ran.code, ran.err) == (0, "")
        sent += json.loads(ran.out)["events"]
    assert [event["status"] for event in sent] == ["received"] * 4

    async with asyncio.timeout(PATIENCE_S):
        while True:
            known = json.loads((await partner.run(*script, "history")).out)["events"]
            if len(known) == 4 and all("answeredAt" in event for event in known):
                break
    assert {event["id"] for event in known} == {event["id"] for event in sent}
    assert {event["outcome"] for event in known} == {"new"}
    [one] = json.loads((await partner.run(*script, "history", sent[0]["id"])).out)["events"]
    assert one["initiativeId"]


@pytest.mark.usefixtures("curl")
async def test_the_curl_script_shows_why_it_was_refused(board: Board) -> None:
    """A wrong token: exit code 22, and the problem as the platform tells it; without a task, how to use it."""
    partner = await board()
    script = ("sh", EXAMPLES / "curl" / "events.sh")
    ran = await partner.run(*script, "single", BURENBUS_TOKEN="bb_wrong")
    assert ran.code == 22
    assert json.loads(ran.out)["problems"][0]["code"] == "token"
    asked = await partner.run(*script)
    assert asked.code == 64
    assert "sh events.sh history [ID]" in asked.out
    assert asked.out.startswith("Sends events to Burenbus over HTTP")
    unset = await partner.run(*script, "single", BURENBUS_TOKEN="", BURENBUS_SOURCE="")
    assert (unset.code, unset.err.strip()) == (64, "not set: BURENBUS_TOKEN BURENBUS_SOURCE (told to you at boarding)")
    away = await partner.run(*script, "single", BURENBUS_URL="http://127.0.0.1:9")
    assert (away.code, away.err.startswith("curl: (7)")) == (7, True), away
