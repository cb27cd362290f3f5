"""The questionnaire as data."""

from typing import Any

import pytest

from shared.events.codelists import codelist
from shared.events.questionnaire import Kind, check, questionnaire, versions

from .asked import ASKED, RIGHT


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
