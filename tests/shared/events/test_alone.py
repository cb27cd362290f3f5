"""What a taker can refuse without looking anything up."""

import json
from datetime import UTC, datetime, timedelta

from shared.events.alone import contradictions, faults_alone, on_the_wire
from shared.events.base import Received
from shared.events.partner import Consent, SurveyResponseSubmitted
from shared.events.schema import EXAMPLES

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


def consent(purpose: str, given: bool = True) -> Consent:
    return Consent.model_validate({"purpose": purpose, "given": given, "at": NOON, "text": "t", "channel": "papier"})


def response(**changes: object) -> Received[SurveyResponseSubmitted]:
    example = json.loads((EXAMPLES / "survey-response-submitted.v1.json").read_text("utf-8"))
    data = SurveyResponseSubmitted.model_validate({**example["data"], **changes})
    return Received(data=data, id="1", source="x", partner="omzien", time=NOON, received_at=NOON)


def test_a_tick_and_a_proof_that_contradict_each_other_are_a_fault():
    """The partner must say which of the two it is."""
    assert contradictions({"loting": True}, [consent("loting")]) == []
    [fault] = contradictions({"loting": True}, [consent("nieuwsbrief"), consent("loting", given=False)])
    assert (fault.pointer, fault.code) == ("/data/consents/1", "inconsistent")


def test_answers_and_moments_of_a_response_are_judged_together():
    """A municipality that does not exist, and an answer given tomorrow; a questionnaire that we do not have judges nothing."""
    assert faults_alone(response()) == []
    answers = {**response().data.answers, "A2.gemeente": "Nergenshuizen"}
    tomorrow = NOON + timedelta(days=1)
    found = faults_alone(response(answers=answers, answeredAt=tomorrow))
    assert {(p.pointer, p.code) for p in found} == {
        ("/data/answers/A2.gemeente", "municipality"), ("/data/answeredAt", "future"),
    }  # fmt: skip
    assert faults_alone(response(questionnaire="1900.1", answers={"A9": 1})) == []


def test_moments_on_the_wire():
    """Local time with its offset reads the same in both languages."""
    assert on_the_wire(datetime(2026, 10, 31, 23, tzinfo=UTC)) == "2026-11-01T00:00+01:00"
