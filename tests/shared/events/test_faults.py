"""Whatever a partner sends: reading never raises, and names every fault so that a person can mend it."""

import copy
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.events.base import PARTNER, Event, Received
from shared.events.catalogue import by_type
from shared.events.codelists import codelist
from shared.events.envelope import (
    BATCH_JSON,
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
from shared.events.problems import CODES, Problem
from shared.events.schema import EXAMPLES
from shared.events.tracing import trace_id

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TYPES = [kind for kind in by_type().values() if kind.owner == PARTNER]
SECRET = "zeer.geheim.van.iemand"
each_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.type)

STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**70,
    1e308,
    "",
    "   ",
    "x" * 6000,
    "2026-13-45",
    "2026-13-45T99:00:00Z",
    "\u202eomgekeerd",
    "\x00",
    "\ud800",
    [],
    {},
    [[[]]],
    [None],
    ["x", "x"],
    {"x": {"y": "z"}},
    {"": 1, "a/b": 2, "~": 3},
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def example_of(kind: type[Event]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EXAMPLES / f"{kind.type}.json").read_text("utf-8"))
    return content


def places(content: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, the document itself left out."""
    inside = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inside:
        yield (*at, key)
        yield from places(value, (*at, key))


def put(content: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(content)
    spot: Any = changed
    for key in place[:-1]:
        spot = spot[key]
    spot[place[-1]] = value
    return changed


def drop(content: dict[str, Any], place: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(content)
    spot: Any = changed
    for key in place[:-1]:
        spot = spot[key]
    del spot[place[-1]]
    return changed


def resolves(content: Any, pointer: str) -> bool:
    """Whether a pointer names something in the document, or something that is missing from what is there."""
    spot, parts = content, pointer.split("/")[1:]
    for n, part in enumerate(parts):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(spot, dict) and key in spot:
            spot = spot[key]
        elif isinstance(spot, list) and key.isdigit() and int(key) < len(spot):
            spot = spot[int(key)]
        else:
            return n == len(parts) - 1
    return True


def check(content: Any, problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        assert problem.code in CODES
        assert problem.nl
        assert problem.en
        assert problem.pointer == "" or problem.pointer.startswith("/")
        assert resolves(content, problem.pointer), (problem.pointer, problem.code)
        json.loads(problem.model_dump_json())


def read(content: Any, kind: type[Event]) -> Received[Event] | Faulty:
    return read_event(content, partner="omzien", routing_key=kind.type, now=NOW).event


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


REPORTED = by_type()["initiative-reported.v1"]


def told(content: Any, kind: type[Event] = REPORTED) -> dict[str, Problem]:
    """The faults of a content, by pointer."""
    event = read(content, kind)
    assert isinstance(event, Faulty)
    return {p.pointer: p for p in event.problems}


def whole(body: bytes, content_type: str = EVENT_JSON, **known: Any) -> Faulty:
    """A message that is refused as one."""
    [arrived] = read_message(body, content_type, {}, partner="omzien", routing_key="x.v1", now=NOW, **known)
    assert isinstance(arrived.event, Faulty)
    return arrived.event


def test_a_list_of_codes_is_never_cut() -> None:
    """Whoever chose a wrong code reads every code that is right; what he wrote himself is cut."""
    content = example_of(REPORTED)
    content["data"] |= {"kind": "x" * 5000, "activities": [{"activity": "dansen"}]}
    faults = told(content)
    for name, at in (("kind", "/data/kind"), ("activity", "/data/activities/0/activity")):
        assert ", ".join(codelist(name)) in faults[at].nl
        assert ", ".join(codelist(name)) in faults[at].en
    assert "x" * 201 not in faults["/data/kind"].nl
    faults = told(content | {"subject": ["x"] * 5000})
    assert len(faults["/subject"].value) <= 200


@each_type
def test_each_text_keeps_to_its_language(kind: type[Event]) -> None:
    """No Dutch text holds an English word for a kind of value, and the other way round; neither names Python's types."""
    content = example_of(kind)
    english = re.compile(r"\b(text|number|list|digits?|str|int|dict|NoneType|bool|whole)\b")
    dutch = re.compile(r"\b(tekst|getal|lijst|cijfers?|datum|tijdstip|waarde|geen|een)\b")
    for place in places(content):
        for value in STRANGE:
            event = read(put(content, place, value), kind)
            for p in event.problems if isinstance(event, Faulty) else ():
                if p.code in ("type", "phone", "date", "time", "too-short", "year", "number"):
                    assert not english.search(p.nl), p.nl
                    assert not dutch.search(p.en), p.en


def test_not_json_is_said_in_both_languages() -> None:
    """Where reading stopped stands in Dutch in the Dutch text."""
    [fault] = whole(b'{"a": 1').problems
    assert "fout op regel 1, positie 7" in fault.nl
    assert "line 1 column 7" in fault.en


def test_a_list_sent_as_one_event_is_told_how_lists_are_sent() -> None:
    """The content type of a batch is named."""
    [fault] = whole(b"[{}, {}]").problems
    assert fault.code == "not-cloudevent"
    assert BATCH_JSON in fault.nl
    assert BATCH_JSON in fault.en


def test_the_data_have_a_content_type_of_their_own() -> None:
    """A wrong datacontenttype is answered with the one for data, not with the one for messages."""
    fault = told(example_of(REPORTED) | {"datacontenttype": "text/xml"})["/datacontenttype"]
    assert fault.nl.endswith("Gebruik application/json.")
    assert fault.en.endswith("Use application/json.")


def test_a_day_that_does_not_exist_is_called_so() -> None:
    """Month 13 has the form of a date, and is none."""
    content = example_of(REPORTED)
    content["data"]["memberSince"] = "2015-13-01"
    fault = told(content)["/data/memberSince"]
    assert fault.code == "date"
    assert fault.nl.startswith("2015-13-01 is geen bestaande datum.")
    assert fault.en.startswith("2015-13-01 is not an existing date.")


def test_one_character_is_not_characters() -> None:
    """The smallest length is counted in good Dutch and English."""
    content = example_of(REPORTED)
    content["data"] |= {"externalId": "", "name": "x"}
    faults = told(content)
    assert faults["/data/externalId"].nl.endswith("minstens 1 teken.")
    assert faults["/data/externalId"].en.endswith("at least 1 character.")
    assert faults["/data/name"].nl.endswith("minstens 2 tekens.")


def test_a_value_that_is_not_repeated_is_this_value() -> None:
    """A personal value is left out of the sentence, which still reads as one."""
    content = example_of(REPORTED)
    content["data"]["contact"]["consents"][0]["purpose"] = SECRET
    fault = told(content)["/data/contact/consents/0/purpose"]
    assert fault.nl.startswith("Deze waarde staat niet in de lijst.")
    assert fault.en.startswith("This value is not in the list.")


def test_a_wrong_routing_key_is_shown_as_it_was_sent() -> None:
    """With the partner's name before it, as the right one is."""
    event = read_event(example_of(REPORTED), partner="omzien", routing_key="signal-reported.v1", now=NOW).event
    assert isinstance(event, Faulty)
    [fault] = event.problems
    assert fault.value == "omzien.signal-reported.v1"
    assert "omzien.signal-reported.v1" in fault.nl
    assert "omzien.initiative-reported.v1" in fault.nl


def test_an_unknown_type_is_told_where_the_types_are() -> None:
    """Where the platform serves the contract, beside the explanation of the code."""
    fault = told(example_of(REPORTED) | {"type": "nl.zorgzame-gemeenschappen.feest.v1"})["/type"]
    assert fault.nl.endswith(": /contract.")
    assert fault.en.endswith(": /contract.")
    assert urlsplit(fault.documentation).path.startswith("/contract/")


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
