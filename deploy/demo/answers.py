"""What the made-up initiatives answer to the questionnaire, and the signals that residents tell of.

Proportions are those that the studies of 2016 and 2020 published: volunteers hard to find 36 % (Zeeland 54 %) and to keep
25 %, visible enough 76 % (Zeeland 63 %), checks its goals 41 %; bottlenecks with institutions first, and heavier the
closer to professional services.
"""

import random
from collections.abc import Mapping
from typing import Any

from deploy.demo.world import Initiative, pick, plain
from shared import geo

QUESTIONNAIRE = "2026.1"
_ZEELAND = "PV29"
_SKIPPED, _UNKNOWN = 0.1, 0.04

_INSTITUTIONS = {
    "gemeente": 0.85, "welzijnsorganisatie": 0.7, "zorgaanbieder": 0.5, "huisarts": 0.35,
    "zorgverzekeraar-of-zorgkantoor": 0.15, "woningcorporatie": 0.4, "provincie": 0.2, "andere-initiatieven": 0.5,
    "ondernemers": 0.35,
}  # fmt: skip
_BOTTLENECKS = {
    "erkenning": 0.40, "samenwerking-gemeente": 0.42, "samenwerking-aanbieders": 0.30, "samenwerking-verzekeraar": 0.28,
    "wet-en-regelgeving": 0.33, "financiering": 0.31, "vrijwilligers-vinden": 0.36, "vrijwilligers-behouden": 0.25,
    "bestuur-en-opvolging": 0.27, "ruimte": 0.18, "zichtbaarheid": 0.2, "kennis": 0.12,
}  # fmt: skip
_FUNDING = {
    "gemeentesubsidie": 0.6, "provincie": 0.15, "rijk-of-zonmw": 0.06, "contributie": 0.35, "fondsen": 0.4,
    "giften-en-sponsors": 0.35, "eigen-inkomsten": 0.3, "wmo-zvw-wlz-of-pgb": 0.12, "woningcorporatie": 0.12, "bank": 0.02,
}  # fmt: skip
_NEEDS = {
    "financiering": 0.45, "vrijwilligers": 0.4, "binden-en-boeien": 0.3, "juridisch": 0.15, "lobby": 0.25,
    "kennis-delen": 0.4, "buddy": 0.12, "resultaat-meten": 0.2,
}  # fmt: skip
_BUDGETS = {
    "geen-begroting": 18, "tot-1000": 14, "1000-5000": 20, "5000-10000": 14, "10000-25000": 14, "25000-50000": 9,
    "50000-100000": 6, "100000-250000": 4, "250000-of-meer": 1,
}  # fmt: skip
_AREAS = {"buurt": 16, "wijk": 18, "dorp": 44, "stadsdeel-of-stad": 8, "gemeente": 11, "meerdere-gemeenten": 3}
_CONSENTS = {
    "op-de-kaart": 0.9, "contact-tonen": 0.6, "doorgeven-aan-netwerk": 0.7, "nieuwsbrief": 0.5, "loting": 0.65,
    "vervolgonderzoek": 0.45,
}  # fmt: skip

_SAID: Mapping[str, list[str]] = {
    "knelpunt": [
        "De gemeente heeft voor elke vraag een ander loket. Het duurt maanden.",
        "Wij worden gezien als aardige vrijwilligers, niet als partner.",
        "De verzekering van onze chauffeurs is niet geregeld.",
        "Vrijwilligers met een uitkering zijn bang voor een korting.",
        "Elk jaar opnieuw subsidie aanvragen kost ons de helft van de tijd.",
        "Wij vinden geen nieuwe penningmeester.",
    ],
    "oplossing": [
        "Wij hebben nu één vaste contactpersoon bij de gemeente. Dat scheelt veel.",
        "Met drie dorpen samen betalen wij één dorpsondersteuner.",
        "Nieuwe vrijwilligers lopen eerst een middag mee, zonder verplichting.",
    ],
    "succes": [
        "Elke woensdag eten er zestig mensen samen.",
        "Door de buurtauto komt iedereen weer bij de huisarts.",
        "Twaalf bewoners bleven langer in het dorp wonen.",
    ],
    "droom": [
        "Een eigen huis voor ontmoeting, zeven dagen open.",
        "Dat niemand in ons dorp hoeft te verhuizen om oud te worden.",
    ],
}
_GATHERING = "Tour door het land (verzonnen)"


