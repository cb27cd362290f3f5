"""The tree of regions that reports are about: the country, its landsdelen, their provinces; never below a province.

Municipalities count for the number of initiatives on the map alone.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from shared import geo

COUNTRY = "NL"
NOWHERE = "-"
"""Where an initiative counts whose municipality is not known: in the country, in no province. It has no page."""


@cache
def tree() -> Mapping[str, str | None]:
    """The region above each region, for the country, landsdelen, provinces and NOWHERE."""
    above: dict[str, str | None] = {COUNTRY: None, NOWHERE: COUNTRY}
    for region in geo.regions():
        if region.kind in ("landsdeel", "province"):
            above[region.code] = region.parent
    return above


def pages() -> tuple[str, ...]:
    """The regions with a page, widest first."""
    return (COUNTRY, *(c for c in tree() if c.startswith("LD")), *(c for c in tree() if c.startswith("PV")))


def name(code: str) -> str:
    """How a region is called: Utrecht, landsdeel Oost, Nederland. Raises KeyError for an unknown code."""
    found = geo.region(code)
    if found is None:
        raise KeyError(code)
    return f"landsdeel {found.name}" if found.kind == "landsdeel" else found.name


def leaf(*codes: str | None) -> str:
    """The province in which one of these regions lies, or NOWHERE: leaf("GM0344", None) is PV26."""
    for code in codes:
        for wider in geo.regions_of(code) if code else ():
            if wider.startswith("PV"):
                return wider
    return NOWHERE


def place(municipality: str | None, province: str | None) -> str:
    """The narrowest region that an initiative is known to lie in."""
    for code in (municipality, province):
        if code and geo.region(code):
            return code
    return NOWHERE


def chain(code: str) -> tuple[str, ...]:
    """A region and all wider ones; NOWHERE lies in the country."""
    return (NOWHERE, COUNTRY) if code == NOWHERE else geo.regions_of(code)


def within(code: str, counts: Iterable[tuple[str, str, int]]) -> dict[str, int]:
    """Adds up (region, item, number) over everything that lies in `code`, by item."""
    total: dict[str, int] = {}
    for region, item, number in counts:
        if code in chain(region):
            total[item] = total.get(item, 0) + number
    return total
