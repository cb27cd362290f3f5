"""A message that is refused as a whole can be found again by who sent it."""

import hashlib
import json

import pytest

from shared.events.envelope import (
    BATCH_JSON,
    EVENT_JSON,
    EVENT_LIMIT_BYTES,
)

from .spoiling import whole


@pytest.mark.parametrize(
    ("body", "content_type", "found"),
    [
        (b"{not json", EVENT_JSON, "m1"),
        (b"x" * (1024 * 1024 + 1), EVENT_JSON, "m1"),
        (b'{"id": "e1", "x": "' + b"x" * EVENT_LIMIT_BYTES + b'"}', EVENT_JSON, "e1"),
        (b'{"id": "e1"}', "text/html", "e1"),
        (b"{}", "text/html", "m1"),
        (b"{}", EVENT_JSON, "m1"),
        (b'{"id": ""}', EVENT_JSON, "m1"),
        (b'[{"id": 7}, {"id": "e2"}]', EVENT_JSON, "e2"),
        (json.dumps([{"id": f"e{n}"} for n in range(101)]).encode(), BATCH_JSON, "e0"),
        (b'[{"id": "e1", "type": "a"}, {"id": "e2", "type": "b"}]', BATCH_JSON, "e1"),
        (b"[]", BATCH_JSON, "m1"),
        (b'["text"]', BATCH_JSON, "m1"),
    ],
)
def test_a_message_refused_as_a_whole_can_be_found(body: bytes, content_type: str, found: str) -> None:
    """By the first id in it, else by the message's own, and by the hash of what was sent; none of them is an event's id."""
    event = whole(body, content_type, message_id="m1")
    assert event.found_by is not None
    assert event.found_by.id == found
    assert event.found_by.sha256 == hashlib.sha256(body).hexdigest()
    assert event.id is None


@pytest.mark.parametrize("message_id", [None, "", "  ", "m\n1", "\u202em1", "\udcff", "m" * 201])
def test_a_message_id_that_cannot_be_shown_is_left_out(message_id: str | None) -> None:
    """It is repeated in an answer only if it is short and printable."""
    event = whole(b"{not json", message_id=message_id)
    assert event.found_by is not None
    assert event.found_by.id is None


def test_an_event_with_an_id_is_found_by_that_alone() -> None:
    """The message's id says nothing about it."""
    assert whole(b'{"id": "e1"}', message_id="m1").found_by is None
