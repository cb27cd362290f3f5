"""The example clients, run as a partner would run them: freshly taken on, with nothing but what boarding told."""

import json
import sys
from pathlib import Path

import pytest

from .conftest import EXAMPLES, Board, NodeFolder, Partner, Ran

INITIATIVES = EXAMPLES / "initiatives.json"


@pytest.fixture
def one_is_wrong(tmp_path: Path) -> Path:
    """A good initiative and one that must be refused."""
    path = tmp_path / "initiatives.json"
    path.write_text(json.dumps([{"externalId": "7", "name": "Goed"}, {"externalId": "8", "kind": "x"}]), "utf-8")
    return path


async def says_what_became_of_each(partner: Partner, *command: str | Path, cwd: Path, wrong: Path) -> None:
    first: Ran = await partner.run(*command, INITIATIVES, cwd=cwd)
    assert (first.code, first.err) == (0, "")
    assert sorted(first.out.splitlines()) == ["event-accepted.v1 1 new", "event-accepted.v1 2 new"]
    second = await partner.run(*command, INITIATIVES, cwd=cwd)
    assert sorted(second.out.splitlines()) == ["event-accepted.v1 1 unchanged", "event-accepted.v1 2 unchanged"]
    third = await partner.run(*command, wrong, cwd=cwd)
    assert third.code == 1
    assert "event-accepted.v1 7 new" in third.out
    assert "event-refused.v1 8" in third.out
    assert "    /data/name: " in third.out
    assert "/contract/problems#not-in-list)" in third.out


async def test_the_python_client(board: Board, one_is_wrong: Path) -> None:
    """New at first, unchanged when sent again; a refused one is told with its faults, and ends it with 1."""
    command = (sys.executable, EXAMPLES / "python" / "client.py")
    await says_what_became_of_each(await board(), *command, cwd=EXAMPLES, wrong=one_is_wrong)


@pytest.mark.node
@pytest.mark.timeout(600)
async def test_the_node_client(board: Board, node: NodeFolder, one_is_wrong: Path) -> None:
    """As the Python client, with amqplib and the cloudevents package, at the versions of the lockfile."""
    folder = node(EXAMPLES / "node")
    await says_what_became_of_each(await board(), "node", "client.mjs", cwd=folder, wrong=one_is_wrong)
