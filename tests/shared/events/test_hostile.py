"""What somebody who means harm puts in an event: each is refused with its field named, or read as no more than text."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.events.base import PARTNER, Event, Received
from shared.events.catalogue import by_type
from shared.events.envelope import BATCH_JSON, EVENT_JSON, Faulty, canonical, read_event, read_message

from .spoiling import NOW, example_of, places, put

TYPES = sorted((kind for kind in by_type().values() if kind.owner == PARTNER), key=lambda kind: kind.type)
UNSEEN = {
    "NUL": "\x00",
    "backspace": "\x08",
    "escape": "\x1b",
    "return": "\r",
    "next line": "\x85",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "right-to-left override": "\u202e",
    "right-to-left isolate": "\u2067",
    "Arabic letter mark": "\u061c",
    "byte order mark": "\ufeff",
}
REPORTED, SIGNAL = by_type()["initiative-reported.v1"], by_type()["signal-reported.v1"]
MORE = {"initiative-reported.v1": {"address": "Dorpsstraat 1"}, "signal-reported.v1": {"region": "GM0344"}}
"""Fields that the examples leave out."""


def whole(kind: type[Event]) -> dict[str, Any]:
    content = example_of(kind)
    content["data"] |= MORE.get(kind.type, {})
    if kind is REPORTED:
        content["data"]["website"] = "https://austerlitzzorgt.example/wie-zijn-wij?taal=nl"
    return content


def told(content: dict[str, Any], kind: type[Event]) -> set[tuple[str, str]] | None:
    """The faults by pointer and code; None for an event that was read."""
    event = read_event(content, partner="omzien", routing_key=kind.type, now=NOW).event
    return {(p.pointer, p.code) for p in event.problems} if isinstance(event, Faulty) else None


def texts(kind: type[Event]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text in the data of the example, with where it stands."""
    content = whole(kind)
    for place in places(content):
        value: Any = content
        for step in place:
            value = value[step]
        if place[0] == "data" and isinstance(value, str):
            yield place, value


def spoiled(text: str, mark: str) -> tuple[str, str, str]:
    return mark + text, text[:2] + mark + text[2:], text + mark


@pytest.mark.parametrize("mark", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.type)
def test_what_cannot_be_seen_is_in_no_text(kind: type[Event], mark: str) -> None:
    """Control characters, separators of lines and marks that turn the direction of writing: in whatever field, at whatever
    place in it, the event is refused and the field is named. At the ends, what counts as white space is taken off."""
    for place, text in texts(kind):
        at = "/" + "/".join(map(str, place))
        for wrong in spoiled(text, mark):
            content = put(whole(kind), place, wrong)
            faults = told(content, kind)
            if faults is None:
                event = read_event(content, partner="omzien", routing_key=kind.type, now=NOW).event
                assert isinstance(event, Received)
                if place[1] == "answers":
                    continue  # judged by the questionnaire, which is the taker's: see the next test
                assert mark not in json.dumps(event.data.wire(), ensure_ascii=False), (at, wrong)
                assert mark.isspace(), (at, wrong)
            else:
                assert {pointer for pointer, _ in faults} == {at}, wrong


@pytest.mark.parametrize("mark", UNSEEN.values(), ids=UNSEEN)
def test_nor_in_an_answer(mark: str) -> None:
    """The open texts of a questionnaire are judged alike."""
    kind = by_type()["survey-response-submitted.v1"]
    data = whole(kind)["data"]
    for place, text in texts(kind):
        if place[1] != "answers" or len(place) != 3:
            continue
        name = str(place[2])
        wrong = text[:2] + mark + text[2:]
        found = kind.further_faults({**data, "answers": {**data["answers"], name: wrong}})
        assert [p.pointer for p in found] == [f"/data/answers/{name}"]


def test_open_text_may_have_lines() -> None:
    """Where people tell something, and where they read what they agree to, a new line is no fault."""
    signal, reported = whole(SIGNAL), whole(REPORTED)
    signal["data"]["text"] = "Eerst dit.\r\n\r\n- en\tdat"
    reported["data"]["contact"]["consents"][0]["text"] = "Ja.\nIk vind het goed."
    assert told(signal, SIGNAL) is None
    assert told(reported, REPORTED) is None


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)//x.example",
        "javascript://x.example/%0aalert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x.example",
        "file:///etc/passwd",
        "//x.example",
        "https://jan:geheim@x.example",
        "https://x.example\n.evil.example/",
        "https://x.example/\x00",
        "https://x.example/\u202egpj.exe",
        "https:x.example",
    ],
)
def test_a_website_is_a_website(address: str) -> None:
    """Nothing that a browser would run, and nothing that hides where it leads."""
    content = put(whole(REPORTED), ("data", "website"), address)
    faults = told(content, REPORTED)
    assert faults
    assert {pointer for pointer, _ in faults} == {"/data/website"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("region", "NL\n"), ("region", "GM0344\n"), ("region", "gm0344"), ("region", "../NL"), ("externalId", "")],
)
def test_a_code_is_that_code_and_no_more(field: str, value: str) -> None:
    """Codes go into addresses and routing: an end of line behind one is no part of it."""
    content = whole(SIGNAL)
    content["data"] |= {field: value}
    if value:
        assert told(content, SIGNAL) == {(f"/data/{field}", "format")}
    else:
        assert told(content, SIGNAL) is None, "empty is left out"


