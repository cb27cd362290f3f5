"""The registry's knobs."""

from typing import Self

from pydantic import Field, model_validator

from shared.settings import ServiceSettings

from .domain.matching import MatchingSettings
from .domain.rate import Rates


class Settings(ServiceSettings):
    """From which probability claims are merged and people are asked; how much the HTTP door takes of one partner."""

    match_same: float = Field(MatchingSettings().same, gt=0.5, lt=1, description="merged by itself from here")
    match_perhaps: float = Field(MatchingSettings().perhaps, gt=0, lt=1, description="people are asked from here")
    door_events_per_second: float = Field(
        100,
        gt=0,
        le=100_000,
        description="events over HTTP of one partner, in the long run; each replica counts for itself",
    )
    door_burst_events: int = Field(
        2000, ge=1, le=1_000_000, description="events over HTTP that a quiet partner may send at once"
    )
    door_requests: int = Field(16, ge=1, le=1000, description="HTTP requests of one partner that may be open together")
    door_body_s: float = Field(20, gt=0, le=300, description="within which the body of an HTTP request must have come")

    history_days: int = Field(
        400,
        ge=30,
        le=3660,
        description="how long a partner can ask what became of an event: a campaign and the one before",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.match_perhaps > self.match_same:
            raise ValueError("BURENBUS_MATCH_PERHAPS must not be above BURENBUS_MATCH_SAME")
        return self

    def rates(self) -> Rates:
        """How fast partners may send over HTTP."""
        return Rates(self.door_events_per_second, self.door_burst_events, self.door_requests)

    def matching(self) -> MatchingSettings:
        """The thresholds of matching."""
        return MatchingSettings(same=self.match_same, perhaps=self.match_perhaps)
