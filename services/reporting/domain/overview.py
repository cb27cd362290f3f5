"""What the page of a region always shows: counts of listed initiatives, and the response. These need no suppression."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.reporting.domain import regions
from services.reporting.domain.listing import ACTIVE, LISTED, NO_KIND
from shared import geo
from shared.events.codelists import codelist


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of counts."""

    code: str
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Overview:
    active: int
    listed: int
    kinds: tuple[Row, ...]
    parts: tuple[Row, ...]
    """The listed initiatives per province, or per municipality of a province; most first."""
    elsewhere: int
    """Listed initiatives of this region in none of its parts: their municipality is not known."""


def inside(code: str) -> list[str]:
    """Every region that may be counted in `code`, itself included, municipalities too."""
    found = [r.code for r in (*geo.regions(), *_former()) if geo.covers(code, r.code)]
    return [*found, regions.NOWHERE] if code == regions.COUNTRY else found


def _former() -> list[geo.Region]:
    return [found for f in geo.formers() if (found := geo.region(f.code))]


def overview(code: str, totals: Mapping[str, int], listed: Mapping[str, int]) -> Overview:
    """`totals` gives each item's number in the region, `listed` the listed initiatives of each narrowest region."""
    labels = {c: text.nl for c, text in codelist("kind").items()} | {NO_KIND: "niet bekend"}
    kinds = [Row(c, label, totals.get(f"kind={c}", 0)) for c, label in labels.items()]
    parts = _parts(code, listed)
    everywhere = sum(n for region, n in listed.items() if code in regions.chain(region))
    return Overview(
        active=totals.get(ACTIVE, 0),
        listed=totals.get(LISTED, 0),
        kinds=tuple(sorted((k for k in kinds if k.number), key=lambda k: -k.number)),
        parts=tuple(parts),
        elsewhere=everywhere - sum(p.number for p in parts),
    )


def _parts(code: str, listed: Mapping[str, int]) -> list[Row]:
    """The country and a landsdeel in provinces, all of them; a province in the municipalities that have any."""
    found: dict[str, int] = {}
    wide = "GM" if code.startswith("PV") else "PV"
    if wide == "PV":
        found = {p.code: 0 for p in geo.provinces() if geo.covers(code, p.code)}
    for region, n in listed.items():
        part = next((c for c in regions.chain(region) if c.startswith(wide)), None)
        if part and geo.covers(code, part):
            found[part] = found.get(part, 0) + n
    rows = [Row(c, regions.name(c), n) for c, n in found.items()]
    return sorted(rows, key=lambda r: (-r.number, r.label, r.code))