HUGE = [10**400, -(10**400), 2**63, 2**64, 1e308, -1e308]


@pytest.mark.parametrize("number", HUGE, ids=lambda n: f"{n:.1e}" if isinstance(n, float) else f"{len(str(n))} digits")
@pytest.mark.parametrize(
    "place",
    [
        ("data", "founded"),
        ("data", "numbers", "members"),
        ("data", "numbers", "paidFte"),
        ("data", "name"),
        ("data", "kvkNumber"),
        ("sequence",),
        ("time",),
        ("id",),
    ],
    ids=".".join,
)
def test_a_number_may_be_as_large_as_it_means_something(place: tuple[str, ...], number: float) -> None:
    """Larger ones are refused at their field, however large, and the answer can be written down."""
    content = whole(REPORTED)
    content["data"]["numbers"] = {"members": 1, "paidFte": 0.5}
    content = put(content, place, number)
    event = read_event(content, partner="omzien", routing_key=REPORTED.type, now=NOW).event
    assert isinstance(event, Faulty)
    assert {p.pointer for p in event.problems} == {"/" + "/".join(place)}
    assert all(len(p.model_dump_json()) < 2000 for p in event.problems)


@pytest.mark.parametrize(
    "value",
    [
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        '"\\ud800"',
        '"\\udfff\\ud800"',
        "9" * 5000,
        "0x10",
        "01",
        "'x'",
    ],
    ids=lambda value: value[:14],
)
@pytest.mark.parametrize("kind", [EVENT_JSON, BATCH_JSON])
def test_what_json_does_not_have_is_not_read(value: str, kind: str) -> None:
    """Numbers without end, halves of characters: the message is refused as one, in a field that nobody knows too."""
    body = json.dumps(whole(REPORTED))[:-1] + f', "anders": {value}' + "}"
    wire = f"[{body}]" if kind == BATCH_JSON else body
    [arrived] = read_message(wire.encode(), kind, {}, partner="omzien", routing_key=REPORTED.type, now=NOW)
    assert isinstance(arrived.event, Faulty)
    assert [p.code for p in arrived.event.problems] == ["not-json"]


def test_a_name_that_is_there_twice_counts_once() -> None:
    """Of a name that is there twice the last is read, judged and hashed; nobody reads the first and keeps the last."""
    body = json.dumps(whole(REPORTED))
    twice = body[:-1] + ', "id": "tweede", "data": {"externalId": "1", "externalId": "2", "name": "Tweede"}}'
    [arrived] = read_message(twice.encode(), EVENT_JSON, {}, partner="omzien", routing_key=REPORTED.type, now=NOW)
    assert isinstance(arrived.event, Received)
    assert arrived.event.id == "tweede"
    assert arrived.event.data.wire()["externalId"] == "2"
    assert arrived.body == canonical(json.loads(twice))
    twice = body[:-1] + ', "source": "urn:burenbus:partner:ander"}'
    [arrived] = read_message(twice.encode(), EVENT_JSON, {}, partner="omzien", routing_key=REPORTED.type, now=NOW)
    assert isinstance(arrived.event, Received)
    assert arrived.event.source == "urn:burenbus:partner:ander", "the identity that is checked is the one that counts"


@pytest.mark.parametrize("levels", [150, 5000, 30_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_nesting_ends_somewhere(levels: int, opening: str) -> None:
    """In the data, in a field that nobody knows, or as the whole message: read or refused, never a fault of ours."""
    deep = opening * levels + "1" + ("]" if opening == "[" else "}") * levels
    within = json.dumps(whole(REPORTED))[:-1] + f', "anders": {deep}' + "}"
    for body in (deep, within, within.replace('"anders"', '"data"')):
        for kind in (EVENT_JSON, BATCH_JSON):
            wire = body if kind == EVENT_JSON else f"[{body}]"
            for arrived in read_message(wire.encode(), kind, {}, partner="omzien", routing_key=REPORTED.type, now=NOW):
                if isinstance(arrived.event, Faulty):
                    assert {p.code for p in arrived.event.problems} & {
                        "too-deep", "too-large", "missing", "not-cloudevent", "type", "not-json",
                    }  # fmt: skip
                else:
                    assert levels < 200


def test_an_unknown_field_is_pointed_at_where_it_is() -> None:
    """Its name may hold what has a meaning in a pointer."""
    content = whole(REPORTED)
    content["data"] |= {"../naam": 1, "a~b": 2}
    event = read_event(content, partner="omzien", routing_key=REPORTED.type, now=NOW).event
    assert isinstance(event, Received)
    assert set(event.unknown) == {"/data/..~1naam", "/data/a~0b"}
