"""Events spoiled in every way, and what must be true of the faults that are told."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import strategies as st

from shared.events.base import PARTNER, Event, Received
from shared.events.catalogue import by_type
from shared.events.envelope import (
    EVENT_JSON,
    Faulty,
    read_event,
    read_message,
)
from shared.events.problems import CODES, Problem
from shared.events.schema import EXAMPLES

NOW = datetime(2026, 11, 1, tzinfo=UTC)

TYPES = [kind for kind in by_type().values() if kind.owner == PARTNER]

SECRET = "zeer.geheim.van.iemand"

each_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.type)

STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**70,
    1e308,
    "",
    "   ",
    "x" * 6000,
    "2026-13-45",
    "2026-13-45T99:00:00Z",
    "\u202eomgekeerd",
    "\x00",
    "\ud800",
    [],
    {},
    [[[]]],
    [None],
    ["x", "x"],
    {"x": {"y": "z"}},
    {"": 1, "a/b": 2, "~": 3},
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def example_of(kind: type[Event]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EXAMPLES / f"{kind.type}.json").read_text("utf-8"))
    return content


def places(content: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, the document itself left out."""
    inside = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inside:
        yield (*at, key)
        yield from places(value, (*at, key))


def put(content: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(content)
    spot: Any = changed
    for key in place[:-1]:
        spot = spot[key]
    spot[place[-1]] = value
    return changed


def drop(content: dict[str, Any], place: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(content)
    spot: Any = changed
    for key in place[:-1]:
        spot = spot[key]
    del spot[place[-1]]
    return changed


def resolves(content: Any, pointer: str) -> bool:
    """Whether a pointer names something in the document, or something that is missing from what is there."""
    spot, parts = content, pointer.split("/")[1:]
    for n, part in enumerate(parts):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(spot, dict) and key in spot:
            spot = spot[key]
        elif isinstance(spot, list) and key.isdigit() and int(key) < len(spot):
            spot = spot[int(key)]
        else:
            return n == len(parts) - 1
    return True


def check(content: Any, problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        assert problem.code in CODES
        assert problem.nl
        assert problem.en
        assert problem.pointer == "" or problem.pointer.startswith("/")
        assert resolves(content, problem.pointer), (problem.pointer, problem.code)
        json.loads(problem.model_dump_json())


def read(content: Any, kind: type[Event]) -> Received[Event] | Faulty:
    return read_event(content, partner="omzien", routing_key=kind.type, now=NOW).event


def whole(body: bytes, content_type: str = EVENT_JSON, **known: Any) -> Faulty:
    """A message that is refused as one."""
    [arrived] = read_message(body, content_type, {}, partner="omzien", routing_key="x.v1", now=NOW, **known)
    assert isinstance(arrived.event, Faulty)
    return arrived.event
