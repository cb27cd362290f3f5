"""New initiatives, matched with all that the registry holds: how many a second, as it grows."""

import random
import statistics
import time
from collections.abc import Iterator

from deploy.bench import race, registry_fill
from deploy.bench.figure import Figure, at_least, beside
from deploy.bench.load import event
from deploy.bench.made_up import MadeUp, respelled
from deploy.bench.race import Lap, Progress, Subject
from deploy.bench.rig import Rig
from shared.bus import topology
from shared.events.partner import InitiativeReported

SIZES = (1_500, 100_000, 1_000_000)
NAMES = (*(f"registering-at-{size}-per-second" for size in SIZES), "registering-at-1000000-vs-1500")
PARTNER = "nieuwkomer"
KNOWN = 0.5
"""The share of the new reports about an initiative that the registry holds already, in another spelling."""


async def measure(rig: Rig) -> list[Figure]:
    """Up and down through the sizes, so that what else the machine does falls on all of them."""
    await rig.board(PARTNER)
    await registry_fill.drop_outdated(rig)
    sizes = SIZES[:2] if rig.quick else SIZES
    started = time.monotonic()
    held = {size: await registry_fill.registry_with(rig, size) for size in sizes}
    prepared = time.monotonic() - started
    laps: dict[int, list[Lap]] = {size: [] for size in sizes}
    reports = _reports()
    for size in sizes if rig.quick else (*sizes, *reversed(sizes)):
        laps[size].append(await _lap(rig, held[size], reports, events=400 if rig.quick else 1_500))
    rates = {size: statistics.mean(lap.rate for lap in laps[size]) for size in sizes}
    found = []
    for size in sizes:
        cost = {
            name: statistics.mean(lap.cpu[name] / lap.events for lap in laps[size]) * 1e6 for name in laps[size][0].cpu
        }
        said = "cpu µs/event " + " ".join(f"{name} {value:.0f}" for name, value in cost.items())
        name = f"registering-at-{size}-per-second"
        made = (
            at_least(name, rates[size], "events/s", 300, said)
            if size == SIZES[-1]
            else beside(name, rates[size], "events/s", said)
        )
        found.append(made)
    if SIZES[-1] in rates:
        ratio = rates[SIZES[-1]] / rates[SIZES[0]]
        found.append(at_least("registering-at-1000000-vs-1500", ratio, "×", 0.5, f"filled in {prepared:.0f} s"))
    return found


async def _lap(rig: Rig, dsn: str, reports: Iterator[bytes], *, events: int) -> Lap:
    await rig.know(dsn, PARTNER)
    registry = await rig.service("registry", dsn)
    kind = InitiativeReported.type

    def some(number: int) -> list[bytes]:
        return [next(reports) for _ in range(number)]

    subject = Subject("registry", [registry.pid], topology.IN, f"{PARTNER}.{kind}", Progress(dsn, *race.SERVICE), some)
    await race.run(rig, subject, 100, 50)
    lap = await race.run(rig, subject, events, 50)
    await rig.stop(registry)
    return lap


def _reports() -> Iterator[bytes]:
    """Half of them new, half known to the registry, as another partner has them. Never the same twice, in any run."""
    chance = random.SystemRandom()
    new, known = MadeUp(chance.randrange(2**40)).initiatives(), MadeUp(0).initiatives()
    run, number = f"{time.time_ns():x}", 0
    while True:
        number += 1
        said = next(known if chance.random() < KNOWN else new)[0][1]
        yield event(
            PARTNER, InitiativeReported.type, {**said, "externalId": f"{run}-{number}", "name": respelled(said["name"])}
        )
