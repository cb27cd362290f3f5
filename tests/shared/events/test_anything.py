"""Reading never raises, whatever stands in whichever field: a message that nobody can read would come again for ever."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.bus.topology import partner_types
from shared.events.base import Event
from shared.events.envelope import EVENT_JSON, Faulty, dump_event, read_message
from shared.events.schema import EXAMPLES

NOW = datetime(2026, 10, 1, tzinfo=UTC)
ANYTHING: list[Any] = [
    None, "", " ", "x", "é" * 6000, "\x00", "\u202e", 0, -1, 0.5, 1e300, 10**30, True, [], [None], [""], {}, {"": None}, [[]],
    "2026-02-30", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", [{}], {"x": [{"y": 1}]}, ["a", "a"],
]  # fmt: skip


def _places(node: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _places(value, (*at, key))


def _with(event: dict[str, Any], at: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(event)
    *way, last = at
    node: Any = changed
    for step in way:
        node = node[step]
    node[last] = value
    return changed


@pytest.mark.parametrize("kind", partner_types(), ids=lambda kind: kind.type)
def test_anything_anywhere_is_an_event_or_its_faults(kind: type[Event]) -> None:
    """Every place of the example, and every field that it does not use, takes anything."""
    example = json.loads((EXAMPLES / f"{kind.type}.json").read_text("utf-8"))
    for name, field in kind.model_fields.items():
        example["data"].setdefault(field.alias or name, None)
    if kind.type == "initiative-reported.v1":
        example["data"]["numbers"] = {"volunteers": 1, "members": 1, "visitorsPerYear": 1, "paidFte": 0.5}
    refused = 0
    for at in list(_places(example))[1:]:
        for value in ANYTHING:
            body = dump_event(_with(example, at, value))
            [arrived] = read_message(body, EVENT_JSON, {}, partner="omzien", routing_key=None, now=NOW)
            refused += isinstance(arrived.event, Faulty)
    assert refused > 50
