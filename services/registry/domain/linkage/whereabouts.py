"""Where an initiative is, from what a partner wrote as place, municipality and postcode.

Places abroad, hamlets and spelling mistakes are not in the vendored geography: their text is kept, and compared as text.
"""

from dataclasses import dataclass
from functools import lru_cache

from services.registry.domain import normalise
from shared import geo


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """In comparing form; `municipality` is a CBS code, or folded text for one that is not Dutch."""

    place: str = ""
    municipality: str = ""
    pc4: str = ""
    postcode: str = ""
    point: tuple[float, float] | None = None


@lru_cache(maxsize=16_384)
def find(place: str | None, municipality: str | None, postcode: str | None) -> Whereabouts:
    """What is known of the place. The municipality is the one named, else that of the place, else that of the postcode.

    A municipality that is no more reads as its successor; the name of a municipality in the place field (Eemsdelta,
    Loppersum in its former sense) gives the municipality.
    """
    pc4, complete = normalise.postcode(postcode)
    area = geo.pc4(pc4) if pc4 else None
    named = geo.find_municipality(municipality, postcode=pc4 or None) if municipality else None
    folded = " ".join(normalise.words(place or ""))
    meant = geo.find_place(place, named.code if named else None, postcode=pc4 or None) if place else ()
    one = meant[0] if len(meant) == 1 else None
    if one is None and place and not meant and named is None:
        named = geo.find_municipality(place, postcode=pc4 or None)
    # A postcode that is not where the named place is may be a mistake, or not a Dutch one at all.
    trusted = area if area and (not folded or one is None or one.municipality == area.municipality) else None
    if named:
        code = named.code
    elif one:
        code = one.municipality
    elif area and not meant:
        code = area.municipality
    else:
        code = " ".join(normalise.words(municipality or ""))
    point = None
    if trusted and (one or not folded or (named and trusted.municipality == named.code)):
        point = (trusted.lat, trusted.lon)
    elif one:
        point = (one.lat, one.lon)
    elif named:
        point = (named.lat, named.lon)
    return Whereabouts(
        place=" ".join(normalise.words(one.name)) if one else folded,
        municipality=code,
        pc4=pc4,
        postcode=complete,
        point=point,
    )
