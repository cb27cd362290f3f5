"""The six made-up partners: what region each knows, how it writes, and how careful it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.demo import spelling
from deploy.demo.spelling import Change


@dataclass(frozen=True)
class Partner:
    """One list. Chances are per claim; styles are those of `spelling`."""

    name: str
    title: str
    regions: tuple[str, ...]
    knows: float
    """Share of the initiatives in its regions that it knows."""
    numbering: str
    rewriting: Mapping[Change, float]
    """Changes to the name, each tried with its chance, in this order."""
    given: Mapping[str, float]
    """How often a field is filled in at all."""
    phone: str = "dash"
    website: str = "full"
    postcode: str = "full"
    municipality: str = "code"
    """`code`, `name`, or `former`: the municipality of long ago where it was called after the village."""
    place_is_municipality: float = 0.0
    other_contact: float = 0.4
    """How often it knows another contact person than the others do."""
    other_kind: float = 0.08
    outdated: float = 0.1
    """How often its word is old: the former name or domain, where there was one."""
    twice: float = 0.0
    """How often the same initiative stands in this list twice."""
    batches: bool = True
    """Whether it publishes batches or single events."""
    source: str = field(default="")

    @property
    def source_urn(self) -> str:
        return self.source or f"urn:burenbus:partner:{self.name}"


_CAREFUL: Mapping[Change, float] = {
    spelling.reworded: 0.03,
    spelling.ampersand: 0.1,
    spelling.typo: 0.01,
}
_USUAL: Mapping[Change, float] = {
    spelling.reworded: 0.15,
    spelling.dialect: 0.1,
    spelling.shortened: 0.1,
    spelling.articled: 0.15,
    spelling.ampersand: 0.3,
    spelling.undiacritical: 0.25,
    spelling.spaced: 0.07,
    spelling.typo: 0.04,
}
_CARELESS: Mapping[Change, float] = {
    spelling.reworded: 0.12,
    spelling.initials: 0.012,
    spelling.shortened: 0.15,
    spelling.dialect: 0.1,
    spelling.articled: 0.2,
    spelling.ampersand: 0.4,
    spelling.undiacritical: 0.5,
    spelling.spaced: 0.1,
    spelling.cased: 0.2,
    spelling.typo: 0.09,
}

_MUCH = {"legal_form": 0.95, "kvk": 0.6, "founded": 0.9, "place": 1, "postcode": 0.95, "municipality": 0.9, "address": 0.7,
         "website": 0.9, "email": 0.9, "phone": 0.75, "details": 0.9, "numbers": 0.6}  # fmt: skip
_SOME = {"legal_form": 0.6, "kvk": 0.2, "founded": 0.5, "place": 0.98, "postcode": 0.75, "municipality": 0.7, "address": 0.5,
         "website": 0.75, "email": 0.8, "phone": 0.6, "details": 0.6, "numbers": 0.3}  # fmt: skip
_LITTLE = {"legal_form": 0.2, "kvk": 0.02, "founded": 0.3, "place": 0.97, "postcode": 0.45, "municipality": 0.35, "address": 0.3,
           "website": 0.5, "email": 0.55, "phone": 0.5, "details": 0.3, "numbers": 0.2}  # fmt: skip

PARTNERS: tuple[Partner, ...] = (
    Partner(
        "zorgnet-nederland", "Zorgnet Nederland (verzonnen)", ("NL",), 0.44, "NL-{:05d}", _CAREFUL, _MUCH,
        phone="international", postcode="joined", other_contact=0.35, source="urn:nld:kvknr:99000001:systeem:ledenlijst",
    ),
    Partner(
        "noorderbuur", "Noorderbuur (verzonnen)", ("PV20", "PV21", "PV22"), 0.72, "nb{}", _USUAL, _SOME,
        phone="spaces", website="bare", postcode="digits", municipality="former", place_is_municipality=0.03,
    ),
    Partner(
        "oostsamen", "Oost Samen (verzonnen)", ("PV23", "PV24", "PV25"), 0.7, "{:03d}/oost", _USUAL, _SOME,
        phone="plain", website="old", postcode="masked", municipality="name", place_is_municipality=0.06, batches=False,
    ),
    Partner(
        "westwijzer", "Westwijzer (verzonnen)", ("PV26", "PV27", "PV28"), 0.7, "ww-{:x}", _USUAL, _MUCH,
        phone="dash", website="full", postcode="masked", municipality="name", other_kind=0.12,
    ),
    Partner(
        "zuidkracht", "Zuidkracht (verzonnen)", ("PV29", "PV30", "PV31"), 0.72, "{}", _USUAL, _SOME,
        phone="international-strict", website="any", postcode="any", municipality="name", place_is_municipality=0.2,
    ),
    Partner(
        "dorpenlijst", "De Dorpenlijst, een spreadsheet (verzonnen)", ("NL",), 0.26, "rij {}", _CARELESS, _LITTLE,
        phone="any", website="any", postcode="any", municipality="former", place_is_municipality=0.1, other_contact=0.4,
        other_kind=0.2, outdated=0.5, twice=0.015, batches=False,
    ),
)  # fmt: skip
"""In the order in which they board."""
