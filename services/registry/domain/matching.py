"""How likely two claims speak of the same initiative, why, and what follows from it.

The model is Fellegi and Sunter's (1969, "A theory for record linkage"): each field gives bits, the log2 of how much
likelier what is seen is when the two are the same; the bits add up on the prior odds. What is missing says nothing.
Fields that go together (telephone and mail, place and street) are capped or fade, because their errors and
coincidences go together too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import log2
from typing import Literal

from services.registry.domain.features import Features
from services.registry.domain.linkage.bounds import most_bits
from services.registry.domain.linkage.contacts import compare_contacts, own_site
from services.registry.domain.linkage.evidence import Part
from services.registry.domain.linkage.frequencies import Frequencies
from services.registry.domain.linkage.names import NameMatch, compare_names
from services.registry.domain.linkage.places import compare_places, local_words
from services.registry.domain.normalise import fold
from shared.events.codelists import codelist, label
from shared.events.registry import Evidence

Result = Literal["same", "perhaps", "different"]


@dataclass(frozen=True)
class MatchingSettings:
    """From which probability claims are merged, and from which people are asked.

    `others_expected` is how many other claims of the same initiative there are for a claim, on average: with the number
    of claims held, and `claims_expected` more while the registry is filling, it gives the prior. `same_partner_bits` weighs against two claims of one partner, which seldom lists
    an initiative twice; less when name and address or contact agree: then it was entered twice. `least_in_group` is the bits that every pair must have when groups of claims are merged.
    """

    same: float = 0.96
    perhaps: float = 0.65
    others_expected: float = 0.6
    claims_expected: int = 2_000
    same_partner_bits: float = -6.0
    least_in_group: float = -6.0

    def __post_init__(self) -> None:
        if not 0 < self.perhaps <= self.same < 1:
            raise ValueError("0 < perhaps <= same < 1 must hold: people are asked below what is merged")
        if self.others_expected <= 0:
            raise ValueError("others_expected must be above 0")
        if self.same_partner_bits > 0:
            raise ValueError("same_partner_bits must not be above 0: it weighs against")

    def prior_bits(self, claims: int) -> float:
        """The log2 of the odds that two claims taken at random are the same."""
        return log2(self.others_expected / (claims + self.claims_expected))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of comparing two: `bits` is the log2 of the odds, prior included.

    `doubtful`: the names differ in a way that only people can judge, and no contact tells that they are the same.
    """

    probability: float
    bits: float
    parts: tuple[Part, ...]
    doubtful: bool = False

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What speaks for and against, strongest first. The prior is not in it."""
        strongest = sorted((p for p in self.parts if abs(p.bits) >= 0.1), key=lambda p: (-abs(p.bits), p.compared))
        return tuple(p.as_evidence() for p in strongest)


@dataclass(frozen=True, slots=True)
class Member:
    """A claim as a member of an initiative."""

    partner: str
    external_id: str
    features: Features


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found between claims and an initiative; `comparison` is of the strongest pair, to be shown to people."""

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
    settings = settings or MatchingSettings()
    even = -settings.prior_bits(frequencies.total)
    where = compare_places(one, other, frequencies, same_partner=same_partner)
    name = compare_names(one.names, other.names, frequencies, even, local_words(one, other))
    contacts = compare_contacts(one, other, frequencies, even, same_partner=same_partner)
    known = one.point is not None and other.point is not None
    apart = known and any(p.compared == "place" and p.bits <= APART for p in where)
    most = AROUND_OWN if not apart and own_site(one, other) else AROUND
    around = saturated([*where, *contacts], even + most, AROUND_SLOPE)
    parts = [*(_name_parts(name) if name else ()), *around, *_others(one, other, frequencies)]
    if same_partner:
        twice = name is not None and name.gain > 0 and name.against == 0 and identifying(around)
        weight = settings.same_partner_bits * (TWICE if twice else 1.0)
        parts.append(Part("partner", weight, "twee opgaven van dezelfde partner", "two claims of one partner"))
    doubtful = name is not None and name.doubtful and not any(p.bits > 1 for p in contacts)
    parts = saturated(parts, even + (ALL_APART if apart else ALL), ALL_SLOPE)
    bits = sum(p.bits for p in parts) - even
    return Comparison(probability(bits), bits, tuple(parts), doubtful)


def ruled_out(
    one: Features,
    other: Features,
    frequencies: Frequencies,
    settings: MatchingSettings,
    *,
    same_partner: bool = False,
) -> bool:
    """Whether two claims are different however closely one looks: cheap, so that only the others are compared.

    `frequencies` need hold the values of `one` only. What is not ruled out may still turn out to be different.
    """
    even = -settings.prior_bits(frequencies.total)
    bits = most_bits(one, other, frequencies, even) - even
    if same_partner:
        bits += settings.same_partner_bits * TWICE
    return probability(bits) < settings.perhaps


TWICE = 0.4
"""The share that two claims being of one partner weighs against them, where name and address or contact agree."""


