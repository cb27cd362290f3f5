"""The attributes of an event, around its data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from shared.events.base import Instant
from shared.events.codelists import Label
from shared.events.found import ID_LIMIT
from shared.events.problems import TEXT, Problem, kind_of, problem

from .form import CLOCK_SKEW

_REQUIRED = ("specversion", "id", "source", "type", "time")
_TEXTS = (
    ("id", ID_LIMIT),
    ("source", 300),
    ("type", 300),
    ("subject", 300),
    ("traceparent", 100),
    ("dataschema", 300),
    ("datacontenttype", 300),
)
"""How long each may be for none of its faults to be looked for."""
_SEQUENCE = Label("een geheel getal van 0 tot 2^53", "a whole number from 0 to 2^53")
_INSTANT = TypeAdapter(Instant)


def faults_of(content: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the attributes that have a form; mostly nothing, and that is seen first."""
    return [] if _in_order(content) else _faults_of(content)


def _in_order(content: Mapping[str, Any]) -> bool:
    for name, limit in _TEXTS:
        value = content.get(name)
        if value is not None and not (value.__class__ is str and len(value) <= limit and value.isprintable()):
            return False
    return content.get("specversion") == "1.0" and all(content.get(name) not in (None, "") for name in _REQUIRED)


def _faults_of(content: Mapping[str, Any]) -> list[Problem]:
    faults = [problem("missing", f"/{name}") for name in _REQUIRED if content.get(name) in (None, "")]
    faults += [
        problem("type", f"/{name}", value=content[name], expected=TEXT, got=kind_of(content[name]))
        for name in ("id", "source", "type", "subject", "dataschema", "datacontenttype", "traceparent")
        if content.get(name) is not None and not isinstance(content[name], str)
    ]
    faults += [
        problem("too-long", f"/{name}", limit=limit)
        for name, limit in (("id", ID_LIMIT), ("source", 300), ("subject", 300), ("traceparent", 100))
        if isinstance(content.get(name), str) and len(content[name]) > limit
    ]
    faults += [
        problem("control-characters", f"/{name}", personal=True)
        for name in ("id", "source", "type", "subject", "traceparent")
        if isinstance(content.get(name), str) and not content[name].isprintable()
    ]
    if content.get("specversion") not in (None, "", "1.0"):
        faults.append(problem("specversion", "/specversion", value=content["specversion"]))
    return faults


def sequence_of(content: Mapping[str, Any], faults: list[Problem]) -> int | None:
    """The number that the sender gave it; `faults` grows."""
    sequence = content.get("sequence")
    if isinstance(sequence, str) and sequence.isascii() and sequence.isdigit() and len(sequence) < 18:
        sequence = int(sequence)
    if sequence is not None and (
        not isinstance(sequence, int) or isinstance(sequence, bool) or not 0 <= sequence < 2**53
    ):
        faults.append(
            problem("type", "/sequence", value=content["sequence"], expected=_SEQUENCE, got=kind_of(sequence))
        )
        return None
    return sequence


def time_of(value: Any, now: datetime | None, faults: list[Problem]) -> datetime | None:
    """The sender's time, also when it runs ahead; `faults` grows. `now`: None where that is no fault."""
    if value in (None, ""):
        return None
    try:
        time = _INSTANT.validate_python(value if isinstance(value, str) else None)
    except (ValueError, OverflowError):
        faults.append(problem("time", "/time", value=value))
        return None
    if now is not None and time > now + CLOCK_SKEW:
        faults.append(problem("future", "/time", value=value))
    return time
