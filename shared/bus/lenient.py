"""Reading AMQP properties that RabbitMQ accepts and pamqp 4.0 does not.

Bytes that are not UTF-8 in a short string or header key, and timestamps beyond the year 9999, make pamqp raise in the
client's reader: the whole connection dies, and every message that was on it is delivered again. Here they are read as
well as can be; the event itself is judged by its body. `delivery_mode` other than 1 or 2 is taken for persistent.
"""

import struct
from datetime import UTC, datetime
from typing import Any

from aio_pika.abc import DeliveryMode
from pamqp import decode

_LATEST = datetime(9999, 12, 31, tzinfo=UTC)
_LAST_SECOND_OF_32_BITS = 0xFFFFFFFF


def _short_string(value: bytes) -> tuple[int, str]:
    length = value[0]
    return length + 1, bytes(value[1 : length + 1]).decode("utf-8", "backslashreplace")


def _timestamp(value: bytes) -> tuple[int, datetime]:
    seconds: float = struct.unpack(">Q", value[:8])[0]
    if seconds > _LAST_SECOND_OF_32_BITS:
        seconds /= 1000.0
    try:
        return 8, datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return 8, _LATEST


def _table(value: bytes) -> tuple[int, dict[str, Any]]:
    end = 4 + struct.unpack(">I", value[:4])[0]
    if end > len(value):
        raise ValueError("a table longer than its frame")
    offset, table = 4, {}
    while offset < end:
        length = value[offset]
        key = bytes(value[offset + 1 : offset + 1 + length]).decode("utf-8", "backslashreplace")
        offset += 1 + length
        used, table[key] = decode.embedded_value(value[offset:])
        offset += used
    return end, table


def install() -> None:
    """Puts the lenient readers in place, for this process; call it before any connection is made."""
    decode.short_str, decode.timestamp, decode.field_table = _short_string, _timestamp, _table
    decode.METHODS.update(shortstr=_short_string, timestamp=_timestamp, table=_table)
    decode.TABLE_MAPPING.update({b"T": _timestamp, b"F": _table})
    DeliveryMode._missing_ = classmethod(lambda cls, _value: cls.PERSISTENT)  # type: ignore[assignment, method-assign]
