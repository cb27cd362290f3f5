"""Made-up initiatives for a registry that holds many: names whose words are as unevenly spread as in a language, in real
places, half of them known twice."""

import random
from collections.abc import Iterator
from typing import Any

from shared import geo

PARTNERS = tuple(f"partner-{n}" for n in range(12))
_COMMON = ("zorgzaam", "samen", "buurthuis", "dorpszorg", "burenhulp", "zorgcooperatie", "huiskamer", "noabers")


class MadeUp:
    """From one seed always the same."""

    def __init__(self, seed: int) -> None:
        language = random.Random(1)  # noqa: S311 - made-up data; one language, whoever speaks it
        syllables = [
            c + v + e
            for c in "bdfghjklmnprstvwz"
            for v in ("a", "e", "oo", "ij", "u")
            for e in ("n", "r", "l", "rk", "st")
        ]
        self._words = ["".join(language.choices(syllables, k=2)) for _ in range(30_000)]
        self._random = random.Random(seed)  # noqa: S311 - made-up data
        self._places = geo.pc4s()

    def initiatives(self) -> Iterator[list[tuple[str, dict[str, Any]]]]:
        """For each initiative what one or two partners say of it; without ids."""
        while True:
            one = self._one()
            said = [one, {**one, "name": respelled(one["name"])}][: 2 if self._random.random() < 0.5 else 1]
            yield list(zip(self._random.sample(PARTNERS, len(said)), said, strict=True))

    def _one(self) -> dict[str, Any]:
        chance = self._random
        pc4 = chance.choice(self._places)
        rare = self._words[min(int(chance.paretovariate(0.6)) * 7, 29_999 - chance.randrange(7))]
        where = [pc4.place] if chance.random() < 0.4 else []
        return {
            "name": " ".join([chance.choice(_COMMON), rare, *where]),
            "place": pc4.place,
            "postcode": f"{pc4.code} {chance.choice('ABCDEGHJ')}{chance.choice('ABCDEGHJ')}",
            "address": f"Kerkstraat {chance.randrange(1, 300)}",
            "contact": {"phone": f"06{chance.randrange(10**7, 10**8)}"},
        }


def respelled(name: str) -> str:
    """As another list would have it."""
    return f"Stichting {name}".replace("zorgzaam", "zorgzame")
