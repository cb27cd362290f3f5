"""Two replicas of survey beside one: the same work, twice the processes, and nothing counted twice."""

from itertools import count

from deploy.bench import race
from deploy.bench.figure import Figure, beside
from deploy.bench.figures.responses import PARTNER, seeded, take
from deploy.bench.load import Load
from deploy.bench.race import Progress, Subject
from deploy.bench.rig import Rig
from shared.bus import topology
from shared.events.partner import SurveyResponseSubmitted

NAMES = ("replicas-two-vs-one", "replicas-exact")


async def measure(rig: Rig) -> list[Figure]:
    """Responses in messages of 10: the work is the service's, not the database's."""
    kind = SurveyResponseSubmitted.type
    load, ids = Load(), (f"x{n}" for n in count(1))
    await rig.board(PARTNER)
    dsn = await seeded(rig)
    one, other = await rig.service("survey", dsn), await rig.service("survey", dsn)

    def some(number: int) -> list[bytes]:
        return load.responses(PARTNER, take(ids, number))

    both = Subject("two", [one.pid, other.pid], topology.IN, f"{PARTNER}.{kind}", Progress(dsn, *race.SERVICE), some)
    events, laps = (1_000, 1) if rig.quick else (6_000, 2)
    rates: dict[str, list[float]] = {"one": [], "two": []}
    for _ in range(laps):
        rates["two"].append((await race.run(rig, both, events, 10)).rate)
        await rig.stop(other)
        alone = Subject("one", [one.pid], both.exchange, both.routing_key, both.progress, some)
        rates["one"].append((await race.run(rig, alone, events, 10)).rate)
        other = await rig.service("survey", dsn)
        both = Subject("two", [one.pid, other.pid], both.exchange, both.routing_key, both.progress, some)
    async with rig.connection(dsn) as database:
        taken = await database.fetchval("SELECT count(*) FROM bus.inbox")
        counted = await database.fetchval("SELECT count(*) FROM response WHERE counted")
        asked = await database.fetchval("SELECT last_value FROM bus.answer_sequence")
    await rig.stop(one, other)
    mean = {name: sum(found) / len(found) for name, found in rates.items()}
    said = f"one {mean['one']:,.0f}, two {mean['two']:,.0f} events/s"
    exact = taken == counted == asked == 2 * laps * events
    return [
        beside("replicas-two-vs-one", mean["two"] / mean["one"], "×", said),
        Figure(
            "replicas-exact",
            float(exact),
            "yes/no",
            "= 1",
            exact,
            f"{taken} taken, {counted} counted, {asked} answered",
        ),
    ]
