"""What a partner reads of a fault: what was wrong, where, and what would be right, in its own language."""

import re
from typing import Any
from urllib.parse import urlsplit

from shared.events.base import Event
from shared.events.catalogue import by_type
from shared.events.codelists import codelist
from shared.events.envelope import (
    BATCH_JSON,
    Faulty,
    read_event,
)
from shared.events.problems import Problem

from .spoiling import NOW, SECRET, STRANGE, each_type, example_of, places, put, read, whole

REPORTED = by_type()["initiative-reported.v1"]


def told(content: Any, kind: type[Event] = REPORTED) -> dict[str, Problem]:
    """The faults of a content, by pointer."""
    event = read(content, kind)
    assert isinstance(event, Faulty)
    return {p.pointer: p for p in event.problems}


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
