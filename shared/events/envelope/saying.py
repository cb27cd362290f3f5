"""Writing what we say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pydantic_core import to_json

from shared.events.base import Event

from .form import BATCH_LIMIT, MESSAGE_LIMIT_BYTES, new_id

_SAID = (
    b'{"specversion":"1.0","id":"%b","source":%b,"type":"%b","time":%b,"subject":%b,"datacontenttype":"application/json"'
    b'%b,"data":%b}'
)


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
    more = b"" if not traceparent else b',"traceparent":%b' % to_json(traceparent)
    if sequence is not None:
        more += b',"sequence":%d' % sequence
    return _SAID % (
        new_id().encode(),
        _json(source),
        data.wire_type().encode(),
        _json(_moment(time)),
        to_json(data.subject()),
        more,
        data.wire_json(),
    )


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
        "time": _moment(time),
        "subject": data.subject(),
        "datacontenttype": "application/json",
    }
    if traceparent:
        attributes["traceparent"] = traceparent
    if sequence is not None:
        attributes["sequence"] = sequence
    return attributes


@lru_cache(maxsize=16)
def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


_json = lru_cache(maxsize=16)(to_json)
"""Of what is said again and again: our own source, the time of one transaction."""


def dump_event(event: Mapping[str, Any]) -> bytes:
    """An event as the bytes of a message (`EVENT_JSON`)."""
    return to_json(event)


def join_batch(bodies: Iterable[bytes]) -> bytes:
    """Events, each already dumped, as one batch (`BATCH_JSON`)."""
    return b"[" + join_events(bodies) + b"]"


join_events = b",".join
"""Events, each already dumped, as they stand in a batch."""


def split_batches(
    sizes: Sequence[int],
    counts: Sequence[int] | None = None,
    *,
    limit: int = BATCH_LIMIT,
    limit_bytes: int = MESSAGE_LIMIT_BYTES,
) -> list[slice]:
    """How to cut events of these sizes (bytes) into messages that keep both limits; `counts` where several go as one."""
    cuts, start, total, events = [], 0, 2, 0
    for i, size in enumerate(sizes):
        count = counts[i] if counts else 1
        if i > start and (events + count > limit or total + size + 1 > limit_bytes):
            cuts.append(slice(start, i))
            start, total, events = i, 2, 0
        total += size + 1
        events += count
    if start < len(sizes):
        cuts.append(slice(start, len(sizes)))
    return cuts
