"""The questionnaire as data, and the check of answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.codelists import codelist
from shared.events.problems import CODES
from shared.events.questionnaire import DO_NOT_KNOW, Kind, check, questionnaire, versions

ASKED = questionnaire("2026.1")
RIGHT: dict[str, Any] = {"A1": "Buurtzorg Zeist", "A2.postcode": "3705", "A2.plaats": "Zeist", "A2.gemeente": "GM0355"}


def faults(**answers: Any) -> list[tuple[str, str]]:
    """Pointer below the answers and code of each fault of the right answers with these changed."""
    said = {**RIGHT, **{code.replace("__", "."): value for code, value in answers.items()}}
    found = check(ASKED, {k: v for k, v in said.items() if v is not ...}).problems
    return [(p.pointer.removeprefix("/data/answers/"), p.code) for p in found]


def kept(code: str, value: Any, **others: Any) -> Any:
    """How an answer is kept."""
    checked = check(ASKED, {**RIGHT, **others, code: value})
    assert checked.problems == ()
    return checked.answers.get(code)


# --- the data ---


def test_every_section_and_question_of_the_first_version_is_there():
    """The first version asks A to K, with the codes that partners use."""
    assert versions() == ("2026.1",)
    assert [s.code for s in ASKED.sections] == list("ABCDEFGHIJK")
    assert list(ASKED.questions) == (
        [
            "A1",
            "A2",
            "A3",
            "A4",
            "A5",
            "A6",
            "A7",
            "A8",
            "B1",
            "B2",
            "C",
            "D",
            "E1",
            "E2",
            "E3",
            "E4",
            "F1",
            "F2",
            "F3",
            "G",
            "H",
            "H.toelichting",
            "I1",
            "I2",
            "J",
            "K",
        ]
    )
    for code in ("D2.vervoer", "G.gemeente", "G.huisarts.cijfer", "H.erkenning", "K.op-de-kaart", "F2.grootste"):
        assert code in ASKED.fields


def test_lists_of_the_contract_are_used_where_they_exist():
    """Kinds, themes, activities, bottlenecks are those of the contract: no second list beside them."""
    for code, name in (("A4", "kind"), ("A5", "phase"), ("A6", "legal-form"), ("C", "theme"), ("D", "activity")):
        assert [o.code for o in ASKED.fields[code].options] == list(codelist(name))
    assert [f.code for f in ASKED.questions["H"].fields if f.kind is Kind.ONE] == [
        f"H.{c}" for c in codelist("bottleneck")
    ]
    assert {f.code.removeprefix("K.") for f in ASKED.questions["K"].fields} <= set(codelist("purpose"))


def test_everything_people_read_is_there_in_both_languages():
    """Every section, question, field and option reads in Dutch and in English."""
    for section in ASKED.sections:
        things: list[Any] = [section, *section.questions, *(f for q in section.questions for f in q.fields)]
        for thing in things:
            assert thing.nl.strip(), thing.code
            assert thing.en.strip(), thing.code
        for question in section.questions:
            assert question.hint is None or set(question.hint) == {"nl", "en"}
    for field in ASKED.fields.values():
        assert all(o.nl and o.en for o in field.options)


def test_a_version_that_does_not_exist_is_a_key_error():
    """Who asks for another version is told so."""
    with pytest.raises(KeyError):
        questionnaire("1999.1")


def test_six_consents_each_on_its_own():
    """Consent is asked for each purpose apart."""
    assert len(ASKED.questions["K"].fields) == 6
    assert all(f.kind is Kind.CONSENT for f in ASKED.questions["K"].fields)


# --- required, unknown, empty ---


def test_only_name_and_place_are_required():
    """All can be skipped but A1 and A2; each missing one is named."""
    found = check(ASKED, {}).problems
    assert [(p.pointer, p.code) for p in found] == [
        ("/data/answers/A1", "answer-required"),
        ("/data/answers/A2.postcode", "answer-required"),
    ]


@pytest.mark.parametrize("part", ["A2.postcode", "A2.gemeente"])
def test_a_postcode_or_a_municipality_is_place_enough(part):
    """Either tells the region."""
    assert check(ASKED, {"A1": "x", part: RIGHT[part]}).problems == ()


def test_a_place_name_alone_is_not_place_enough():
    """Bergen lies in two provinces."""
    assert [p.code for p in check(ASKED, {"A1": "x", "A2.plaats": "Bergen"}).problems] == ["answer-required"]


def test_a_required_answer_that_is_wrong_is_one_fault_not_two():
    """A wrong postcode is not also a missing one."""
    assert faults(A2__postcode="12", A2__gemeente=...) == [("A2.postcode", "postcode")]


@pytest.mark.parametrize("empty", [None, "", "   ", []])
def test_empty_is_no_answer(empty):
    """An empty string or list is an answer that was skipped."""
    assert kept("C", empty) is None


@pytest.mark.parametrize("code", ["A3", "A5", "A8", "B1", "C", "E1", "F1", "G.gemeente", "H.erkenning", "I1", "J"])
def test_not_to_say_differs_from_no_answer(code):
    """ "Do not know, or would rather not say" is kept as an answer of its own."""
    assert kept(code, DO_NOT_KNOW) == DO_NOT_KNOW


def test_not_to_say_stands_alone_in_a_list():
    """Who does not know has no other answer beside it."""
    assert kept("C", [DO_NOT_KNOW]) == DO_NOT_KNOW
    assert faults(C=["welzijn", DO_NOT_KNOW]) == [("C/1", "inconsistent")]


@pytest.mark.parametrize("code", ["A2.gemeente", "A2.postcode"])
def test_name_and_place_cannot_be_unknown(code):
    """What is required must be said; a name may be any text."""
    assert check(ASKED, {"A1": "x", code: DO_NOT_KNOW}, municipality=lambda *_: None).problems != ()


# --- each kind ---


@pytest.mark.parametrize(
    ("code", "value", "now"),
    [
        ("A2.postcode", "3705 xx", "3705"),
        ("A2.postcode", "3705XB", "3705"),
        ("A2.postcode", 3705, "3705"),
        ("A3", "2014", 2014),
        ("A3", 2014.0, 2014),
        ("E1", "25", 25),
        ("E1", 25.0, 25),
        ("E1", "10-24", "10-24"),
        ("E1", "0", 0),
        ("E4", "1,5", 1.5),
        ("E4", 0.25, 0.25),
        ("F2", ["bank", "fondsen"], ["bank", "fondsen"]),
        ("A8", ["omzien"], ["omzien"]),
        ("K.loting", False, False),
        ("H.toelichting", "Regel een\r\nregel twee", "Regel een\nregel twee"),
    ],
)
def test_an_answer_has_one_form(code, value, now):
    """However a spreadsheet or form gives it, an answer is kept in one form."""
    assert kept(code, value) == now


def test_a_mark_goes_with_cooperation():
    """A mark from 1 to 5, as number or text."""
    assert kept("G.gemeente.cijfer", "4", **{"G.gemeente": "structureel"}) == 4


@pytest.mark.parametrize(
    ("code", "value", "fault"),
    [
        ("A1", 12, "type"),
        ("A1", "x" * 201, "too-long"),
        ("A1", "x\u202ey", "control-characters"),
        ("A2.postcode", "0705", "postcode"),
        ("A3", "12-3-2014", "year"),
        ("A3", 1500, "too-small"),
        ("A3", "2200", "too-big"),
        ("A4", "zorgcoöperatie", "not-in-list"),
        ("A4", ["stadsdorp"], "type"),
        ("C", "welzijn", "type"),
        ("E1", "ca. 60", "number"),
        ("E1", 2.5, "number"),
        ("E1", -1, "too-small"),
        ("E1", 10**9, "too-big"),
        ("E1", True, "type"),
        ("E1", float("nan"), "number"),
        ("K.loting", "ja", "type"),
        ("H.erkenning", "heel groot", "not-in-list"),
        ("G.rijk", "geen", "unknown-question"),
        ("Z9", "x", "unknown-question"),
    ],
)
def test_each_way_of_being_wrong_has_its_code(code, value, fault):
    """Every fault has a stable code at the answer's own pointer."""
    assert (code, fault) in faults(**{code: value})


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"C": ["welzijn", "x"]}, ("C/1", "not-in-list")),
        ({"C": ["welzijn", 3]}, ("C/1", "type")),
        ({"C": ["zorg", "zorg"]}, ("C/1", "repeated")),
        ({"A8": ["Niet Zo"]}, ("A8/0", "format")),
        ({"F2": ["bank", "geen"]}, ("F2/1", "inconsistent")),
        ({"F2": ["bank"], "F2.grootste": "fondsen"}, ("F2.grootste", "inconsistent")),
        ({"F2": ["geen"], "F2.grootste": "bank"}, ("F2.grootste", "not-applicable")),
        ({"B2": ["ouderen"]}, ("B2", "not-applicable")),
        ({"B1": "alle-inwoners", "B2": ["ouderen"]}, ("B2", "not-applicable")),
        ({"D": ["tuin"], "D2.vervoer": "zelf"}, ("D2.vervoer", "not-applicable")),
        ({"G.gemeente": "geen", "G.gemeente.cijfer": 3}, ("G.gemeente.cijfer", "not-applicable")),
        ({"G.gemeente": "structureel", "G.gemeente.cijfer": 6}, ("G.gemeente.cijfer", "too-big")),
        ({"A4": "stadsdorp", "A4.namelijk": "iets"}, ("A4.namelijk", "not-applicable")),
        ({"H.anders": "niet", "H.namelijk": "iets"}, ("H.namelijk", "not-applicable")),
    ],
)
def test_answers_must_fit_each_other(answers, fault):
    """What belongs to another choice than was made is refused, and says to which."""
    assert faults(**answers) == [fault]


