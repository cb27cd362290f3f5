"""The envelope: what is written is read the same, in whatever order, at whatever clock."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.events.base import PARTNER, Event, Received
from shared.events.catalogue import by_type
from shared.events.envelope import (
    EVENT_JSON,
    EVENT_LIMIT_BYTES,
    Faulty,
    canonical,
    dump_event,
    read_event,
    read_message,
    split_batches,
    write_event,
)
from shared.events.tracing import trace_id

from .spoiling import JSON, NOW, example_of, read


@pytest.mark.parametrize("kind", list(by_type().values()), ids=lambda kind: kind.type)
def test_what_is_written_is_read_the_same(kind: type[Event]) -> None:
    """Every type: written, dumped and read again it is the same event."""
    partner = "omzien" if kind.owner == PARTNER else None
    before = read_event(example_of(kind), partner=partner, routing_key=kind.type, now=NOW).event
    assert isinstance(before, Received)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    body = dump_event(
        write_event(before.data, source=before.source, time=before.time, id="e1", traceparent=trace, sequence=7)
    )
    [arrived] = read_message(body, EVENT_JSON, {}, partner=partner, routing_key=kind.type, now=NOW)
    assert isinstance(arrived.event, Received)
    assert arrived.event.data == before.data
    assert (arrived.event.id, arrived.event.time, arrived.event.sequence) == ("e1", before.time, 7)
    assert trace_id(arrived.event.traceparent) == trace_id(trace)


@given(st.data())
def test_the_hash_does_not_depend_on_order(data: st.DataObject) -> None:
    """Keys in any order, at any depth, give one canonical text; another value gives another."""
    content = data.draw(st.dictionaries(st.text(max_size=5), JSON, max_size=5))

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            keys = data.draw(st.permutations(list(value)))
            return {key: turned(value[key]) for key in keys}
        return [turned(v) for v in value] if isinstance(value, list) else value

    assert canonical(turned(content)) == canonical(content)
    assert canonical({**content, "another": 1}) != canonical({**content, "another": 2})


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
@example({"number": 2**64, "of": {"digits": -(10**400)}})
@example({"b": None, "a": "null", "é": 1e22})
def test_the_canonical_text_says_all_that_was_said(content: dict[str, Any]) -> None:
    """Whatever the size of a number: read again it is the same; its keys stand in order."""
    text = canonical(content)
    assert json.loads(text) == content
    assert list(json.loads(text)) == sorted(content)


@pytest.mark.parametrize("content", [{"a": math.inf}, {"a": [None, -math.inf]}, {"a": {"b": math.nan}}])
def test_what_is_no_number_has_no_text(content: dict[str, Any]) -> None:
    """Infinity is not said as nothing."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(content)


@given(st.lists(st.integers(1, EVENT_LIMIT_BYTES), max_size=400))
def test_batches_keep_both_limits(sizes: list[int]) -> None:
    """Cuts are in order, leave nothing out, and hold at most a hundred events and 1 MiB."""
    cuts = split_batches(sizes)
    assert [n for cut in cuts for n in range(cut.start, cut.stop)] == list(range(len(sizes)))
    for cut in cuts:
        batch = sizes[cut]
        assert 1 <= len(batch) <= 100
        assert sum(batch) + len(batch) + 1 <= 1024 * 1024


def test_a_clock_that_runs_ahead() -> None:
    """Ten minutes are forgiven."""
    content = example_of(by_type()["signal-reported.v1"])
    kind = by_type()["signal-reported.v1"]
    assert isinstance(read({**content, "time": "2026-11-01T00:10:00Z"}, kind), Received)
    late = read({**content, "time": "2026-11-01T00:10:01Z"}, kind)
    assert isinstance(late, Faulty)
    assert [p.code for p in late.problems] == ["future"]


def test_a_fact_said_by_a_clock_that_ran_ahead() -> None:
    """It is heard: refused, what a service decided in that time would be lost to all others."""
    [fact] = [kind for kind in by_type().values() if kind.type == "initiative-registered.v1"]
    content = {**example_of(fact), "time": "2026-11-01T01:00:00Z"}
    heard = read_event(content, partner=None, routing_key=None, now=NOW)
    assert isinstance(heard.event, Received)
