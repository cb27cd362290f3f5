"""What an answer adds one to."""

from services.reporting.domain.fields import blocks, items
from shared.events.questionnaire import questionnaire


def test_an_answer_is_an_item_and_open_text_is_none() -> None:
    """One choice, several, a number in its class, a year, a mark; a name, a place and a network add nothing."""
    answers = {
        "A1": "Samen Sterk", "A2.gemeente": "GM0344", "A8": ["omzien"], "A3": 2016, "A4": "stadsdorp", "C": ["zorg", "wonen"],
        "E1": 30, "E4": 0.5, "E2": "1-9", "G.gemeente": "structureel", "G.gemeente.cijfer": 4, "H.erkenning": "weet-niet",
    }  # fmt: skip
    assert items("2026.1", answers) == (
        "A3=2015-2019", "A4=stadsdorp", "C", "C=wonen", "C=zorg", "E1=25-49", "E2=1-9", "E4=1-9", "G.gemeente.cijfer=4",
        "G.gemeente=structureel", "H.erkenning=weet-niet", "responded",
    )  # fmt: skip


def test_who_does_not_know_is_counted_among_several_answers() -> None:
    """ "weet-niet" stands for the whole list; it is an answer, so it is in the base."""
    assert items("2026.1", {"C": "weet-niet"}) == ("C", "C=weet-niet", "responded")


def test_codes_that_the_questionnaire_does_not_know_add_nothing() -> None:
    """A fact from a newer survey does not stop the counting."""
    assert items("2026.1", {"Z9": "x", "A4": "kasteel", "C": ["zorg", "tovenarij"]}) == ("C", "C=zorg", "responded")


def test_every_closed_question_is_in_a_block_once() -> None:
    """Nothing that can be counted is forgotten, nothing is counted twice; rows with the same options share a matrix."""
    shown = [f.code for b in blocks("2026.1") for f in b.fields]
    asked = questionnaire("2026.1").fields.values()
    assert sorted(shown) == sorted(f.code for f in asked if f.kind in ("one", "many", "number", "mark", "year"))
    matrices = {b.code: b.title for b in blocks("2026.1") if b.matrix}
    assert matrices["D2"] == "Hoe doet u dat?"
    assert set(matrices) == {"D2", "G", "G.cijfer", "H"}
    assert next(b for b in blocks("2026.1") if b.code == "G.cijfer").fields[0].label == "gemeente"
