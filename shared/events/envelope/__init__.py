"""CloudEvents 1.0 on the wire, after the NL GOV profile: reading what came, and writing what we say.

Reading never raises for bad input: it gives the event or every fault (`Faulty`). Limits: 64 KB an event, 100 events and
1 MiB a message, 200 levels deep.
"""

from .event import read_event
from .form import (
    BATCH_JSON,
    BATCH_LIMIT,
    CLOCK_SKEW,
    EVENT_JSON,
    EVENT_LIMIT_BYTES,
    MESSAGE_LIMIT_BYTES,
    Arrived,
    Faulty,
    canonical,
    new_id,
)
from .message import read_message
from .saying import dump_event, join_batch, join_events, say_event, split_batches, write_event

__all__ = [
    "BATCH_JSON",
    "BATCH_LIMIT",
    "CLOCK_SKEW",
    "EVENT_JSON",
    "EVENT_LIMIT_BYTES",
    "MESSAGE_LIMIT_BYTES",
    "Arrived",
    "Faulty",
    "canonical",
    "dump_event",
    "join_batch",
    "join_events",
    "new_id",
    "read_event",
    "read_message",
    "say_event",
    "split_batches",
    "write_event",
]
