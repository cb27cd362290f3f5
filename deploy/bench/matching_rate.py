"""How many new claims a second the registry can match as it grows: `python -m deploy.bench.matching_rate URL`.

URL is an empty, migrated registry database; it is filled with made-up claims. At each size new claims come in batches
as in the registry: indexed, candidates found, compared. What registering and saying facts costs, is not in it.
"""

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console

from services.registry.domain.features import Features, features
from services.registry.domain.matching import MatchingSettings, Member, judge
from services.registry.store import candidates
from shared import geo
from shared.events.partner import InitiativeReported
from shared.transaction import Tx, connect

Claim = tuple[str, str, Features]
BATCH, MEASURED = 100, 20
PARTNERS = tuple(f"partner-{n}" for n in range(12))


class MadeUp:
    """Claims with names whose words are as unevenly spread as in a language, in real places, half of them known twice."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 (made-up data)
        syllables = [
            c + v + e
            for c in "bdfghjklmnprstvwz"
            for v in ("a", "e", "oo", "ij", "u")
            for e in ("n", "r", "l", "rk", "st")
        ]
        self.words = ["".join(self.random.choices(syllables, k=2)) for _ in range(30_000)]
        self.common = (
            "zorgzaam",
            "samen",
            "buurthuis",
            "dorpszorg",
            "burenhulp",
            "zorgcooperatie",
            "huiskamer",
            "noabers",
        )
        self.places = geo.pc4s()
        self.made = 0

    def claims(self) -> Iterator[Claim]:
        while True:
            pc4 = self.random.choice(self.places)
            rare = self.words[min(int(self.random.paretovariate(0.6)) * 7, 29_999 - self.random.randrange(7))]
            name = " ".join(
                [self.random.choice(self.common), rare, *([pc4.place] if self.random.random() < 0.4 else [])]
            )
            phone = f"06{self.random.randrange(10**7, 10**8)}"
            postcode = f"{pc4.code} {self.random.choice('ABCDEGHJ')}{self.random.choice('ABCDEGHJ')}"
            said = {
                "name": name,
                "place": pc4.place,
                "postcode": postcode,
                "address": f"Kerkstraat {self.random.randrange(1, 300)}",
            }
            for n, partner in enumerate(self.random.sample(PARTNERS, 2 if self.random.random() < 0.5 else 1)):
                self.made += 1
                spelled = name if n == 0 else f"Stichting {name}".replace("zorgzaam", "zorgzame")
                data = {**said, "externalId": f"x{self.made}", "name": spelled, "contact": {"phone": phone}}
                yield partner, f"x{self.made}", features(InitiativeReported.model_validate(data))


async def match(tx: Tx, batch: Sequence[Claim], settings: MatchingSettings) -> int:
    """One batch as the registry matches it; gives how many claims found a match."""
    await candidates.index(tx, batch)
    found = await candidates.find(tx, batch)
    looks = [one for _, _, one in batch] + [c.features for cs in found.values() for c in cs]
    frequencies = await candidates.frequencies(tx, looks)
    matched = 0
    for claim in batch:
        one = Member(*claim)
        results = {
            judge([one], [Member(c.partner, c.external_id, c.features)], "", frequencies, settings).result
            for c in found[claim[0], claim[1]]
        }
        matched += "same" in results
    return matched


async def measure(url: str, sizes: Sequence[int]) -> dict[int, float]:
    """New claims a second at each size."""
    console = Console(stderr=True)
    made, settings, rates = MadeUp(1).claims(), MatchingSettings(), {}
    database = await connect(url, service="registry")
    for size in sizes:
        with console.status(f"filling up to {size:,} claims"):
            async with database.transaction() as tx:
                held = (await candidates.frequencies(tx, ())).total
            while held < size:
                async with database.transaction() as tx:
                    step = min(2_000, size - held)
                    await candidates.index(tx, [next(made) for _ in range(step)])
                    held += step
        async with database.transaction() as tx:
            await tx.execute("ANALYZE match_claim, match_key, match_value")
        matched, seconds = 0, 0.0
        for _ in range(MEASURED):
            start = perf_counter()
            batch = [next(made) for _ in range(BATCH)]
            async with database.transaction() as tx:
                matched += await match(tx, batch, settings)
            seconds += perf_counter() - start
        rates[size] = MEASURED * BATCH / seconds
        console.print(f"{size:>9,} claims: {rates[size]:6.0f} new a second, {matched} of {MEASURED * BATCH} matched")
    await database.pool.close()
    return rates


def main(
    url: Annotated[str, typer.Argument(help="Address of an empty, migrated registry database.")],
    sizes: Annotated[str, typer.Option(help="At which numbers of claims.")] = "1500,100000,1000000",
) -> None:
    """Measures how many new claims a second can be matched as the registry grows."""
    rates = asyncio.run(measure(url, [int(s) for s in sizes.split(",")]))
    typer.echo(json.dumps({str(size): round(rate) for size, rate in rates.items()}))


if __name__ == "__main__":
    typer.run(main)
