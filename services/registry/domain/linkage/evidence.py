"""One piece of evidence while it is being weighed."""

from dataclasses import dataclass, replace

from shared.events.registry import Evidence


@dataclass(frozen=True, slots=True)
class Part:
    """What was compared, how many bits it gives for or against, and in words. Never a contact's or an address's value."""

    compared: str
    bits: float
    nl: str
    en: str

    def weighing(self, bits: float) -> "Part":
        """The same evidence with another weight."""
        return replace(self, bits=bits)

    def as_evidence(self) -> Evidence:
        """As it goes into facts and onto the page."""
        nl, en = self.nl[:1].upper() + self.nl[1:], self.en[:1].upper() + self.en[1:]
        return Evidence(compared=self.compared, weight=round(self.bits, 1), nl=nl, en=en)