def identifying(parts: list[Part]) -> bool:
    """Whether an address or contact agrees: an entry with the same name and address as another was entered twice."""
    return any(p.bits > 1 and p.compared in {"address", "phone", "email", "website", "kvk"} for p in parts)


AROUND, AROUND_OWN, AROUND_SLOPE = 3.0, 6.0, 0.2
"""Where and how to reach them do not go further than this over even odds: a welfare organisation gives its address and
telephone to every initiative that it helps. They go further where they share a site that is named after one of them."""

APART = -3.0
"""Bits for places known on the map from which on the two are apart: branches of one organisation share name and site as well."""

ALL, ALL_APART, ALL_SLOPE = 9.0, 5.0, 0.25
"""All that agrees together: agreements go together (a branch has its mother's name, site and telephone), so from there on
they count in part, while what contradicts counts in full."""


def saturated(parts: list[Part], most: float, slope: float) -> list[Part]:
    """The parts, those in favour made lighter so that together they go over `most` bits by `slope` of the excess only."""
    positive = sum(p.bits for p in parts if p.bits > 0)
    if positive <= most:
        return parts
    factor = (most + (positive - most) * slope) / positive
    return [p.weighing(p.bits * factor) if p.bits > 0 else p for p in parts]


def probability(bits: float) -> float:
    """Of log2 odds."""
    return 1 / (1 + 2.0**-bits) if bits > -60 else 0.0


def decide(comparison: Comparison, settings: MatchingSettings) -> Result:
    """Same, perhaps or different, by the thresholds; what is doubtful is at most perhaps the same."""
    if comparison.probability >= settings.same and not comparison.doubtful:
        return "same"
    return "perhaps" if comparison.probability >= settings.perhaps else "different"


def judge(
    ones: Sequence[Member],
    others: Sequence[Member],
    initiative_id: str,
    frequencies: Frequencies,
    settings: MatchingSettings,
) -> Judgement:
    """Whether the claims `ones` (a new claim alone, or all of an initiative) and `others`, all of `initiative_id`, are the same.

    The best pair says how likely; but chains are not followed against the evidence: where some pair speaks strongly
    against (below `least_in_group`), or two claims of one partner would meet that are not the same by themselves, it
    is perhaps, for people to decide.
    """
    pairs = [
        compare(a.features, b.features, frequencies, settings, same_partner=a.partner == b.partner)
        for a, b in product(ones, others)
    ]
    best = max(pairs, key=lambda c: c.bits)
    result = decide(best, settings)
    if result == "same":
        twice = any(
            a.partner == b.partner and decide(c, settings) != "same"
            for (a, b), c in zip(product(ones, others), pairs, strict=True)
        )
        if twice or min(c.bits for c in pairs) < settings.least_in_group:
            result = "perhaps"
    return Judgement(initiative_id, result, best)


# --- name, kind, legal form, year ----------------------------------------------------------------------------------


def _spelled(word: str) -> str:
    """A word of a name in comparing form, as people write it where that is known: zorgcooperatie → zorgcoöperatie."""
    for known in ("kind", "legal-form"):
        if word in codelist(known) and fold(label(known, word)) == word:
            return label(known, word)
    return word


def _name_parts(match: NameMatch) -> list[Part]:
    if match.equal:
        return [Part("name", match.gain, "dezelfde naam", "the same name")]
    if match.abbreviated:
        nl, en = "de ene naam is een afkorting van de andere", "one name abbreviates the other"
        return [Part("name", match.gain, nl, en)]
    both = ", ".join(_spelled(w) for w in match.shared[:4])
    apart = ", ".join(_spelled(w) for w in (*match.only_one[:3], *match.only_other[:3]))
    return [
        Part("name", match.gain, f"namen met dezelfde woorden: {both}", f"names with the same words: {both}"),
        Part("name", -match.against, f"namen met andere woorden: {apart}", f"names with other words: {apart}"),
    ]


def _others(one: Features, other: Features, frequencies: Frequencies) -> list[Part]:
    parts = []
    if one.kind and other.kind and "anders" not in {one.kind, other.kind}:
        if one.kind == other.kind:
            parts.append(Part("kind", 1.2, f"beide {label('kind', one.kind)}", f"both {label('kind', one.kind, 'en')}"))
        else:
            parts.append(Part("kind", -1.0, "een andere soort", "another kind"))
    if one.legal_form and other.legal_form and "anders" not in {one.legal_form, other.legal_form}:
        if one.legal_form == other.legal_form:
            parts.append(Part("legal-form", 0.5, "dezelfde rechtsvorm", "the same legal form"))
        else:
            parts.append(Part("legal-form", -1.0, "een andere rechtsvorm", "another legal form"))
    if one.founded and other.founded:
        years = abs(one.founded - other.founded)
        if years == 0:
            bits = min(frequencies.rarity(f"f:{one.founded}"), 5.0)
            parts.append(Part("founded", bits, "hetzelfde startjaar", "the same year of founding"))
        else:
            bits = 1.0 if years == 1 else -0.7 if years <= 3 else -2.0
            nl, en = f"startjaren die {years} jaar schelen", f"years of founding {years} apart"
            parts.append(Part("founded", bits, nl, en))
    return parts
