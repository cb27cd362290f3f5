"""Regions by CBS code: municipality GM0344, province PV26, landsdeel LD03, the country NL; and municipalities that were."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from shared.geo import vendored

RegionKind = Literal["municipality", "province", "landsdeel", "country"]

_LANDSDELEN = {"LD01": "Noord", "LD02": "Oost", "LD03": "West", "LD04": "Zuid"}


@dataclass(frozen=True, slots=True)
class Province:
    """One of the twelve; `landsdeel` as CBS divides the country (Flevoland in Oost, Zeeland in West)."""

    code: str
    name: str
    iso: str
    landsdeel: str


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality with a point in its main place. `cbs_name` tells namesakes apart: Bergen (NH.), Bergen (L.)."""

    code: str
    name: str
    cbs_name: str
    province: str
    lat: float
    lon: float
    valid_from: date | None
    valid_to: date | None
    successor: str | None


@dataclass(frozen=True, slots=True)
class Former:
    """A municipality that is no more. `successor` is the present one that took over its registration.

    Where one was divided over several, that is the one that the national table of municipalities names.
    """

    code: str
    name: str
    until: date
    successor: str


@dataclass(frozen=True, slots=True)
class Region:
    """Any region. `parent` is the next wider one; `valid_to` is the first day on which it is no more."""

    code: str
    name: str
    kind: RegionKind
    parent: str | None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@cache
def _provinces() -> Mapping[str, Province]:
    return {r["code"]: Province(r["code"], r["name"], r["iso"], r["landsdeel"]) for r in vendored.rows("provinces")}


@cache
def _municipalities() -> Mapping[str, Municipality]:
    return {
        r["code"]: Municipality(
            code=r["code"],
            name=r["name"],
            cbs_name=r["cbs_name"],
            province=r["province"],
            lat=float(r["lat"]),
            lon=float(r["lon"]),
            valid_from=_day(r["valid_from"]),
            valid_to=_day(r["valid_to"]),
            successor=r["successor"] or None,
        )
        for r in vendored.rows("municipalities")
    }


@cache
def _formers() -> Mapping[str, Former]:
    return {
        r["code"]: Former(r["code"], r["name"], date.fromisoformat(r["until"]), r["successor"])
        for r in vendored.rows("former_municipalities")
    }


@cache
def _regions() -> Mapping[str, Region]:
    found = [Region("NL", "Nederland", "country", None)]
    found += [Region(code, name, "landsdeel", "NL") for code, name in _LANDSDELEN.items()]
    found += [Region(p.code, p.name, "province", p.landsdeel) for p in _provinces().values()]
    found += [
        Region(m.code, m.name, "municipality", m.province, m.valid_from, m.valid_to, m.successor)
        for m in _municipalities().values()
    ]
    found += [
        Region(f.code, f.name, "municipality", _municipalities()[f.successor].province, None, f.until, f.successor)
        for f in _formers().values()
    ]
    return {r.code: r for r in found}


def province(code: str) -> Province | None:
    """The province with this code (PV26)."""
    return _provinces().get(code)


def provinces() -> tuple[Province, ...]:
    """All twelve, by code: from Groningen to Limburg."""
    return tuple(_provinces().values())


def municipality(code: str) -> Municipality | None:
    """The present municipality with this code (GM0344); None for one that is no more."""
    return _municipalities().get(code)


def municipalities() -> tuple[Municipality, ...]:
    """All present ones, by code."""
    return tuple(_municipalities().values())


def formers() -> tuple[Former, ...]:
    """Municipalities that ended since 1970, by code."""
    return tuple(_formers().values())


def landsdeel_of(province_code: str) -> str:
    """The landsdeel of a province. Raises KeyError for a code that is no province."""
    return _provinces()[province_code].landsdeel


def region(code: str) -> Region | None:
    """Any region by its code, former municipalities included."""
    return _regions().get(code)


def regions(kind: RegionKind | None = None, *, on: date | None = None) -> tuple[Region, ...]:
    """Regions of one kind, or all, that are valid on a day (None: now in the reference, without the former ones)."""
    return tuple(
        r
        for r in _regions().values()
        if (kind is None or r.kind == kind)
        and (
            r.code not in _formers()
            if on is None
            else (r.valid_from is None or r.valid_from <= on) and (r.valid_to is None or on < r.valid_to)
        )
    )


def regions_of(code: str) -> tuple[str, ...]:
    """A region and every wider one, from narrow to wide: GM0344, PV26, LD03, NL. Empty for an unknown code."""
    chain = []
    at = region(code)
    while at is not None:
        chain.append(at.code)
        at = region(at.parent) if at.parent else None
    return tuple(chain)


def covers(wide: str, narrow: str) -> bool:
    """Whether `narrow` lies in `wide`, or is it: covers("PV26", "GM0344")."""
    return wide in regions_of(narrow)


def present(code: str, on: date) -> str:
    """The code that stands for this region on that day: its successor, once it is no more. Unknown codes stay."""
    at = region(code)
    while at is not None and at.successor and at.valid_to and at.valid_to <= on:
        code = at.successor
        at = region(code)
    return code
