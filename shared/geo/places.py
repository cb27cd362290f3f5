"""Postcodes of four digits, and the places that they lie in."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from statistics import median

from shared.geo import vendored
from shared.geo.fold import fold, province_code, split_qualifier

_DIGITS = re.compile(r"^\s*([1-9][0-9]{3})(?:\s?[a-zA-Z]{2})?\s*$")


@dataclass(frozen=True, slots=True)
class Pc4:
    """A postcode area. Its municipality is the one that holds most of it: one area in a hundred straddles a border."""

    code: str
    place: str
    municipality: str
    province: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Place:
    """A village or town in one municipality (a place that lies in two is there twice), at the middle of its postcodes."""

    name: str
    municipality: str
    province: str
    lat: float
    lon: float
    postcodes: tuple[str, ...]


@cache
def _pc4s() -> Mapping[str, Pc4]:
    return {
        r["pc4"]: Pc4(r["pc4"], r["place"], r["municipality"], r["province"], float(r["lat"]), float(r["lon"]))
        for r in vendored.rows("pc4")
    }


@cache
def places() -> tuple[Place, ...]:
    """Every place, in the order of its first postcode."""
    found: defaultdict[tuple[str, str], list[Pc4]] = defaultdict(list)
    for area in _pc4s().values():
        found[area.place, area.municipality].append(area)
    return tuple(
        Place(
            name,
            code,
            areas[0].province,
            median(a.lat for a in areas),
            median(a.lon for a in areas),
            tuple(a.code for a in areas),
        )
        for (name, code), areas in found.items()
    )


@cache
def _by_name() -> Mapping[str, tuple[Place, ...]]:
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places():
        for spelling in {fold(place.name), fold(split_qualifier(place.name)[0])}:
            found[spelling].append(place)
    for row in vendored.rows("other_names"):
        if row["kind"] != "municipality":
            found[fold(row["name"])] += found.get(fold(row["official"]), [])
    return {spelling: tuple(dict.fromkeys(ps)) for spelling, ps in found.items()}


def pc4(postcode: str) -> Pc4 | None:
    """The area of a postcode as people write it: 3705, 3705 AB, 3705xx."""
    match = _DIGITS.match(postcode)
    return _pc4s().get(match[1]) if match else None


def pc4s() -> tuple[Pc4, ...]:
    """Every postcode area, in order."""
    return tuple(_pc4s().values())


def find_place(
    text: str, municipality: str | None = None, *, province: str | None = None, postcode: str | None = None
) -> tuple[Place, ...]:
    """The places that may be meant; one when it is certain, none when it is not known.

    Namesakes are told apart by what is known besides: a postcode, the municipality's code, the province, or a
    qualifier in the text ("Hengelo (Gld)"). Knowledge that fits none of them is ignored: it may be the mistake.
    """
    name, behind = split_qualifier(text)
    left = _by_name().get(fold(text)) or _by_name().get(fold(name), ())
    area = pc4(postcode) if postcode else None
    where = province_code(behind) or province
    for fits in (
        lambda p: area is not None and area.code in p.postcodes,
        lambda p: area is not None and p.municipality == area.municipality,
        lambda p: municipality is not None and p.municipality == municipality,
        lambda p: where is not None and p.province == where,
    ):
        if len(left) > 1:
            left = tuple(p for p in left if fits(p)) or left
    return left
