"""How likely two claims speak of the same initiative, why, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.events.registry import Evidence

from .features import Features

Result = Literal["same", "perhaps", "different"]


@dataclass(frozen=True)
class MatchingSettings:
    """From which probability claims are merged, and from which people are asked."""

    same: float = 0.99
    perhaps: float = 0.3


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How often the registry holds each comparing value: what is rare says more."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of comparing two: `bits` is the log2 of the odds, prior included; evidence strongest first."""

    probability: float
    bits: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A claim as a member of an initiative."""

    partner: str
    external_id: str
    features: Features


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found between a claim (or initiative) and an initiative; `comparison` is what people are shown."""

    initiative_id: str
    result: Result
    comparison: Comparison


def compare(
    one: Features,
    other: Features,
    frequencies: Frequencies,
    settings: MatchingSettings | None = None,
    *,
    same_partner: bool = False,
) -> Comparison:
    """Compares two claims. Symmetric; never raises."""
    raise NotImplementedError


def decide(comparison: Comparison, settings: MatchingSettings) -> Result:
    """Same, perhaps or different, by the thresholds."""
    raise NotImplementedError


def judge(
    ones: Sequence[Member],
    others: Sequence[Member],
    initiative_id: str,
    frequencies: Frequencies,
    settings: MatchingSettings,
) -> Judgement:
    """Whether the claims `ones` (a new claim alone, or all of an initiative) and `others`, all of initiative `initiative_id`, are the same."""
    raise NotImplementedError
