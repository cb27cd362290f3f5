"""The truth behind the demo: initiatives as they are, before any partner writes them down.

Made up from real places and the published proportions (the 2020 monitor: legal form, themes, meeting, target group), but
for the nine initiatives that documents name. Everything follows from the random generator that is given.
"""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from shared import geo
from shared.geo.fold import fold, split_qualifier

MADE_UP = 1471
"""How many initiatives the monitor of 2020 found."""

_KINDS = {
    "zorgcooperatie": 11, "dorpscooperatie": 6, "stadsdorp": 9, "zorgzaam-dorp": 14, "noaberzorgpunt": 9,
    "burennetwerk": 10, "buurtcollectief": 11, "buurtcooperatie": 4, "gebiedscooperatie": 2, "buurthuiskamer": 13,
    "doarpswurk": 22, "energiecooperatie": 2, "voedselcooperatie": 2, "anders": 10,
}  # fmt: skip
_COOPERATIVE = {"zorgcooperatie", "dorpscooperatie", "buurtcooperatie", "gebiedscooperatie", "energiecooperatie"}
_LEGAL_COOPERATIVE = {
    "stichting": 42,
    "cooperatie": 42,
    "vereniging": 7,
    "geen": 6,
    "informele-vereniging": 1,
    "anders": 2,
}
_LEGAL_OTHER = {"stichting": 54, "geen": 24, "vereniging": 10, "informele-vereniging": 7, "cooperatie": 2, "anders": 3}
_PHASES = {"actief": 78, "actief-korter-dan-2-jaar": 12, "in-oprichting": 7, "idee": 3}
_THEMES = {
    "sociale-cohesie": 0.57, "welzijn": 0.47, "zorg": 0.24, "wonen": 0.07, "gezondheid": 0.10, "preventie": 0.08,
    "mobiliteit": 0.07, "energie-en-duurzaamheid": 0.06, "cultuur": 0.08, "werk-en-participatie": 0.06, "leefomgeving": 0.12,
}  # fmt: skip
_ACTIVITIES = {
    "ontmoeting": 0.64, "samen-eten": 0.38, "dagbesteding": 0.17, "vervoer": 0.21, "buurthulp-en-klussen": 0.33,
    "boodschappen": 0.14, "maatjes-en-bezoek": 0.20, "dorpsondersteuner-of-wijkverbinder": 0.12, "informatie-en-advies": 0.24,
    "bewegen": 0.15, "cursus": 0.11, "tuin": 0.10, "buurtapp": 0.06, "zorg-thuis": 0.09, "nieuwe-woonvorm": 0.05,
    "respijt": 0.04, "werkplaats": 0.05,
}  # fmt: skip
_GROUPS = ["ouderen", "ouderen", "ouderen", "mantelzorgers", "mensen-met-een-beperking", "jeugd", "mensen-met-dementie"]
_REGIONAL = {"noaberzorgpunt": {"PV20", "PV22", "PV23", "PV25"}, "doarpswurk": {"PV21"}}
_WELFARE_TOWNS = 70
_UNINHABITED = {
    "Schiphol",
    "Rotterdam-Albrandswaard",
    "Maasvlakte Rotterdam",
    "Botlek Rotterdam",
    "Europoort Rotterdam",
}


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers: a role, never a person. The same for several initiatives where a welfare organisation does it."""

    role: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Initiative:
    """One initiative as it is. `former_name` and `former_site`: it changed its name or its domain."""

    key: str
    name: str
    kind: str
    place: geo.Place
    made_up: bool = True
    former_name: str | None = None
    legal_form: str | None = None
    founded: int | None = None
    phase: str | None = None
    postcode: str | None = None
    address: str | None = None
    site: str | None = None
    former_site: str | None = None
    contacts: tuple[Contact, ...] = ()
    kvk_number: str | None = None
    target_groups: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    activities: tuple[tuple[str, str], ...] = ()
    numbers: Mapping[str, int] | None = None


@cache
def vocabulary() -> Mapping[str, Any]:
    """The words from which the movement is made."""
    words: Mapping[str, Any] = json.loads(_data("vocabulary.json"))
    return words


def _data(name: str) -> str:
    return files("deploy.demo").joinpath("data", name).read_text("utf-8")


def documented() -> list[Initiative]:
    """The nine initiatives that documents name. Nothing is added to what is known."""
    found = []
    for i, line in enumerate(_data("initiatives-from-documents.jsonl").splitlines()):
        row = json.loads(line)
        candidates = geo.find_place(row["place"], row["municipality"]) or tuple(
            p for p in geo.places() if p.municipality == row["municipality"]
        )
        place = candidates[0]
        if fold(row["place"]) != fold(place.name):  # Laarbeek is a municipality, not a place
            place = geo.Place(row["place"], row["municipality"], place.province, place.lat, place.lon, ())
        found.append(Initiative(f"document-{i + 1}", row["name"], row["kind"], place, made_up=False))
    return found


def made_up(rng: random.Random, count: int = MADE_UP) -> list[Initiative]:
    """That many made-up initiatives. In one municipality no two have the same name, but many look alike."""
    places, weights = _weighted_places()
    towns = [p for p in rng.choices(places, weights, k=_WELFARE_TOWNS) if len(p.postcodes) < 12]
    welfare = {p.municipality: _welfare(rng, p) for p in towns}
    taken = {(d.place.municipality, fold(d.name)) for d in documented()}
    found: list[Initiative] = []
    while len(found) < count:
        place = rng.choices(places, weights)[0]
        for other in range(rng.choices([1, 2, 3], [86, 11, 3])[0]):  # villages with one often have another
            key = f"verzonnen-{len(found) + 1:04d}"
            initiative = _one(rng, key, place, welfare, found[-1] if other == 1 and found else None)
            if (place.municipality, fold(initiative.name)) in taken or len(found) == count:
                continue
            taken.add((place.municipality, fold(initiative.name)))
            found.append(initiative)
    return found


@cache
def _weighted_places() -> tuple[Sequence[geo.Place], Sequence[float]]:
    """Places, by population (postcodes stand in for it): half of the weight equally to each province."""
    size = {p: len(p.postcodes) ** 0.75 for p in geo.places() if p.name not in _UNINHABITED}
    total: dict[str, float] = {}
    for p, s in size.items():
        total[p.province] = total.get(p.province, 0) + s
    everywhere = sum(size.values())
    return list(size), [s / total[p.province] / 12 + s / everywhere for p, s in size.items()]


def _one(
    rng: random.Random, key: str, place: geo.Place, welfare: Mapping[str, Contact], beside: Initiative | None
) -> Initiative:
    kinds = {k: w for k, w in _KINDS.items() if place.province in _REGIONAL.get(k, {place.province})}
    if len(place.postcodes) < 4:
        kinds["stadsdorp"] = 1
    kind = pick(rng, kinds)
    name = _name(rng, kind, place)
    if beside and rng.random() < 0.3:  # the eating club of De Schakel beside De Schakel itself
        name = _beside(rng, beside.name)
    legal = pick(rng, _LEGAL_COOPERATIVE if kind in _COOPERATIVE else _LEGAL_OTHER)
    slug = re.sub(r"[^a-z0-9]+", "", fold(name))[:40]
    town = re.sub(r"[^a-z0-9]+", "", fold(plain(place.name)))
    host = slug if town in slug or rng.random() < 0.2 else f"{slug}-{town}"
    site = f"{host}.example" if rng.random() < 0.72 else None
    contacts = tuple(_contact(rng, place, host if site else None, town) for _ in range(2))
    runs = welfare.get(place.municipality)
    if runs and rng.random() < 0.4:
        contacts = (runs, contacts[1])
        if rng.random() < 0.6:
            site = f"{runs.email.partition('@')[2]}/{slug}"
    groups = (
        ("alle-inwoners",) if rng.random() < 0.68 else tuple(dict.fromkeys(rng.choices(_GROUPS, k=rng.randint(1, 3))))
    )
    founded = int(rng.triangular(1996, 2026, 2016))
    return Initiative(
        key=key,
        name=name,
        kind=kind,
        place=place,
        former_name=_name(rng, kind, place) if rng.random() < 0.05 else None,
        legal_form=legal,
        founded=founded,
        phase="actief-korter-dan-2-jaar" if founded >= 2025 else pick(rng, _PHASES),
        postcode=f"{rng.choice(place.postcodes)} {_letters(rng)}",
        address=f"{rng.choice(vocabulary()['streets'])} {rng.randint(1, 180)}{rng.choice(['', '', '', '', 'a', 'b'])}",
        site=site,
        former_site=f"{slug[:12]}{town[:10]}.example" if site and rng.random() < 0.06 else None,
        contacts=contacts,
        kvk_number=f"99{rng.randint(0, 999_999):06d}" if legal not in ("geen", "informele-vereniging") else None,
        target_groups=groups,
        themes=tuple(t for t, p in _THEMES.items() if rng.random() < p) or ("anders",),
        activities=tuple(
            (a, rng.choices(["zelf", "met-professionele-partner", "gepland"], [64, 28, 8])[0])
            for a, p in _ACTIVITIES.items()
            if rng.random() < p
        ),
        numbers={
            "volunteers": max(2, int(rng.lognormvariate(3.4, 0.8))),
            "members": int(rng.lognormvariate(4.2, 1.1)),
            "visitorsPerYear": int(rng.lognormvariate(5.5, 1.3)),
        },
    )


def _name(rng: random.Random, kind: str, place: geo.Place) -> str:
    words = vocabulary()
    village = plain(place.name)
    quarters = words["cities"].get(place.name) or (words["neighbourhoods"] if len(place.postcodes) > 3 else [])
    where = rng.choice(quarters) if quarters and rng.random() < 0.85 else village
    return str(
        rng.choice(words["patterns"][kind]).format(
            where=where, fancy=_popular(rng, words["fancy"]), generic=_popular(rng, words["generic"])
        )
    )


def _popular(rng: random.Random, names: Sequence[str]) -> str:
    """One of them; the first ones are everywhere: every other village has a Schakel."""
    return names[int(len(names) * rng.random() ** 2.5)]


def _beside(rng: random.Random, name: str) -> str:
    core = re.sub(
        r"^(Zorgco\S+|Dorpsco\S+|Buurtco\S+|Stadsdorp|Dorpshuis|Buurthuis\w*|Inloophuis|Zorgzaam)\s", "", name
    )
    return rng.choice(
        ["Eetpunt {}", "Werkgroep Zorg {}", "Vervoersdienst {}", "Klussenteam {}", "Tuin van {}", "Jeugd {}"]
    ).format(core)


def _contact(rng: random.Random, place: geo.Place, host: str | None, town: str) -> Contact:
    role = rng.choice(vocabulary()["roles"])
    box = fold(role).replace(" ", "")
    if host and rng.random() < 0.75:
        email = f"{rng.choice([box, 'info', 'info', 'contact'])}@{host}.example"
    else:
        email = f"{box}.{town}{rng.randint(1, 99)}@{rng.choice(vocabulary()['mail_hosts'])}"
    return Contact(role, email, _phone(rng, place.province))


def _welfare(rng: random.Random, place: geo.Place) -> Contact:
    municipality = geo.municipality(place.municipality)
    assert municipality is not None
    slug = re.sub(r"[^a-z0-9]+", "", fold(municipality.name))
    return Contact("medewerker welzijn", f"info@welzijn-{slug}.example", _phone(rng, place.province, mobile=0))


def _phone(rng: random.Random, province: str, mobile: float = 0.55) -> str:
    """A number of the right length that reaches nobody: subscriber numbers do not begin with 0."""
    area = "06" if rng.random() < mobile else rng.choice(vocabulary()["areas"][province])
    rest = 9 - len(area)
    return f"{area}-0{rng.randrange(10**rest):0{rest}d}"


def _letters(rng: random.Random) -> str:
    return "".join(rng.choices("ABCDEGHJKLMNPRSTVWXZ", k=2))


def plain(place: str) -> str:
    """A place name without the qualifier that tells namesakes apart."""
    return split_qualifier(place)[0]


def pick(rng: random.Random, weights: Mapping[str, float]) -> str:
    """One of the keys, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]
