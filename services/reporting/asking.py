"""What people and programs may ask for in an address: which initiatives, which region."""

from dataclasses import dataclass

from services.reporting.domain import regions
from services.reporting.store.initiatives import Wanted
from shared import geo
from shared.events.codelists import codelist
from shared.geo.fold import fold

LONGEST, MOST_WORDS = 100, 8


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of map and list as they were asked for, and what they come down to. Unknown values are left out."""

    q: str
    region: str
    kind: str
    theme: str
    unknown: tuple[str, ...] = ()
    """The names of filters with a value that does not exist."""

    @property
    def wanted(self) -> Wanted:
        words = tuple(fold(self.q).split()[:MOST_WORDS])
        return Wanted(
            words,
            None if self.region == regions.COUNTRY else self.region or None,
            self.kind or None,
            self.theme or None,
        )

    @property
    def query(self) -> dict[str, str]:
        """As parameters of an address, empty ones left out."""
        pairs = {"q": self.q, "region": self.region, "kind": self.kind, "theme": self.theme}
        return {name: value for name, value in pairs.items() if value}


def asked(q: str = "", region: str = "", kind: str = "", theme: str = "") -> Asked:
    """Reads the filters; a landsdeel is not one of them."""
    known_region = region == "" or (geo.region(region) is not None and not region.startswith("LD"))
    known_kind = kind == "" or kind in codelist("kind")
    known_theme = theme == "" or theme in codelist("theme")
    unknown = [n for n, ok in (("region", known_region), ("kind", known_kind), ("theme", known_theme)) if not ok]
    return Asked(
        q=" ".join(q.split())[:LONGEST],
        region=region if known_region else "",
        kind=kind if known_kind else "",
        theme=theme if known_theme else "",
        unknown=tuple(unknown),
    )