def test_a_fault_does_not_drag_others_along():
    """When the answer that decides is itself wrong, what depends on it is left alone."""
    assert faults(B1="iedereen", B2=["ouderen"]) == [("B1", "not-in-list")]


def test_all_faults_come_at_once():
    """A partner mends everything in one go."""
    found = faults(A1=..., A3="jaren", E1="veel", C=["x"], Z="?")
    assert {code for _, code in found} == {"answer-required", "year", "number", "not-in-list", "unknown-question"}


def test_values_are_not_repeated_unless_to_the_one_who_gave_them():
    """Answers may be personal: a refusal does not quote them; the web form shows people their own words."""
    [quiet] = check(ASKED, {**RIGHT, "E1": "ca. 60"}).problems
    [loud] = check(ASKED, {**RIGHT, "E1": "ca. 60"}, echo=True).problems
    assert quiet.value is None
    assert "ca. 60" not in quiet.nl
    assert loud.nl.startswith("ca. 60 is geen heel getal")


def test_a_municipality_is_looked_up_with_its_postcode():
    """Namesakes are told apart by the postcode of the same answer."""
    seen = []

    def find(text: str, postcode: str | None) -> str | None:
        seen.append((text, postcode))
        return "GM0893" if text == "Bergen" else None

    checked = check(ASKED, {"A1": "x", "A2.gemeente": "Bergen", "A2.postcode": "5854"}, municipality=find)
    assert checked.answers["A2.gemeente"] == "GM0893"
    assert seen == [("Bergen", "5854")]
    [fault] = check(ASKED, {"A1": "x", "A2.gemeente": "Nergens"}, municipality=find).problems
    assert fault.code == "municipality"


