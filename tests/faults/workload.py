"""What partners say in every scenario: the same events in the same order, duplicates among them, from a stated seed."""

import itertools
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared import geo
from shared.events.base import Event
from shared.events.envelope import write_event
from shared.events.partner import Consent, Contact, InitiativeReported, SignalReported, SurveyResponseSubmitted
from tests.room import source_of

SEED = 2026
POISON_SCALE = float(os.environ.get("BURENBUS_FAULTS_POISON", "1"))
"""How large the workload with poison among it is: 5 for 1,000 among 10,000."""
SCALE = float(os.environ.get("BURENBUS_FAULTS_SCALE", "1"))
PARTNERS = ("noord", "zuid")
CAMPAIGN = "2026"
STAFF = "els@burenbus.example"
_FIRST = [
    "Linde",
    "Eiken",
    "Beuken",
    "Wilgen",
    "Kastanje",
    "Populier",
    "Esdoorn",
    "Vlier",
    "Hazelaar",
    "Meidoorn",
    "Rozen",
    "Tulpen",
    "Klaver",
    "Brem",
    "Heide",
]
_SECOND = [
    "hof",
    "steen",
    "dal",
    "berg",
    "kamp",
    "oord",
    "rijk",
    "wal",
    "dijk",
    "sluis",
    "molen",
    "brug",
    "poort",
    "plein",
    "zicht",
    "weide",
    "akker",
    "bosch",
    "veld",
]
_THIRD = [
    "Samen",
    "Noabers",
    "Dorpsraad",
    "Buurtkracht",
    "Thuisgenoten",
    "Meedoen",
    "Omkijken",
    "Zorgkring",
    "Buurtmaal",
    "Naober",
]
_KINDS = ["knelpunt", "oplossing", "succes", "droom"]


@dataclass(frozen=True)
class Said:
    """One partner's events of one type, sent as one batch message or as one message each."""

    partner: str
    events: tuple[dict[str, Any], ...]
    batch: bool

    @property
    def names(self) -> dict[str, str]:
        """The initiative of each mail address in it."""
        reports = (event["data"] for event in self.events if "name" in event["data"])
        return {report["contact"]["email"]: report["name"] for report in reports if "contact" in report}


@dataclass(frozen=True)
class Workload:
    """`said` in order; the same event may occur in it more than once."""

    said: Sequence[Said]

    @property
    def ids(self) -> set[str]:
        return {event["id"] for one in self.said for event in one.events}

    def of(self, partner: str) -> "Workload":
        """What one partner says of it."""
        return Workload([one for one in self.said if one.partner == partner])

    def in_singles(self) -> "Workload":
        """The same, each event in a message of its own."""
        return Workload([replace(one, batch=False) for one in self.said])

    def parts(self, number: int) -> list["Workload"]:
        """It in so many parts, in order."""
        cuts = [len(self.said) * n // number for n in range(number + 1)]
        return [Workload(self.said[start:end]) for start, end in itertools.pairwise(cuts)]


def workload(scale: float = 1, *, poison: int = 0) -> Workload:
    """About 2,000 events at scale 1. `poison`: so many events beside, that cannot be read in different ways.

    Every second initiative has a mail address, and is invited; the others respond: whether one that responds is invited
    first would be a matter of time.
    """
    rng = random.Random(SEED)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    places = sorted(geo.municipalities(), key=lambda m: m.code)
    rng.shuffle(places)
    initiatives = int(500 * scale)
    names = [f"{a}{b} {c}" for c in _THIRD for a in _FIRST for b in _SECOND]
    rng.shuffle(names)

    def event(partner: str, data: Event) -> tuple[str, dict[str, Any]]:
        return partner, write_event(
            data, source=source_of(partner), time=now, id=str(UUID(int=rng.getrandbits(128), version=4))
        )

    def report(partner: str, n: int) -> tuple[str, dict[str, Any]]:
        mail = f"contact{n}@initiatief{n}.example" if n % 2 else None
        consent = Consent(purpose="uitnodiging", at=now - timedelta(days=9), text="Ja, nodig ons uit.")
        return event(
            partner,
            InitiativeReported(
                external_id=f"{partner}-{n}",
                name=names[n],
                kvk_number=f"{10_000_000 + 7919 * n}",
                website=f"https://{names[n].replace(' ', '-').lower()}{n}.example",
                municipality=places[n % len(places)].code,
                contact=Contact(email=mail, consents=(consent,)) if mail else None,
            ),
        )

    said = [report("noord", n) for n in range(initiatives)]
    said += [report("zuid", n) for n in range(initiatives // 5)]
    for n in range(0, initiatives, 2):
        place = places[n % len(places)]
        answers = {"A1": names[n], "A2.gemeente": place.code, "A4": "stadsdorp"}
        answers |= {"A2.postcode": "1234", "A2.plaats": place.name}
        if n % 18 == 0:
            answers["Z99"] = "bestaat niet"
        said.append(
            event(
                "noord",
                SurveyResponseSubmitted(
                    campaign_id=CAMPAIGN, questionnaire="2026.1", external_id=f"noord-{n}", answers=answers
                ),
            )
        )
    for n in range(initiatives):
        signal = SignalReported(
            kind=_KINDS[n % 4], category="financiering", text=f"Wij melden signaal-{n}.", external_id=f"noord-{n}"
        )
        said.append(event("noord", signal))
    rng.shuffle(said)
    bad = random.Random(SEED + 1)  # its own, so that the good ones are the same with and without
    again = rng.sample(said, len(said) // 4)
    for one in again:
        said.insert(rng.randrange(len(said)), one)
    for n in range(poison):
        signal = SignalReported(kind="droom", category="financiering", text=f"Vergif {n}")
        partner, good = event("noord", signal)
        said.insert(bad.randrange(len(said)), (partner, {**_poisoned(good, n), "id": f"vergif-{n}"}))
    return Workload(list(_packed(rng, said)))


def _poisoned(event: dict[str, Any], n: int) -> dict[str, Any]:
    """A fault of the event, each in its turn: of its fields, its source, its characters, its time."""
    match n % 4:
        case 0:
            return {**event, "data": {"kind": n}}
        case 1:
            return {**event, "source": "urn:burenbus:partner:iemand-anders"}
        case 2:
            return {**event, "data": {**event["data"], "text": "stuur\u0000teken"}}
        case _:
            return {**event, "time": "gisteren"}


def _packed(rng: random.Random, said: Sequence[tuple[str, dict[str, Any]]]) -> list[Said]:
    """In order for each partner and type; half of it in batches of 50, half one by one."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for partner, event in said:
        groups.setdefault((partner, event["type"]), []).append(event)
    packed: list[Said] = []
    for (partner, _), events in groups.items():
        fifties = [tuple(events[start : start + 50]) for start in range(0, len(events), 50)]
        packed += [Said(partner, fifty, batch=rng.random() < 0.5) for fifty in fifties]
    rng.shuffle(packed)
    return packed
