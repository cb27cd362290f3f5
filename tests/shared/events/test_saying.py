"""How an event is written."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import shared.events
from shared.events.base import PREFIX
from shared.events.catalogue import by_type
from shared.events.envelope import say_event, write_event

EXAMPLES = sorted((Path(shared.events.__file__).parent / "examples").glob("*.json"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_event_written_in_one_go_is_the_same_event(example: Path) -> None:
    """Bytes straight from the model hold what the JSON object holds: names, formats, and nothing that is not known."""
    said = json.loads(example.read_text("utf-8"))
    data = by_type()[said["type"].removeprefix(PREFIX)].model_validate(said["data"])
    when: dict[str, Any] = {"source": 'urn:x:"quoted"', "time": datetime(2026, 9, 21, 9, 30, tzinfo=UTC), "sequence": 7}
    in_one_go = json.loads(say_event(data, traceparent="00-1-2-01", **when))
    assert in_one_go == {**write_event(data, traceparent="00-1-2-01", **when), "id": in_one_go["id"]}
