"""Whatever a partner sends: reading never raises, and names every fault so that a person can mend it."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.events.base import Event
from shared.events.catalogue import by_type
from shared.events.envelope import (
    BATCH_JSON,
    EVENT_JSON,
    Faulty,
    read_message,
)

from .spoiling import JSON, NOW, SECRET, STRANGE, TYPES, check, drop, each_type, example_of, places, put, read


@each_type
def test_every_field_wrong_in_every_way(kind: type[Event]) -> None:
    """Each place of the example takes each strange value: read, or refused with faults that can be found and read."""
    content = example_of(kind)
    for place in places(content):
        for value in STRANGE:
            changed = put(content, place, value)
            event = read(changed, kind)
            if isinstance(event, Faulty):
                assert event.problems
                check(changed, event.problems)


@each_type
def test_every_missing_field_is_named(kind: type[Event]) -> None:
    """What is required and left out is pointed at; what is optional may be left out."""
    content = example_of(kind)
    required = {"specversion", "id", "source", "type", "time"}
    for place in places(content):
        event = read(drop(content, place), kind)
        if place in [(name,) for name in required]:
            assert isinstance(event, Faulty)
            assert (f"/{place[0]}", "missing") in [(p.pointer, p.code) for p in event.problems]
        elif isinstance(event, Faulty):
            assert place[0] == "data"
            check(drop(content, place), event.problems)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_anything_at_all_can_be_read(data: st.DataObject) -> None:
    """Any JSON, anywhere in any event, and several at once."""
    kind = data.draw(st.sampled_from(TYPES))
    content = example_of(kind)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(list(places(content))))
        content = put(content, place, data.draw(JSON))
    event = read(content, kind)
    if isinstance(event, Faulty):
        check(content, event.problems)


@settings(max_examples=200, deadline=None)
@given(
    body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    content_type=st.sampled_from([None, "", EVENT_JSON, BATCH_JSON, "application/json", "text/plain", "\\xff; x=y"]),
    headers=st.dictionaries(st.sampled_from(["ce-id", "ce-type", "ce-specversion", "cloudEvents:type", "x"]), JSON),
)
@example(body=b"[" * 5000, content_type=EVENT_JSON, headers={})
@example(body=b'{"a":1e400}', content_type=EVENT_JSON, headers={})
@example(body=b'{"id":"\\ud800"}', content_type=EVENT_JSON, headers={})
@example(body=b'["\\ud800", {"a": "\\ud800"}]', content_type=BATCH_JSON, headers={})
@example(body=b"[" * 150 + b"]" * 150, content_type=EVENT_JSON, headers={})
@example(body=b'{"a":' * 190 + b"1" + b"}" * 190, content_type=EVENT_JSON, headers={})
def test_any_message_can_be_read(body: bytes, content_type: str | None, headers: dict[str, Any]) -> None:
    """Whatever bytes, content type and headers: at least one outcome, and none of it raises."""
    arrivals = read_message(body, content_type, headers, partner="omzien", routing_key="x.v1", now=NOW)
    assert arrivals
    for one in arrivals:
        assert len(one.sha256) == 32
        if isinstance(one.event, Faulty):
            assert one.event.problems
            for problem in one.event.problems:
                json.loads(problem.model_dump_json())


@each_type
def test_personal_values_are_never_echoed(kind: type[Event]) -> None:
    """A wrong mail address, name, number or open text is pointed at, and not repeated."""
    content = example_of(kind)
    for place in places(content):
        if place[0] != "data" or len(place) < 2 or place[1] not in kind.personal:
            continue
        for value in (SECRET, [SECRET], {"x": SECRET}, {SECRET: 1}, SECRET * 300):
            event = read(put(content, place, value), kind)
            if isinstance(event, Faulty):
                told = "".join(f"{p.value}{p.nl}{p.en}" for p in event.problems)
                assert SECRET not in told, place


def test_all_faults_at_once() -> None:
    """Three mistakes are three faults, the envelope's and the data's together."""
    content = example_of(by_type()["initiative-reported.v1"])
    content["time"] = "gisteren"
    content["data"] |= {"kind": "kerk", "founded": "ca. 2014"}
    event = read(content, by_type()["initiative-reported.v1"])
    assert isinstance(event, Faulty)
    assert {(p.pointer, p.code) for p in event.problems} == {
        ("/time", "time"),
        ("/data/kind", "not-in-list"),
        ("/data/founded", "year"),
    }


def test_a_fault_of_the_envelope_does_not_hide_those_of_the_answers() -> None:
    """A response whose time is none and whose answers are wrong hears of both, though each field has its type."""
    kind = by_type()["survey-response-submitted.v1"]
    content = example_of(kind)
    content["time"] = "gisteren"
    content["data"]["answers"] |= {"H.erkenning": "reusachtig"}
    event = read(content, kind)
    assert isinstance(event, Faulty)
    assert {("/time", "time"), ("/data/answers/H.erkenning", "not-in-list")} <= {
        (p.pointer, p.code) for p in event.problems
    }
