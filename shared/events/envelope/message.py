"""Reading a message: one event, or a batch of them. Bad input is never an exception: it gives every fault (`Faulty`)."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pydantic_core import from_json

from shared.events.base import Received
from shared.events.codelists import Label
from shared.events.found import FoundBy, first_id, first_id_in, safe_id
from shared.events.problems import problem

from .event import read_event, why_not_json
from .form import (
    BATCH_JSON,
    BATCH_LIMIT,
    EVENT_JSON,
    EVENT_LIMIT_BYTES,
    MESSAGE_LIMIT_BYTES,
    Arrived,
    rejected,
)

_HEADER_PREFIXES = ("ce-", "cloudevents:", "cloudevents_")
_A_LIST = Label(
    f"een lijst. Stuur een lijst met content-type {BATCH_JSON}", f"a list. Send a list with content type {BATCH_JSON}"
)


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
        return [rejected(body, problem("too-large", size=len(body), limit=MESSAGE_LIMIT_BYTES))]
    binary = _binary_attributes(headers)
    if len(body) > EVENT_LIMIT_BYTES and (binary or kind != BATCH_JSON):
        return [rejected(body, problem("too-large", size=len(body), limit=EVENT_LIMIT_BYTES), inside=first_id_in(body))]
    try:
        content = from_json(body, allow_inf_nan=False) if body or not binary else None
    except ValueError as error:
        code = "too-deep" if "recursion" in str(error) else "not-json"
        return [rejected(body, problem(code, detail=why_not_json(error), limit=200))]
    if kind == BATCH_JSON and not binary:
        if not isinstance(content, list) or not 1 <= len(content) <= BATCH_LIMIT:
            size = len(content) if isinstance(content, list) else 0
            return [rejected(body, problem("batch-size", size=size, limit=BATCH_LIMIT), inside=first_id(content))]
        types = {e.get("type") for e in content if isinstance(e, dict) and isinstance(e.get("type"), str)}
        # Of a partner: a routing key names one type. A service's answers to one partner may come together.
        if one_type and len(types) > 1:
            return [rejected(body, problem("mixed-batch"), inside=first_id(content))]
        return [read(e) for e in content]
    if binary and kind != EVENT_JSON:
        content = {**binary, "datacontenttype": content_type or "application/json", "data": content}
    elif kind not in (EVENT_JSON, "application/json", ""):
        return [
            rejected(body, problem("content-type", value=content_type, expected=EVENT_JSON), inside=first_id(content))
        ]
    if isinstance(content, list):
        return [rejected(body, problem("not-cloudevent", detail=_A_LIST), inside=first_id(content))]
    return [read(content)]


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
