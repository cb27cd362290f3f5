"""The registry's knobs."""

from typing import Self

from pydantic import Field, model_validator

from shared.settings import ServiceSettings

from .domain.matching import MatchingSettings


class Settings(ServiceSettings):
    """From which probability claims are merged, and from which people are asked."""

    match_same: float = Field(MatchingSettings().same, gt=0.5, lt=1, description="merged by itself from here")
    match_perhaps: float = Field(MatchingSettings().perhaps, gt=0, lt=1, description="people are asked from here")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.match_perhaps > self.match_same:
            raise ValueError("BURENBUS_MATCH_PERHAPS must not be above BURENBUS_MATCH_SAME")
        return self

    def matching(self) -> MatchingSettings:
        """The thresholds of matching."""
        return MatchingSettings(same=self.match_same, perhaps=self.match_perhaps)
