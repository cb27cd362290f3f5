"""Whatever is answered, the check judges it, and what it keeps is right."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.events.problems import CODES
from shared.events.questionnaire import DO_NOT_KNOW, Kind, check

from .asked import ASKED, RIGHT

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(DO_NOT_KNOW),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _right(code: str) -> st.SearchStrategy[Any]:
    """Right answers to one field."""
    field = ASKED.fields[code]
    codes = st.sampled_from([o.code for o in field.options]) if field.options else st.nothing()
    strategies: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.ONE: codes,
        Kind.MANY: st.lists(codes.filter(lambda c: c != "geen"), min_size=1, unique=True),
        Kind.PARTNERS: st.lists(st.sampled_from(["omzien", "zorgnet"]), min_size=1, unique=True),
        Kind.NUMBER: st.integers(0, 10_000_000) | codes.filter(lambda c: c != "0"),
        Kind.MARK: st.integers(1, 5),
        Kind.CONSENT: st.booleans(),
        Kind.YEAR: st.integers(1800, 2100),
        Kind.POSTCODE: st.integers(1000, 9999).map(str),
    }
    words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40)
    return strategies.get(field.kind, words)


@given(st.dictionaries(st.sampled_from(list(ASKED.fields)) | st.text(max_size=10), _JSON, max_size=12))
def test_anything_is_judged_and_said_in_both_languages(answers):
    """Whatever is sent, the check returns; every fault has a known code, a pointer and a text in both languages."""
    checked = check(ASKED, answers)
    json.dumps(checked.answers, allow_nan=False)
    for fault in checked.problems:
        assert fault.code in CODES
        assert fault.pointer.startswith("/data/answers/")
        assert fault.nl
        assert fault.en


@given(st.fixed_dictionaries({}, optional={code: _right(code) for code in ASKED.fields}))
def test_right_answers_to_what_is_asked_are_taken_as_they_are(answers):
    """Any combination of right answers is accepted, once what does not apply is left out; and is its own one form."""
    asked = ASKED.applicable({**RIGHT, **answers})
    if asked.get("F2.grootste") not in asked.get("F2", ()):
        asked.pop("F2.grootste", None)
    checked = check(ASKED, asked)
    assert checked.problems == ()
    assert check(ASKED, checked.answers).answers == checked.answers


@given(st.fixed_dictionaries({}, optional={code: _right(code) | _JSON for code in ASKED.fields}))
def test_what_was_kept_is_right(answers):
    """What is kept of wrong answers is itself without faults of form, whatever else was wrong."""
    again = check(ASKED, check(ASKED, answers).answers).problems
    assert {p.code for p in again} <= {"answer-required", "not-applicable", "inconsistent"}
