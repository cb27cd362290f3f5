"""What a browser sends, as answers, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.survey.domain.form import answers_of, form_of, only_known
from shared.events.questionnaire import Kind, check, questionnaire

ASKED = questionnaire("2026.1")
NO_CONSENTS = {
    f"K.{c}": False
    for c in ("op-de-kaart", "contact-tonen", "doorgeven-aan-netwerk", "nieuwsbrief", "loting", "vervolgonderzoek")
}


@pytest.mark.parametrize(
    ("form", "answers"),
    [
        ({"A1": ["Ons Dorp"], "A3": [""]}, {"A1": "Ons Dorp"}),
        ({"A3": [""], "A3.weet-niet": ["weet-niet"]}, {"A3": "weet-niet"}),
        ({"E1": ["12"], "E1.klasse": ["10-24"]}, {"E1": "12"}),
        ({"E1": [" "], "E1.klasse": ["10-24"]}, {"E1": "10-24"}),
        ({"E1": ["1.500"]}, {"E1": "1500"}),
        ({"E3": [" 1.250.000 "]}, {"E3": " 1250000 "}),
        ({"E4": ["1.500,5"]}, {"E4": "1500,5"}),
        ({"E1": ["1.50"]}, {"E1": "1.50"}),
        ({"C": ["zorg", "wonen"]}, {"C": ["zorg", "wonen"]}),
        ({"D": ["tuin"], "D2.tuin": ["zelf"], "D2.vervoer": ["zelf"]}, {"D": ["tuin"], "D2.tuin": "zelf"}),
        ({"B1": ["alle-inwoners"], "B2": ["ouderen"]}, {"B1": "alle-inwoners"}),
        ({"K.loting": ["ja"]}, {"K.loting": True}),
    ],
)
def test_a_form_as_answers(form, answers):
    """Empty inputs are no answers, unticked consents are withheld, and what is not asked is left out."""
    assert answers_of(form, ASKED) == {**NO_CONSENTS, **answers}


def test_inputs_that_the_form_does_not_have_are_not_kept():
    """A draft holds the questionnaire's inputs, nothing else."""
    assert only_known({"A1": ["x"], "actie": ["bewaren"], "Z": ["y"], "A3": [""]}, ASKED) == {"A1": ["x"]}


@given(
    st.fixed_dictionaries(
        {"A1": st.just("x"), "A2.postcode": st.just("3705")},
        optional={
            "A3": st.integers(1800, 2100) | st.just("weet-niet"),
            "A4": st.sampled_from(["stadsdorp", "weet-niet"]),
            "C": st.lists(st.sampled_from(["zorg", "wonen"]), min_size=1, unique=True) | st.just("weet-niet"),
            "E1": st.integers(0, 5000) | st.sampled_from(["10-24", "weet-niet"]),
            "E4": st.sampled_from([0.5, 2, 12.25]),
            "K.loting": st.booleans(),
            "G.gemeente": st.sampled_from(["geen", "structureel"]),
        },
    )
)
def test_answers_survive_being_shown_again(answers):
    """What was sent in comes back from the form as it was."""
    checked = check(ASKED, answers)
    assert checked.problems == ()
    again = check(ASKED, answers_of(form_of(checked.answers, ASKED), ASKED))
    assert again.problems == ()
    assert {c: v for c, v in again.answers.items() if ASKED.fields[c].kind is not Kind.CONSENT or v} == {
        c: v for c, v in checked.answers.items() if ASKED.fields[c].kind is not Kind.CONSENT or v
    }
