"""How often values occur: agreement on what is rare says more than agreement on what is common.

Frequencies are learnt from the registry's own claims. While it holds few, what we know beforehand counts as
`PRIOR_CLAIMS` claims: the share of each common word among names of citizens' initiatives, places and postcodes by their
number in the country. After Winkler's frequency-based matching (1989, "Frequency-based matching in the
Fellegi-Sunter model of record linkage").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2

PRIOR_CLAIMS = 1_000
"""So many claims the knowledge beforehand counts for."""

_UNKNOWN = {"t": 1 / 3_000, "l": 1 / 1_500, "g": 1 / 342, "z": 1 / 4_000, "s": 1 / 800, "f": 1 / 40, "c": 1 / 5_000}
_RARE = 1 / 20_000

_WORDS = {
    0.05: "zorg buurt dorp samen zorgcooperatie stadsdorp dorpshuis huis zorgzaam zorgt wijk",
    0.02: "burenhulp buurthuis buurtcooperatie dorpscooperatie noaber noaberzorgpunt buren burennetwerk bewoners elkaar "
    "buurtcollectief buurthuiskamer huiskamer inloop ontmoeting centrum zorgzame welzijn leefbaar leefbaarheid",
    0.01: "hart kracht sterk actief thuis oud nieuw noord zuid oost west gemeenschap netwerk initiatief punt wonen leven "
    "ouderen senioren energie voedsel tuin eetcafe mantelzorg vrijwilligers hulp dienst gebiedscooperatie doarpswurk "
    "dorpsbelang dorpsraad wijkraad ons onze mien us jong vitaal naoberzorg naober naoberschap "
    "restaurant cafe hotel school club company group international services",
}
_WORD_SHARE = {word: share for share, listed in _WORDS.items() for word in listed.split()}


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

    def share(self, value: str) -> float:
        """The chance that a claim taken at random holds this value."""
        kind, _, text = value.partition(":")
        prior = _WORD_SHARE.get(text, _UNKNOWN["t"]) if kind == "t" else _UNKNOWN.get(kind, _RARE)
        # One of the claims that hold it is the one compared: it is no news that it holds it.
        held = max(self.counts.get(value, _NONE).claims - 1, 0)
        return (held + PRIOR_CLAIMS * prior) / (self.total + PRIOR_CLAIMS)

    def rarity(self, value: str) -> float:
        """The same in bits: 0 for what everybody has."""
        return -log2(self.share(value))

    def sharers(self, value: str) -> int:
        """How many initiatives at least share this value: a partner seldom lists the same one twice."""
        return max(self.counts.get(value, _NONE).one_partner, 1)
