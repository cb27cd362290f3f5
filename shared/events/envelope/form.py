"""What a CloudEvent looks like on the wire: its limits, its one text, and one that has been read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import uuid_utils

from shared.events.base import Event, Received
from shared.events.found import FoundBy
from shared.events.problems import Problem

EVENT_JSON = "application/cloudevents+json"
BATCH_JSON = "application/cloudevents-batch+json"
EVENT_LIMIT_BYTES = 64 * 1024
MESSAGE_LIMIT_BYTES = 1024 * 1024
BATCH_LIMIT = 100
CLOCK_SKEW = timedelta(minutes=10)
"""How far ahead a sender's clock may run before its event counts as from the future."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_NOT_HASHED = frozenset({"traceparent", "tracestate"})


@dataclass(frozen=True, slots=True)
class Faulty:
    """An event that can never succeed, with every reason; what could be read of it, for the answer."""

    problems: tuple[Problem, ...]
    id: str | None = None
    source: str | None = None
    type: str | None = None
    subject: str | None = None
    """What it is about, by the partner's own id: so that the refused row of a spreadsheet is found."""
    traceparent: str | None = None
    sequence: int | None = None
    found_by: FoundBy | None = None
    broke: Exception | None = None
    """Our own reading failed on it: the fault is not the sender's."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One event of a message: its canonical text and hash, and what became of reading it."""

    body: bytes
    sha256: bytes
    event: Received[Event] | Faulty


def new_id() -> str:
    """A UUIDv7: every id that the platform makes."""
    return str(uuid_utils.uuid7())


def canonical(event: Mapping[str, Any]) -> bytes:
    """The one text of an event, whatever order or spacing it came in; tracing is not part of what was said.

    Raises ValueError for a number that JSON cannot hold (infinity), and for half a character.
    """
    said = {k: v for k, v in event.items() if k not in _NOT_HASHED}
    try:
        text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # a whole number of more than 64 bits, for one
        return _CANONICAL.encode(said).encode()
    # orjson would write infinity as null.
    return text if b"null" not in text else _CANONICAL.encode(said).encode()


def rejected(body: bytes, fault: Problem, *, inside: str | None = None) -> Arrived:
    """What cannot be read as an event at all. `inside` is the first id in the message."""
    digest = hashlib.sha256(body)
    found_by = FoundBy(inside, digest.hexdigest()) if inside else None
    return Arrived(body, digest.digest(), Faulty((fault,), found_by=found_by))