def answers(rng: random.Random, initiative: Initiative, *, numbers: float = 0.6) -> dict[str, Any]:
    """One set of answers by question code, as the questionnaire asks them. `numbers`: share given exactly, not as a class."""
    place, town = initiative.place, geo.municipality(initiative.place.municipality)
    assert town is not None
    given: dict[str, Any] = {
        "A1": initiative.name,
        "A2.postcode": initiative.postcode[:4] if initiative.postcode else _pc4(initiative),
        "A2.plaats": plain(place.name),
        "A2.gemeente": town.code,
    }
    optional: dict[str, Any] = {
        "A3": initiative.founded,
        "A4": initiative.kind if initiative.kind != "anders" else None,
        "A5": initiative.phase,
        "A6": initiative.legal_form if initiative.legal_form != "anders" else None,
        "A7": pick(rng, _AREAS),
        "C": [t for t in initiative.themes if t != "anders"] or None,
        "E1": _number(rng, (initiative.numbers or {}).get("volunteers"), numbers),
        "E2": _number(rng, (initiative.numbers or {}).get("members"), numbers),
        "E3": _number(rng, (initiative.numbers or {}).get("visitorsPerYear"), numbers),
        "E4": rng.choices(["0", "1-9"], [88, 12])[0],
        "F1": pick(rng, _BUDGETS),
        "F3": rng.choice(["structureel", "incidenteel"]),
        "I1": _yes(rng, 0.41),
        "I2": _yes(rng, 0.63 if place.province == _ZEELAND else 0.76),
        "J": [n for n, share in _NEEDS.items() if rng.random() < share] or None,
        **_bottlenecks(rng, initiative),
    }
    for code, value in optional.items():
        if value is not None and rng.random() > _SKIPPED:
            given[code] = "weet-niet" if rng.random() < _UNKNOWN else value
    everyone = initiative.target_groups in ((), ("alle-inwoners",))
    given["B1"] = "alle-inwoners" if everyone else "specifieke-groep"
    if not everyone:
        given["B2"] = list(initiative.target_groups)
    if initiative.activities:
        given["D"] = [a for a, _ in initiative.activities]
        given |= {f"D2.{a}": degree for a, degree in initiative.activities if rng.random() < 0.9}
    sources = [f for f, share in _FUNDING.items() if rng.random() < share]
    if sources:
        given |= {"F2": sources, "F2.grootste": sources[0]}
    given |= _cooperation(rng)
    given |= {f"K.{purpose}": True for purpose, share in _CONSENTS.items() if rng.random() < share}
    return given


def _pc4(initiative: Initiative) -> str:
    codes = initiative.place.postcodes or next(
        p.postcodes for p in geo.places() if p.municipality == initiative.place.municipality
    )
    return codes[0]


def _number(rng: random.Random, number: int | None, exact: float) -> Any:
    if number is None:
        return None
    if rng.random() < exact:
        return number
    for low, code in ((250, "250-of-meer"), (100, "100-249"), (50, "50-99"), (25, "25-49"), (10, "10-24"), (1, "1-9")):
        if number >= low:
            return code
    return "0"


def _yes(rng: random.Random, share: float) -> str:
    return "ja" if rng.random() < share else "nee"


def _bottlenecks(rng: random.Random, initiative: Initiative) -> dict[str, str]:
    professional = sum(degree == "met-professionele-partner" for _, degree in initiative.activities)
    heavier = 1 + 0.25 * (professional / max(len(initiative.activities), 1) - 0.3)
    found = {}
    for code, share in _BOTTLENECKS.items():
        heavy = 0.54 if (code, initiative.place.province) == ("vrijwilligers-vinden", _ZEELAND) else share * heavier
        if rng.random() < heavy:
            found[f"H.{code}"] = "groot" if rng.random() < 0.82 else "onoverkomelijk"
        else:
            found[f"H.{code}"] = rng.choice(["niet", "niet", "klein"])
    return found


def _cooperation(rng: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for code, share in _INSTITUTIONS.items():
        if rng.random() < share:
            found[f"G.{code}"] = rng.choice(["incidenteel", "structureel"])
            found[f"G.{code}.cijfer"] = rng.choices([1, 2, 3, 4, 5], [6, 14, 30, 35, 15])[0]
        elif rng.random() < 0.8:
            found[f"G.{code}"] = "geen"
    return found


def signal(rng: random.Random, initiative: Initiative) -> dict[str, Any]:
    """The data of a `signal-reported` event about this initiative, without its id: the partner adds its own."""
    kind = rng.choices(["knelpunt", "oplossing", "succes", "droom"], [60, 15, 15, 10])[0]
    activity, degree = rng.choice(initiative.activities or (("ontmoeting", "zelf"),))
    told: dict[str, Any] = {
        "kind": kind,
        "category": pick(rng, _BOTTLENECKS),
        "activity": activity,
        "degree": degree,
        "institution": pick(rng, _INSTITUTIONS),
        "text": rng.choice(_SAID[kind]),
    }
    if kind == "knelpunt":
        told["severity"] = rng.choices(["klein", "groot", "onoverkomelijk"], [30, 55, 15])[0]
    if rng.random() < 0.3:
        told["gathering"] = _GATHERING
    return told
