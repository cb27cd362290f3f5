"""Where an initiative is: the region codes behind what a partner wrote."""

from dataclasses import dataclass

from shared import geo
from shared.events.codelists import Label
from shared.events.problems import Problem, problem

NOTHING = Label("geen plaats en geen postcode", "no place and no postcode")


@dataclass(frozen=True, slots=True)
class Location:
    """A place in words, and the codes that could be found for it. All None: nothing is known."""

    place: str | None = None
    pc4: str | None = None
    municipality: str | None = None
    province: str | None = None


def locate(place: str | None, postcode: str | None, municipality: str | None) -> Location:
    """The municipality as named; if it is not named or not known, that of the postcode, else of the place if only one is so called."""
    area = geo.pc4(postcode) if postcode else None
    found = geo.find_municipality(municipality, postcode=postcode) if municipality else None
    code = found.code if found else area.municipality if area else _of_place(place, postcode)
    present = geo.municipality(code) if code else None
    return Location(
        place=place,
        pc4=area.code if area else None,
        municipality=present.code if present else None,
        province=present.province if present else None,
    )


def doubts(place: str | None, postcode: str | None, municipality: str | None) -> list[Problem]:
    """What a partner should know about the location that it gave: a former municipality, no region, a postcode that is not
    known or not of the municipality named."""
    found: list[Problem] = []
    area = geo.pc4(postcode) if postcode else None
    if postcode and area is None:
        found.append(problem("unknown-postcode", "/data/postcode", value=postcode))
    if municipality:
        now = geo.find_municipality(municipality, postcode=postcode)
        if now is None:
            found.append(problem("municipality", "/data/municipality", value=municipality))
        elif geo.former_municipality(municipality) is not None:
            found.append(problem("merged-municipality", "/data/municipality", value=municipality, now=now.name))
        if area and now and now.code != area.municipality and (there := geo.municipality(area.municipality)):
            elsewhere = problem(
                "postcode-elsewhere", "/data/postcode", value=postcode, there=there.name, given=now.name
            )
            found.append(elsewhere)
    elif locate(place, postcode, municipality).municipality is None:
        at = "/data/place" if place else "/data"
        given = place or postcode
        found.append(problem("no-region", at, value=given, given=given or NOTHING))
    return found


def _of_place(place: str | None, postcode: str | None) -> str | None:
    if not place:
        return None
    codes = {p.municipality for p in geo.find_place(place, postcode=postcode)}
    if len(codes) == 1:
        return codes.pop()
    if codes:
        return None
    named = geo.find_municipality(place)
    return named.code if named else None