def test_known_partners_are_a_list_when_they_are_given():
    """Offline any name will do; the platform knows which networks exist."""
    [fault] = check(ASKED, {**RIGHT, "A8": ["omzien", "ergens"]}, partners=["omzien"]).problems
    assert (fault.pointer, fault.code) == ("/data/answers/A8/1", "not-in-list")


# --- what leaves ---


def test_open_text_and_consents_never_leave_in_facts():
    """Facts carry answers by code: no words, no permissions."""
    said = {**RIGHT, "A4": "anders", "A4.namelijk": "iets", "H.toelichting": "tekst", "K.loting": True, "E1": 3}
    answers = check(ASKED, said).answers
    assert ASKED.public(answers) == {"A2.postcode": "3705", "A2.gemeente": "GM0355", "A4": "anders", "E1": 3}
    assert set(ASKED.open_text(answers)) == {"A1", "A2.plaats", "A4.namelijk", "H.toelichting"}
    assert ASKED.consents(answers) == {"loting": True}


@pytest.mark.parametrize(
    ("value", "into"),
    [(0, "0"), (0.5, "1-9"), (9, "1-9"), (10, "10-24"), (249, "100-249"), (250, "250-of-meer"), ("0", "0")],
)
def test_a_number_falls_in_a_class(value, into):
    """A number and a class can be counted together."""
    assert ASKED.fields["E1"].class_of(value) == into


# --- properties ---

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
