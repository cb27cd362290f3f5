"""CloudEvents 1.0 on the wire, after the NL GOV profile: reading what came, and writing what we say.

Reading never raises for bad input: it gives the event or every fault (`Faulty`). Limits: 64 KB an event, 100 events and
1 MiB a message, 200 levels deep.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import uuid_utils
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from .base import PARTNER, PREFIX, Event, Instant, Received
from .catalogue import by_type
from .codelists import Label
from .faults import problems_of, unknown_fields
from .found import ID_LIMIT, FoundBy, first_id, first_id_in, safe_id
from .problems import TEXT, Problem, kind_of, problem
from .tracing import valid_or_new

EVENT_JSON = "application/cloudevents+json"
BATCH_JSON = "application/cloudevents-batch+json"
EVENT_LIMIT_BYTES = 64 * 1024
MESSAGE_LIMIT_BYTES = 1024 * 1024
BATCH_LIMIT = 100
CLOCK_SKEW = timedelta(minutes=10)
"""How far ahead a sender's clock may run before its event counts as from the future."""
UNKNOWN_TOLD = 20
"""Fields without a meaning that a refusal names beside its faults."""

_HEADER_PREFIXES = ("ce-", "cloudevents:", "cloudevents_")
_REQUIRED = ("specversion", "id", "source", "type", "time")
_SEQUENCE = Label("een geheel getal van 0 tot 2^53", "a whole number from 0 to 2^53")
_A_LIST = Label(
    f"een lijst. Stuur een lijst met content-type {BATCH_JSON}", f"a list. Send a list with content type {BATCH_JSON}"
)
_INSTANT = TypeAdapter(Instant)
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


D = TypeVar("D", bound=Event)


def new_id() -> str:
    """A UUIDv7: every id that the platform makes."""
    return str(uuid_utils.uuid7())


def canonical(event: Mapping[str, Any]) -> bytes:
    """The one text of an event, whatever order or spacing it came in; tracing is not part of what was said."""
    return _CANONICAL.encode({k: v for k, v in event.items() if k not in _NOT_HASHED}).encode()


def read_message(
    body: bytes,
    content_type: str | None,
    headers: Mapping[str, Any],
    *,
    partner: str | None,
    routing_key: str | None,
    now: datetime,
    message_id: str | None = None,
    traceparent: str | None = None,
    contain: bool = False,
) -> list[Arrived]:
    """The events of one message, each read on its own. `partner` is who the broker says spoke (None: a service).

    `routing_key` is the key without the partner's prefix, or None where it does not matter (HTTP, files): there a batch may
    be of several types. `message_id` is AMQP's: an event without an id is answered by it. `traceparent` is that of the
    request that brought the message, for events that carry none. With `contain`, an event on which our own code fails has
    that failure in `broke`, and does not keep its neighbours from being read.
    """
    read = partial(
        read_event, partner=partner, routing_key=routing_key, now=now, traceparent=traceparent, contain=contain
    )
    one_type = partner is not None and routing_key is not None
    arrivals = _read_message(body, content_type, headers, read, one_type=one_type)
    return [_findable(one, body, message_id) for one in arrivals]


def _findable(arrived: Arrived, body: bytes, message_id: str | None) -> Arrived:
    event = arrived.event
    if isinstance(event, Received) or event.id is not None:
        return arrived
    inside = event.found_by.id if event.found_by else None
    found_by = FoundBy(inside or safe_id(message_id), hashlib.sha256(body).hexdigest())
    return replace(arrived, event=replace(event, found_by=found_by))


def _read_message(  # noqa: PLR0911 - one return a fault of the whole message
    body: bytes,
    content_type: str | None,
    headers: Mapping[str, Any],
    read: Callable[[Any], Arrived],
    *,
    one_type: bool,
) -> list[Arrived]:
    kind = (content_type or "").partition(";")[0].strip().lower()
    if len(body) > MESSAGE_LIMIT_BYTES:
        return [_rejected(body, problem("too-large", size=len(body), limit=MESSAGE_LIMIT_BYTES))]
    binary = _binary_attributes(headers)
    if len(body) > EVENT_LIMIT_BYTES and (binary or kind != BATCH_JSON):
        return [
            _rejected(body, problem("too-large", size=len(body), limit=EVENT_LIMIT_BYTES), inside=first_id_in(body))
        ]
    try:
        content = from_json(body, allow_inf_nan=False) if body or not binary else None
    except ValueError as error:
        code = "too-deep" if "recursion" in str(error) else "not-json"
        return [_rejected(body, problem(code, detail=_why_not_json(error), limit=200))]
    if kind == BATCH_JSON and not binary:
        if not isinstance(content, list) or not 1 <= len(content) <= BATCH_LIMIT:
            size = len(content) if isinstance(content, list) else 0
            return [_rejected(body, problem("batch-size", size=size, limit=BATCH_LIMIT), inside=first_id(content))]
        types = {e.get("type") for e in content if isinstance(e, dict) and isinstance(e.get("type"), str)}
        # Of a partner: a routing key names one type. A service's answers to one partner may come together.
        if one_type and len(types) > 1:
            return [_rejected(body, problem("mixed-batch"), inside=first_id(content))]
        return [read(e) for e in content]
    if binary and kind != EVENT_JSON:
        content = {**binary, "datacontenttype": content_type or "application/json", "data": content}
    elif kind not in (EVENT_JSON, "application/json", ""):
        return [
            _rejected(body, problem("content-type", value=content_type, expected=EVENT_JSON), inside=first_id(content))
        ]
    if isinstance(content, list):
        return [_rejected(body, problem("not-cloudevent", detail=_A_LIST), inside=first_id(content))]
    return [read(content)]


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
        return _rejected(_dump(content), problem("not-cloudevent", detail=kind_of(content)))
    try:
        body = canonical(content)
    except ValueError as error:  # 1e400 is read as infinity
        return _rejected(repr(content).encode(errors="replace"), problem("not-json", detail=_why_not_json(error)))
    faults = _faults_of_attributes(content)
    if len(body) > EVENT_LIMIT_BYTES:
        faults.append(problem("too-large", size=len(body), limit=EVENT_LIMIT_BYTES))
    known = {n: content[n] for n in ("id", "source", "type") if isinstance(content.get(n), str)}
    traceparent = valid_or_new(content.get("traceparent") or traceparent)
    sequence = _sequence(content, faults)
    time = _time(content.get("time"), now, faults)
    model = _model(known.get("type"), partner, routing_key, faults)
    data, broke = _data(model, content, faults, contain=contain)
    if faults or model is None or data is None or time is None:
        if partner and model is not None and broke is None:  # a misspelled name is often why another is missing
            unknown = islice(unknown_fields(model, content.get("data"), "/data"), UNKNOWN_TOLD)
            faults += [problem("unknown-field", at) for at in unknown]
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


