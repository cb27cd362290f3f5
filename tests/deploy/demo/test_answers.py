import random
from collections import Counter

import pytest

from deploy.demo import answers
from deploy.demo.movement import movement
from shared.events.partner import SignalReported
from shared.events.questionnaire import check, questionnaire


@pytest.fixture(scope="module")
def made():
    return movement(1, count=600)


def test_every_made_up_set_of_answers_fits_the_questionnaire(made):
    """The demo's responses are refused for what was put in to be refused, and for nothing else."""
    rng = random.Random(1)
    asked = questionnaire(answers.QUESTIONNAIRE)
    for initiative in made.initiatives.values():
        assert check(asked, answers.answers(rng, initiative)).problems == ()


def test_the_answers_have_the_published_proportions(made):
    """Visible enough about 76 %, goals checked about 41 %."""
    rng = random.Random(1)
    given = [answers.answers(rng, i) for i in made.initiatives.values()]
    visible, checked = (Counter(a[code] for a in given if a.get(code) in ("ja", "nee")) for code in ("I2", "I1"))
    assert visible["ja"] / visible.total() == pytest.approx(0.75, abs=0.05)
    assert checked["ja"] / checked.total() == pytest.approx(0.41, abs=0.05)


def test_every_made_up_signal_is_sound(made):
    """Bottlenecks have a severity, and all have something said."""
    rng = random.Random(1)
    for initiative in made.initiatives.values():
        told = SignalReported.model_validate({**answers.signal(rng, initiative), "externalId": "1"})
        assert told.text
        assert (told.severity is not None) == (told.kind == "knelpunt")
