"""What partners' answers to a possible duplicate amount to."""

from collections.abc import Collection, Mapping
from typing import Literal

_MEANS: Mapping[str, Literal["same", "different"]] = {"zelfde": "same", "verschillend": "different"}


def agreement(asked: Collection[str], answers: Mapping[str, str]) -> Literal["same", "different"] | None:
    """What all partners asked agree on; None while one is silent or unsure, or two contradict: then staff decide."""
    said = {answers.get(partner) for partner in asked}
    if len(said) != 1:
        return None
    return meaning(said.pop() or "")


def left_to_staff(asked: Collection[str], answers: Mapping[str, str]) -> bool:
    """Whether partners cannot settle it among them: two contradict each other, or all have spoken and do not agree."""
    said = [answers[partner] for partner in asked if partner in answers]
    contradict = len({meaning(one) for one in said} - {None}) > 1
    return contradict or (len(said) == len(asked) and agreement(asked, answers) is None)


def meaning(answer: str) -> Literal["same", "different"] | None:
    """What a partner holds to be true; None when it does not know."""
    return _MEANS.get(answer)
