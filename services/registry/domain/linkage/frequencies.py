"""How often values occur: agreement on what is rare says more than agreement on what is common.

Frequencies are learnt from the registry's own claims. While it holds few, what we know beforehand counts as
`PRIOR_CLAIMS` claims: the share of each common word among names of citizens' initiatives, places and postcodes by their
number in the country. After Winkler's frequency-based matching (1989, "Frequency-based matching in the
Fellegi-Sunter model of record linkage").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2

from services.registry.domain.linkage.vocabulary import COMMON_WORDS

PRIOR_CLAIMS = 500
"""So many claims the knowledge beforehand counts for."""

DIFFERENT, SAME_AT_MOST = 0.5, 5
"""Of up to five claims of different partners with one rare value all may be of one initiative; of more, half are others."""

_UNKNOWN = {"t": 1 / 3_000, "l": 1 / 1_500, "g": 1 / 342, "z": 1 / 4_000, "s": 1 / 800, "f": 1 / 40, "c": 1 / 5_000}
_RARE = 1 / 20_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many claims hold a value, and how many of them the partner that holds it most often."""

    claims: int
    one_partner: int


_NONE = Count(0, 0)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Of the values in question (`features.values`), out of `total` claims. Nothing in it: knowledge beforehand only."""

    total: int = 0
    counts: Mapping[str, Count] = field(default_factory=dict)
    _rarities: dict[tuple[str, bool], float] = field(default_factory=dict, compare=False, repr=False)

    def share(self, value: str, *, same_partner: bool = False) -> float:
        """The chance that an initiative taken at random has this value."""
        kind, _, text = value.partition(":")
        prior = COMMON_WORDS.get(text, _UNKNOWN["t"]) if kind == "t" else _UNKNOWN.get(kind, _RARE)
        return (self.others(value, same_partner=same_partner) + PRIOR_CLAIMS * prior) / (self.total + PRIOR_CLAIMS)

    def rarity(self, value: str, *, same_partner: bool = False) -> float:
        """The same in bits: 0 for what everybody has."""
        known = self._rarities.get((value, same_partner))
        if known is None:
            known = self._rarities[value, same_partner] = -log2(self.share(value, same_partner=same_partner))
        return known

    def others(self, value: str, *, same_partner: bool = False) -> float:
        """How many initiatives have this value beside the pair compared (`same_partner`: both are claims of one).

        A partner seldom lists one twice, so the partner that holds it most often says how many at least; of the others'
        claims some are of the same initiatives.
        """
        count = self.counts.get(value, _NONE)
        certain = count.one_partner - (2 if same_partner else 1)
        likely = (count.claims - 1) * DIFFERENT if count.claims > SAME_AT_MOST else 0.0
        return max(certain, likely, 0.0)