def _about(content: Mapping[str, Any]) -> str | None:
    """The partner's own id of what an event that cannot be read is about."""
    data = content.get("data")
    own = data.get("externalId") if isinstance(data, dict) else None
    return safe_id(str(own) if isinstance(own, int) else own) or safe_id(content.get("subject"))


def _sequence(content: Mapping[str, Any], faults: list[Problem]) -> int | None:
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


def _faults_of_attributes(content: Mapping[str, Any]) -> list[Problem]:
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


def _time(value: Any, now: datetime, faults: list[Problem]) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        time = _INSTANT.validate_python(value if isinstance(value, str) else None)
    except (ValueError, OverflowError):
        faults.append(problem("time", "/time", value=value))
        return None
    if time > now + CLOCK_SKEW:
        faults.append(problem("future", "/time", value=value))
    return time


def _binary_attributes(headers: Mapping[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for key, value in headers.items():
        for prefix in _HEADER_PREFIXES:
            if key.lower().startswith(prefix):
                name = key[len(prefix) :].lower()
                attributes[name] = value.isoformat() if isinstance(value, datetime) else _text(value)
    return attributes if "specversion" in attributes or "type" in attributes else {}


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else value


def _why_not_json(error: ValueError) -> Label:
    """Where reading stopped, or what cannot be written again."""
    place = re.search(r"line (\d+) column (\d+)", str(error))
    if place:
        return Label(f"fout op regel {place[1]}, positie {place[2]}", str(error))
    if isinstance(error, UnicodeError):
        return Label("een teken bestaat niet", "a character does not exist")
    return Label("een getal is te groot", "a number is too large")


def _rejected(body: bytes, fault: Problem, *, inside: str | None = None) -> Arrived:
    digest = hashlib.sha256(body)
    found_by = FoundBy(inside, digest.hexdigest()) if inside else None
    return Arrived(body, digest.digest(), Faulty((fault,), found_by=found_by))


def _dump(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


# --- what we say -------------------------------------------------------------------------------------------------


def write_event(
    data: Event,
    *,
    source: str,
    time: datetime,
    id: str | None = None,  # noqa: A002
    traceparent: str | None = None,
    sequence: int | None = None,
) -> dict[str, Any]:
    """The CloudEvent that says `data`, as a JSON object."""
    return {**_attributes(data, source, time, id, traceparent, sequence), "data": data.wire()}


def say_event(
    data: Event, *, source: str, time: datetime, traceparent: str | None = None, sequence: int | None = None
) -> bytes:
    """The CloudEvent that says `data`, as the bytes of a message: `dump_event` of `write_event`, in one go."""
    attributes = to_json(_attributes(data, source, time, None, traceparent, sequence))
    return b'%b,"data":%b}' % (attributes[:-1], data.wire_json())


def _attributes(
    data: Event,
    source: str,
    time: datetime,
    id: str | None,  # noqa: A002
    traceparent: str | None,
    sequence: int | None,
) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": id or new_id(),
        "source": source,
        "type": data.wire_type(),
        "time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": data.subject(),
        "datacontenttype": "application/json",
    }
    if traceparent:
        attributes["traceparent"] = traceparent
    if sequence is not None:
        attributes["sequence"] = sequence
    return attributes


def dump_event(event: Mapping[str, Any]) -> bytes:
    """An event as the bytes of a message (`EVENT_JSON`)."""
    return to_json(event)


def join_batch(bodies: Iterable[bytes]) -> bytes:
    """Events, each already dumped, as one batch (`BATCH_JSON`)."""
    return b"[" + b",".join(bodies) + b"]"


def split_batches(
    sizes: Sequence[int], *, limit: int = BATCH_LIMIT, limit_bytes: int = MESSAGE_LIMIT_BYTES
) -> list[slice]:
    """How to cut events of these sizes (bytes) into messages that keep both limits."""
    cuts, start, total = [], 0, 2
    for i, size in enumerate(sizes):
        if i > start and (i - start == limit or total + size + 1 > limit_bytes):
            cuts.append(slice(start, i))
            start, total = i, 2
        total += size + 1
    if start < len(sizes):
        cuts.append(slice(start, len(sizes)))
    return cuts
