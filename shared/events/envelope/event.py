"""Reading one event: its attributes, its type, its data; every fault at once."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import ValidationError

from shared.events.base import PARTNER, PREFIX, Event, Received
from shared.events.catalogue import by_type
from shared.events.codelists import Label
from shared.events.faults import problems_of, unknown_fields
from shared.events.found import safe_id
from shared.events.problems import Problem, kind_of, problem
from shared.events.tracing import valid_or_new

from . import attributes
from .form import EVENT_LIMIT_BYTES, Arrived, Faulty, canonical, rejected

UNKNOWN_TOLD = 20
"""Fields without a meaning that a refusal names beside its faults."""


def read_event(
    content: Any,
    *,
    partner: str | None,
    routing_key: str | None,
    now: datetime,
    traceparent: str | None = None,
    contain: bool = False,
) -> Arrived:
    """One event, or every fault in it. Identity (does this source belong to this partner) is the bus's to check.

    With `contain`, a failure of our own code stands in `broke`.
    """
    if not isinstance(content, dict):
        return rejected(_dump(content), problem("not-cloudevent", detail=kind_of(content)))
    try:
        body = canonical(content)
    except ValueError as error:  # 1e400 is read as infinity
        return rejected(repr(content).encode(errors="replace"), problem("not-json", detail=why_not_json(error)))
    faults = attributes.faults_of(content)
    if len(body) > EVENT_LIMIT_BYTES:
        faults.append(problem("too-large", size=len(body), limit=EVENT_LIMIT_BYTES))
    known = {n: content[n] for n in ("id", "source", "type") if isinstance(content.get(n), str)}
    traceparent = valid_or_new(content.get("traceparent") or traceparent)
    sequence = attributes.sequence_of(content, faults)
    # A fact stands: refused, because the clock of a service ran ahead for a while, it would be lost to those that hear it.
    time = attributes.time_of(content.get("time"), now if partner is not None else None, faults)
    model = _model(known.get("type"), partner, routing_key, faults)
    data, broke = _data(model, content, faults, contain=contain)
    if faults or model is None or data is None or time is None:
        if partner and model is not None and broke is None:  # a misspelled name is often why another is missing
            unknown = (at for at in unknown_fields(model, content.get("data"), "/data") if not _is_personal(model, at))
            faults += [problem("unknown-field", at) for at in islice(unknown, UNKNOWN_TOLD)]
        safe = {k: v for k, v in known.items() if 1 <= len(v) <= 300 and v.isprintable()}
        about = _about(content)
        faulty = Faulty(tuple(faults), **safe, subject=about, traceparent=traceparent, sequence=sequence, broke=broke)
        return Arrived(body, hashlib.sha256(body).digest(), faulty)
    event: Received[Event] = Received(
        data=data,
        id=content["id"],
        source=content["source"],
        partner=partner,
        time=time,
        received_at=now,
        traceparent=traceparent,
        sequence=sequence,
        unknown=tuple(unknown_fields(model, content["data"], "/data")) if partner else (),
    )
    return Arrived(body, hashlib.sha256(body).digest(), event)


def _is_personal(model: type[Event], at: str) -> bool:
    """Whether a pointer leads into a field of which nothing is repeated: the name of a field may be a value gone astray."""
    _, _, field, *inside = at.split("/")
    return bool(inside) and field in model.personal


def _data(
    model: type[Event] | None, content: dict[str, Any], faults: list[Problem], *, contain: bool
) -> tuple[Event | None, Exception | None]:
    """The data, where its model takes it, and what our own code failed with; `faults` grows."""
    if model is None:
        return None, None
    kind = content.get("datacontenttype")
    if kind not in (None, "application/json") and isinstance(kind, str):
        faults.append(problem("content-type", "/datacontenttype", value=kind, expected="application/json"))
    try:
        data = model.model_validate(content.get("data"))
        faults += model.further_faults(content["data"]) if faults else ()
    except ValidationError as error:
        faults += problems_of(error, model, content.get("data"))
    except Exception as error:
        if not contain:
            raise
        return None, error
    else:
        return data, None
    return None, None


def _model(kind: str | None, partner: str | None, routing_key: str | None, faults: list[Problem]) -> type[Event] | None:
    if kind is None:
        return None
    short = kind.removeprefix(PREFIX)
    model = by_type().get(short) if kind.startswith(PREFIX) else None
    if model is None:
        stem = short.rsplit(".v", 1)[0]
        versions = sorted(t for t in by_type() if t.rsplit(".v", 1)[0] == stem) if kind.startswith(PREFIX) else []
        if versions:
            faults.append(problem("unknown-version", "/type", value=kind, known=versions))
        else:
            faults.append(problem("unknown-type", "/type", value=kind))
        return None
    if partner is not None and model.owner != PARTNER:
        faults.append(problem("not-for-partners", "/type", value=kind))
        return None
    if routing_key is not None and routing_key != short:
        prefix = f"{partner}." if partner else ""
        used, expected = prefix + routing_key, prefix + short
        faults.append(problem("routing-key", "/type", value=used, type=short, expected=expected))
    return model


def _about(content: Mapping[str, Any]) -> str | None:
    """The partner's own id of what an event that cannot be read is about."""
    data = content.get("data")
    own = data.get("externalId") if isinstance(data, dict) else None
    return safe_id(str(own) if isinstance(own, int) else own) or safe_id(content.get("subject"))


def why_not_json(error: ValueError) -> Label:
    """Where reading stopped, or what cannot be written again."""
    place = re.search(r"line (\d+) column (\d+)", str(error))
    if place:
        return Label(f"fout op regel {place[1]}, positie {place[2]}", str(error))
    if isinstance(error, UnicodeError):
        return Label("een teken bestaat niet", "a character does not exist")
    return Label("een getal is te groot", "a number is too large")


def _dump(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
