"""What partners' answers to a possible duplicate amount to."""

from collections.abc import Collection, Mapping
from typing import Literal

_MEANS: Mapping[str, Literal["same", "different"]] = {"zelfde": "same", "verschillend": "different"}


def agreement(asked: Collection[str], answers: Mapping[str, str]) -> Literal["same", "different"] | None:
    """What all partners asked agree on; None while one is silent or unsure, or two contradict: then staff decide."""
    said = {answers.get(partner) for partner in asked}
    if len(said) != 1:
        return None
    return _MEANS.get(said.pop() or "")
