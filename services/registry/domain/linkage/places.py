"""How much where two claims are, speaks for or against their being of the same initiative."""

from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

from rapidfuzz import fuzz

from services.registry.domain.features import Features
from services.registry.domain.linkage.evidence import Part
from services.registry.domain.linkage.frequencies import Frequencies
from services.registry.domain.normalise import words
from shared import geo

NEAR_KM, FAR_KM = 8.0, 30.0
"""Within the one a neighbouring village may be meant; beyond the other a move or a mistake is all that is left."""

MOST = 14.0
"""Bits at most for place and address together: many initiatives share one building."""


def compare_places(a: Features, b: Features, frequencies: Frequencies, *, same_partner: bool = False) -> list[Part]:
    """Place, and street where both are known."""
    where = _where(a, b, frequencies)
    street = _street(a, b, frequencies, same_partner=same_partner)
    if where and street and where.bits + street.bits > MOST:
        street = street.weighing(max(MOST - where.bits, 1.0))
    return [p for p in (where, street) if p]


def local_words(a: Features, b: Features) -> frozenset[str] | None:
    """The words for where both are; None when they are not near each other.

    Two villages of one municipality are near, but the name of either is a word that tells them apart.
    """
    same_place = alike_places(a.place, b.place) or (a.pc4 and a.pc4 == b.pc4)
    if same_place or (a.municipality and a.municipality == b.municipality and (vague(a) or vague(b))):
        return frozenset(f"{a.place} {b.place} {a.street} {b.street}".split())
    return frozenset() if a.municipality and a.municipality == b.municipality else None


def vague(one: Features) -> bool:
    """Whether the place is not known, or may be the municipality's name said for any of its villages."""
    return not one.place or one.place == _municipality_name(one.municipality)


@lru_cache(maxsize=1_024)
def _municipality_name(code: str) -> str:
    known = geo.municipality(code)
    return " ".join(words(known.name)) if known else ""


def _where(a: Features, b: Features, frequencies: Frequencies) -> Part | None:  # noqa: C901, PLR0911 (a ladder of agreements)
    """The narrowest agreement counts; what contradicts it beside, takes some off."""
    same_place = bool(a.place) and alike_places(a.place, b.place)
    same_pc4 = bool(a.pc4) and a.pc4 == b.pc4
    same_municipality = bool(a.municipality) and a.municipality == b.municipality
    other_place = bool(a.place and b.place) and not same_place
    other_pc4 = bool(a.pc4 and b.pc4) and not same_pc4
    other_municipality = bool(a.municipality and b.municipality) and not same_municipality
    km = distance_km(a.point, b.point)
    if a.postcode and a.postcode == b.postcode:
        bits = min(frequencies.rarity(f"6:{a.postcode}"), MOST - 3) - (2.0 if other_place else 0.0)
        return Part("place", bits, "dezelfde postcode", "the same postcode")
    if same_pc4:
        bits = min(frequencies.rarity(f"z:{a.pc4}"), 9.5) - (1.0 if other_place else 0.0)
        return Part("place", bits, "hetzelfde postcodegebied", "the same postcode area")
    if same_place:
        bits = min(frequencies.rarity(f"l:{a.place}"), frequencies.rarity(f"l:{b.place}"), 9.0)
        bits -= (1.0 if other_pc4 else 0.0) + (1.0 if a.place != b.place else 0.0)
        if other_municipality and km is not None and km > NEAR_KM:
            return Part("place", -3.0, "plaatsen met dezelfde naam", "places of the same name")
        return Part("place", bits, "dezelfde plaats", "the same place")
    if same_municipality:
        bits = min(frequencies.rarity(f"g:{a.municipality}"), 8.0)
        if other_place and (vague(a) or vague(b)):
            return Part("place", bits - 1.5, "dezelfde gemeente", "the same municipality")
        if other_place or other_pc4:
            bits -= 5.5 if other_place and km is not None and km > 2 else 2.5
            return Part("place", bits, "dezelfde gemeente, andere plaats", "the same municipality, another place")
        return Part("place", bits, "dezelfde gemeente", "the same municipality")
    if km is not None and (other_place or other_municipality or other_pc4):
        return _apart(km)
    if other_place or other_municipality:
        return Part("place", -3.0, "een andere plaats", "another place")
    if other_pc4:
        return Part("place", -3.0, "een andere postcode", "another postcode")
    return None


def _apart(km: float) -> Part:
    rounded = round(km)
    if km < NEAR_KM:
        return Part("place", -0.5, "plaatsen dicht bij elkaar", "places close to each other")
    bits = -3.0 if km < FAR_KM else -6.0
    return Part("place", bits, f"{rounded} km uit elkaar", f"{rounded} km apart")


@lru_cache(maxsize=65_536)
def alike_places(x: str, y: str) -> bool:
    """Equal, misspelt, or the one with a qualifier (bergen, bergen nh; los angeles, west los angeles)."""
    if not x or not y:
        return False
    if x == y:
        return True
    short, long = sorted((x.replace(" ", ""), y.replace(" ", "")), key=len)
    return len(short) >= 4 and (
        fuzz.ratio(short, long) >= 85 or (set(x.split()) <= set(y.split()) or set(y.split()) <= set(x.split()))
    )


def distance_km(a: tuple[float, float] | None, b: tuple[float, float] | None) -> float | None:
    """Great-circle distance (haversine) between two (latitude, longitude)."""
    if a is None or b is None:
        return None
    lat1, lon1, lat2, lon2 = (radians(v) for v in (*a, *b))
    h = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * asin(sqrt(h))


@lru_cache(maxsize=65_536)
def alike_streets(x: str, y: str) -> float:
    """How alike two streets are, of 100; 0 where they are others."""
    if x == y:
        return 100.0
    likeness = fuzz.ratio(x, y)
    if likeness < 82 and fuzz.token_set_ratio(x, y) >= 95 and min(len(x), len(y)) >= 6:
        return 85.0
    return likeness if likeness >= 82 else 0.0


def _street(a: Features, b: Features, frequencies: Frequencies, *, same_partner: bool) -> Part | None:
    if not a.street or not b.street:
        return None
    likeness = alike_streets(a.street, b.street)
    if not likeness:
        return Part("address", -2.0, "een andere straat", "another street")
    bits = min(frequencies.rarity(f"s:{a.street}"), frequencies.rarity(f"s:{b.street}"), 7.0) * (likeness / 100) ** 2
    if not a.number or not b.number:
        return Part("address", bits * 0.7, "dezelfde straat", "the same street")
    if a.number == b.number:
        others = max(frequencies.others(f"a:{x.street} {x.number}", same_partner=same_partner) for x in (a, b))
        return Part("address", bits + 4.0 - min(others, 4.0), "hetzelfde adres", "the same address")
    return Part("address", bits * 0.5 - 1.0, "dezelfde straat, ander huisnummer", "the same street, another number")
