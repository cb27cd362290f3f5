"""A small made-up movement for looking at pages: the same each time."""

import random
from collections.abc import Iterator
from typing import Any

from services.reporting.domain.fields import counted
from shared import geo
from shared.events.partner import Activity
from shared.events.questionnaire import Field, questionnaire
from shared.events.registry import InitiativeRegistered
from tests.services.reporting.made import initiative, responded

KINDS = ("stadsdorp", "zorgcooperatie", "dorpscooperatie", "burennetwerk", "buurtcollectief", "zorgzaam-dorp", "anders")
THEMES = ("sociale-cohesie", "welzijn", "zorg", "wonen", "gezondheid", "preventie")


def initiatives(number: int) -> list[InitiativeRegistered]:
    """Initiatives in real places, with made-up names; a sixth is not on the map."""
    chance = random.Random(1)
    places = sorted(geo.pc4s(), key=lambda p: p.code)
    found = []
    for n in range(number):
        place = chance.choice(places)
        kind = chance.choice(KINDS)
        found.append(
            initiative(
                f"i{n:04}",
                place.municipality,
                name=f"{chance.choice(('Samen', 'Zorgzaam', 'Burennetwerk', 'Noaberschap', 'Onder Ons'))} {place.place}",
                kind=kind,
                place=place.place,
                pc4=place.code,
                listed=n % 6 != 0,
                themes=tuple(chance.sample(THEMES, chance.randint(1, 3))),
                activities=(Activity(activity="ontmoeting"),),
                location_precision="gemeente" if n % 9 == 0 else "postcode",
            )
        )
    return found


def responses(number: int) -> Iterator[Any]:
    """Answers of the first so many initiatives; options earlier in a list are chosen more often."""
    chance = random.Random(2)
    for n in range(number):
        answers: dict[str, Any] = {}
        for code, field in questionnaire("2026.1").fields.items():
            if chance.random() > 0.1 and (field.condition is None or field.condition.met(answers)):
                answer = _answer(chance, field)
                if answer is not None:
                    answers[code] = answer
        yield responded(f"i{n:04}", answers)


def _answer(chance: random.Random, field: Field) -> Any:
    how = counted(field)
    if how is None:
        return None
    options = [code for code, _ in how.options[:-1]]
    weights = [1 / (place + 1) for place in range(len(options))]
    match field.kind:
        case "many":
            return sorted({chance.choices(options, weights)[0] for _ in range(4)})
        case "mark":
            return chance.randint(1, 5)
        case "year":
            return chance.randint(1980, 2025)
        case _:
            return chance.choices(options, weights)[0]
