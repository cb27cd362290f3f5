"""How the sender of a message finds it again, where no event in it could be told by its id."""

from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

ID_LIMIT = 200


@dataclass(frozen=True, slots=True)
class FoundBy:
    """How its sender finds a message of which no event could be told by its id. Never what makes an event this event.

    `id` is the first id that could be read in the body, else the message's own (AMQP message-id); `sha256` is the hex digest
    of the body as it was sent.
    """

    id: str | None
    sha256: str


def first_id(content: Any) -> str | None:
    """The first id that can be read in an event, or in a list of events."""
    events = content if isinstance(content, list) else [content]
    ids = (safe_id(e.get("id")) for e in events if isinstance(e, dict))
    return next((i for i in ids if i is not None), None)


def first_id_in(body: bytes) -> str | None:
    """As `first_id`, of a body that was not read because it is too large for one event."""
    try:
        return first_id(from_json(body))
    except ValueError:
        return None


def safe_id(value: Any) -> str | None:
    """An id that may be repeated to whoever sent it: printable text of at most `ID_LIMIT` characters."""
    if not isinstance(value, str) or not value.strip() or len(value) > ID_LIMIT or not value.isprintable():
        return None
    return value
