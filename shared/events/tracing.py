"""W3C trace context: one trace id follows what a partner said through every service, its logs, its facts, its answer."""

import re
from functools import lru_cache

import uuid_utils

_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")


def child_of(traceparent: str | None) -> str:
    """A traceparent in the same trace (a new trace without one, or with one that is not valid), with its own span."""
    return f"00-{trace_id(traceparent) or uuid_utils.uuid4().hex}-{uuid_utils.uuid4().hex[:16]}-01"


@lru_cache(maxsize=1024)  # an event has an answer and some facts
def trace_id(traceparent: str | None) -> str | None:
    """The id that the events, facts, answers and log lines of one trace share."""
    return traceparent[3:35] if traceparent and _TRACEPARENT.match(traceparent) else None


def valid_or_new(traceparent: object) -> str:
    """The traceparent that came with an event; a new trace begins where there is none that can be read."""
    return traceparent if isinstance(traceparent, str) and _TRACEPARENT.match(traceparent) else child_of(None)
