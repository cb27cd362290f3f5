"""The reference geography of the Netherlands: regions by CBS code, postcodes, places, borders. Read once, no database.

Look-ups give None (or nothing) for what is not known: what a partner writes is often wrong, and that is no error here.
Attribution, to be shown wherever this is used: `ATTRIBUTION`.
"""

from shared.geo.borders import ATTRIBUTION, municipality_borders, province_borders
from shared.geo.names import find_municipality, former_municipality
from shared.geo.places import Pc4, Place, find_place, pc4, pc4s, places
from shared.geo.regions import (
    Former,
    Municipality,
    Province,
    Region,
    covers,
    formers,
    landsdeel_of,
    municipalities,
    municipality,
    present,
    province,
    provinces,
    region,
    regions,
    regions_of,
)

__all__ = [
    "ATTRIBUTION",
    "Former",
    "Municipality",
    "Pc4",
    "Place",
    "Province",
    "Region",
    "covers",
    "find_municipality",
    "find_place",
    "former_municipality",
    "formers",
    "landsdeel_of",
    "municipalities",
    "municipality",
    "municipality_borders",
    "pc4",
    "pc4s",
    "places",
    "present",
    "province",
    "province_borders",
    "provinces",
    "region",
    "regions",
    "regions_of",
]
