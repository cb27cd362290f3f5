"""What the map and the list show of an initiative, and what they must not."""

from dataclasses import dataclass

from services.reporting.domain import regions
from shared import geo
from shared.events.registry import InitiativeState
from shared.geo.fold import fold

ACTIVE, LISTED = "active", "listed"
NO_KIND = "onbekend"


@dataclass(frozen=True, slots=True)
class Initiative:
    """An initiative as reporting keeps it. What may not be shown is None."""

    id: str
    version: int
    region: str
    leaf: str
    items: tuple[str, ...]
    listed: bool
    name: str | None
    kind: str | None
    place: str | None
    municipality: str | None
    themes: tuple[str, ...]
    activities: tuple[str, ...]
    target_groups: tuple[str, ...]
    lat: float | None
    lon: float | None
    sought: str


def kept(state: InitiativeState) -> Initiative:
    """What is kept of the public state: all that is shown if it agreed to be listed, else only where it counts."""
    active = state.status == "active"
    listed = active and state.listed
    items = (ACTIVE, LISTED, f"kind={state.kind or NO_KIND}") if listed else (ACTIVE,) if active else ()
    exact = state.location_precision != "gemeente"
    place = state.place if listed and exact else None
    lat, lon = point(state) if listed else (None, None)
    municipality = geo.municipality(state.municipality) if state.municipality else None
    words = (state.name, *state.other_names, place or "", municipality.name if municipality else "")
    return Initiative(
        id=state.initiative_id,
        version=state.version,
        region=regions.place(state.municipality, state.province),
        leaf=regions.leaf(state.municipality, state.province),
        items=items,
        listed=listed,
        name=state.name if listed else None,
        kind=state.kind if listed else None,
        place=place,
        municipality=state.municipality if listed else None,
        themes=state.themes if listed else (),
        activities=tuple(dict.fromkeys(a.activity for a in state.activities)) if listed else (),
        target_groups=state.target_groups if listed else (),
        lat=lat,
        lon=lon,
        sought=" ".join(fold(w) for w in words if w) if listed else "",
    )


def point(state: InitiativeState) -> tuple[float | None, float | None]:
    """Where it stands on the map: the middle of its postcode area, or of its municipality; never an address.

    An initiative that wants no more shown than its municipality gets the municipality's point.
    """
    area = geo.pc4(state.pc4) if state.pc4 and state.location_precision != "gemeente" else None
    if area is not None:
        return area.lat, area.lon
    municipality = geo.municipality(state.municipality) if state.municipality else None
    return (municipality.lat, municipality.lon) if municipality else (None, None)
