"""The check of answers."""

import pytest

from shared.events.questionnaire import DO_NOT_KNOW, check

from .asked import ASKED, RIGHT, faults, kept


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
