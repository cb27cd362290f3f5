"""The map as one small picture: the provinces and a dot for each initiative."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from math import cos, radians, sqrt

from shared import geo

WEST, SOUTH, EAST, NORTH = 3.3, 50.72, 7.25, 53.6
WIDTH = 600
_SCALE = WIDTH / (EAST - WEST)
_STRETCH = 1 / cos(radians((SOUTH + NORTH) / 2))
HEIGHT = round((NORTH - SOUTH) * _STRETCH * _SCALE)


def drawn(points: Iterable[tuple[float, float]]) -> str:
    """An SVG with these points (latitude, longitude); those in one place are one larger dot."""
    dots = Counter(_at(lon, lat) for lat, lon in points)
    circles = "".join(
        f'<circle cx="{x}" cy="{y}" r="{3 + min(6.0, sqrt(n) - 1):.1f}"/>' for (x, y), n in sorted(dots.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="{_land()}" fill="#e3f0ea" stroke="#4f9a7f" stroke-width="1" stroke-linejoin="round"/>'
        f'<g fill="#b4530a" fill-opacity="0.85" stroke="#fffdf9" stroke-width="0.8">{circles}</g></svg>'
    )


def _at(lon: float, lat: float) -> tuple[float, float]:
    return round((lon - WEST) * _SCALE, 1), round((NORTH - lat) * _STRETCH * _SCALE, 1)


@cache
def _land() -> str:
    shapes = [feature["geometry"] for feature in geo.province_borders()["features"]]
    polygons = [p for s in shapes for p in (s["coordinates"] if s["type"] == "MultiPolygon" else [s["coordinates"]])]
    return "".join(_outline(ring) for polygon in polygons for ring in polygon)


def _outline(ring: list[list[float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in (_at(lon, lat) for lon, lat in ring)) + "Z"
