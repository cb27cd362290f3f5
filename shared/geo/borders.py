"""The borders, as GeoJSON in WGS84, simplified: good for a map of the country, not for a survey."""

import json
from functools import cache
from typing import Any

from shared.geo import vendored

ATTRIBUTION = "Gemeentegrenzen: CBS/Kadaster (via nl_maps). Plaatsen en postcodes: GeoNames (CC BY 4.0)."
"""What has to stand wherever the borders, places or postcodes are shown."""


@cache
def municipality_borders() -> dict[str, Any]:
    """A FeatureCollection; each feature's `id` is the CBS code, its properties `code`, `naam`, `provincie`. Do not change it."""
    return _read("municipalities.geojson")


@cache
def province_borders() -> dict[str, Any]:
    """A FeatureCollection; each feature's `id` is the CBS code, its properties `code`, `iso`, `naam`. Do not change it."""
    return _read("provinces.geojson")


def _read(name: str) -> dict[str, Any]:
    borders: dict[str, Any] = json.loads(vendored.text(name))
    return borders
