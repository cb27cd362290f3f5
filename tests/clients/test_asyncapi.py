"""The official parser of AsyncAPI accepts the document."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.bus import asyncapi

from .conftest import NodeFolder

pytestmark = [pytest.mark.node, pytest.mark.timeout(600)]
HERE = Path(__file__).parent / "asyncapi"
ERROR, WARNING = 0, 1


def parsed(folder: Path, document: Path) -> dict[str, Any]:
    """What the parser says of a document."""
    command = ["node", "validate.mjs", str(document)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_parser_accepts_the_document_and_reads_all_of_it(node: NodeFolder) -> None:
    """Not an error, not a warning; every operation and message is there."""
    found = parsed(node(HERE), asyncapi.FILE)
    assert [d for d in found["diagnostics"] if d["severity"] <= WARNING] == []
    document = asyncapi.document()
    assert set(found["operations"]) == set(document["operations"])
    assert set(found["messages"]) == set(document["components"]["messages"])


def test_the_parser_sees_what_is_wrong(node: NodeFolder, tmp_path: Path) -> None:
    """A reply that no channel carries is an error: acceptance means something."""
    document = asyncapi.document()
    document["operations"]["receive.feedback"]["messages"] = [{"$ref": "#/channels/feedback/messages/nothing"}]
    changed = tmp_path / "asyncapi.json"
    changed.write_text(json.dumps(document), "utf-8")
    errors = [d for d in parsed(node(HERE), changed)["diagnostics"] if d["severity"] == ERROR]
    assert any("receive.feedback" in d["path"] for d in errors)
