"""The regions that staff can follow: the country, its provinces, and the present municipalities."""

from collections.abc import Sequence

from shared import geo

COUNTRY = "NL"


def choices() -> Sequence[tuple[str, str]]:
    """Code and name of every region that can be followed: the widest first, then by name."""
    provinces = sorted((p.name, p.code) for p in geo.provinces())
    municipalities = sorted((m.cbs_name, m.code) for m in geo.municipalities())
    return [
        (COUNTRY, "heel Nederland"),
        *((code, f"provincie {name}") for name, code in provinces),
        *((code, f"gemeente {name}") for name, code in municipalities),
    ]


def name_of(code: str) -> str | None:
    """How a region that can be followed reads in a sentence; None if it cannot be followed."""
    if code == COUNTRY:
        return "heel Nederland"
    if province := geo.province(code):
        return f"de provincie {province.name}"
    municipality = geo.municipality(code)
    return f"de gemeente {municipality.cbs_name}" if municipality else None
