"""Answers judged all at once, against the same answers read one by one."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.questionnaire import DO_NOT_KNOW, Kind, check, plain, questionnaire
from shared.events.questionnaire.check import one_by_one
from shared.events.questionnaire.model import Field

ASKED = questionnaire("2026.1")
RIGHT: dict[str, Any] = {
    "A1": "Buurtzorg Zeist",
    "A2.postcode": "3705 XA",
    "A2.plaats": "Zeist",
    "A2.gemeente": "GM0355",
}
_NUMBERS = (0, 1, 2.5, 1.0, -1, 6, 1799, 1800, 2100, 2101, 10_000_000, 10_000_001, 10**20, True, False, float("inf"))
_WORDS = (
    "",
    " ",
    DO_NOT_KNOW,
    f" {DO_NOT_KNOW} ",
    "iets",
    "0",
    "7",
    " 7 ",
    "7\n",
    "007",
    "1,5",
    "2019",
    "2019.0",
    "99999999999",
)
_UNSEEN = ("a\x00b", "a\r\nb", "a\nb", "a\u202eb", "\ufeff", "x" * 201, "\ud800")
_SHAPES: tuple[Any, ...] = (None, [], {}, [DO_NOT_KNOW], ["iets"], [["iets"]], [None], ["omzien", "omzien"], b"iets")


def _fitting(field: Field) -> st.SearchStrategy[Any]:
    """Mostly what fits this field, in forms in which it may come."""
    codes = st.sampled_from(field.codes) if field.codes else st.just("iets")
    if field.kind in (Kind.MANY, Kind.PARTNERS):
        return st.lists(codes, max_size=3)
    if field.kind in (Kind.NUMBER, Kind.MARK, Kind.YEAR):
        numbers = st.sampled_from([0, 1, 5, 6, 1799, 1800, 2100, 2101, 10_000_000, 10_000_001])
        return numbers | numbers.map(str) | codes
    return st.booleans() if field.kind is Kind.CONSENT else codes


_FITTING = st.fixed_dictionaries({}, optional={c: _fitting(f) for c, f in ASKED.fields.items()})


def _values(field: Field) -> Iterator[Any]:
    """Whatever may be sent in this field: what fits, what nearly fits, what does not fit."""
    yield from (*_NUMBERS, *_WORDS, *_UNSEEN, *_SHAPES)
    for code in field.codes:
        yield from (code, f" {code}", code.upper(), [code], [code, code], [field.codes[0], code], [code, DO_NOT_KNOW])


def _asking(field: Field) -> dict[str, Any]:
    """Answers by which this field is asked."""
    on = field.condition
    if on is None:
        return RIGHT
    listed = ASKED.fields[on.field].kind is Kind.MANY
    return {**_asking(ASKED.fields[on.field]), on.field: list(on.values[:1]) if listed else on.values[0]}


@pytest.mark.parametrize("code", ASKED.fields)
def test_any_one_answer_is_judged_the_same(code):
    """Whether answers are looked at together or one by one, the same is kept, in the same order, and the same refused."""
    field = ASKED.fields[code]
    for value in _values(field):
        _same({**_asking(field), code: value})
        _same({**RIGHT, code: value})


def _same(answers: dict[str, Any]) -> None:
    at_once, each = check(ASKED, answers), one_by_one(ASKED, answers)
    assert repr(at_once) == repr(each), answers  # 1, 1.0 and True are not the same answer


@given(_FITTING)
def test_whole_forms_are_judged_the_same(answers):
    """So it is for a whole form, for one of which what does not apply is left out, and for one with nothing in it."""
    _same({**RIGHT, **answers})
    _same(ASKED.applicable({**RIGHT, **answers}))
    _same(answers)


@given(_FITTING)
def test_what_has_been_taken_is_taken_at_once(answers):
    """Answers in their one form need not be read one by one again: that is what makes a full form cheap."""
    asked = ASKED.applicable(one_by_one(ASKED, {**RIGHT, **answers}).answers)
    again = one_by_one(ASKED, asked)
    if not again.problems:
        assert plain.taken(ASKED, asked, None, None) == again.answers


def test_names_of_partners_and_municipalities_are_looked_up():
    """What depends on more than the answer is asked for, also where all the rest fits."""
    said = {**RIGHT, "A8": ["omzien"]}
    assert plain.taken(ASKED, said, None, {"omzien"}) == {**said, "A2.postcode": "3705"}
    assert plain.taken(ASKED, said, None, {"zorgnet"}) is None
    assert plain.taken(ASKED, said, lambda text, postcode: f"{text} {postcode}", {"omzien"}) == {
        **said,
        "A2.postcode": "3705",
        "A2.gemeente": "GM0355 3705",
    }
    assert plain.taken(ASKED, said, lambda text, postcode: None, {"omzien"}) is None
