"""Survey responses: from the broker to committed, with answer and facts published, beside the bare pipeline."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice

from deploy import broker
from deploy.bench import bare, race
from deploy.bench.figure import Figure, at_least, beside
from deploy.bench.load import Load
from deploy.bench.race import Laps, Progress, Subject
from deploy.bench.rig import Rig, bare_queues
from deploy.errors import DeployError
from shared.bus import topology
from shared.events.partner import SurveyResponseSubmitted

NAMES = (
    "responses-batched-vs-bare",
    "responses-batched-per-second",
    "responses-batched-bare-per-second",
    "responses-single-vs-bare",
    "responses-single-per-second",
    "responses-single-bare-per-second",
)
ODK_CENTRAL = 150
"""Stored submissions a second of ODK Central on a machine of 2 cores: what an event a second is held against."""
PARTNER = "meting"
INITIATIVES = 160_000

SEED = (
    """
    INSERT INTO campaign SELECT '2026', 1, 'Meting', '2026.1', now() - interval '1 day', now() + interval '60 days', 'open',
                                false
    WHERE $1::int > 0
    """,
    """
    INSERT INTO initiative SELECT 'i' || n, 1, 'active', NULL, 'Initiatief ' || n, 'Austerlitz', '3711', 'GM0355', 'PV26'
    FROM generate_series(1, $1::int) n
    """,
    "INSERT INTO claim SELECT 'meting', 'x' || n, 'i' || n FROM generate_series(1, $1::int) n",
    """
    INSERT INTO invitation SELECT 'v' || n, '2026', 'i' || n, decode(lpad(to_hex(n), 64, '0'), 'hex'), now()
    FROM generate_series(1, $1::int) n
    """,
)


async def measure(rig: Rig) -> list[Figure]:
    """Both ways of sending, each beside the bare pipeline fed the same way."""
    kind = SurveyResponseSubmitted
    load, ids = Load(), (f"x{n}" for n in count(1))
    await rig.board(PARTNER)
    dsn = await seeded(rig)
    survey = await rig.service("survey", dsn)
    yardstick = await bare_subject(rig, kind.type, lambda n: load.responses(PARTNER, take(ids, n)))
    subject = Subject(
        "survey",
        [survey.pid],
        topology.IN,
        f"{PARTNER}.{kind.type}",
        Progress(dsn, *race.SERVICE),
        lambda n: load.responses(PARTNER, take(ids, n)),
    )
    # The ids of both come from one row: each has initiatives of its own.
    laps = 1 if rig.quick else 3
    batched = await race.race(rig, [yardstick, subject], events=2_000 if rig.quick else 16_000, at_once=50, laps=laps)
    single = await race.race(rig, [yardstick, subject], events=1_000 if rig.quick else 3_000, at_once=1, laps=laps)
    await _all_counted(rig, dsn)
    await rig.stop(survey)
    return [*_figures("batched", batched, 0.6, 30), *_figures("single", single, 0.7, 12)]


def _figures(how: str, found: dict[str, Laps], ratio: float, times: float) -> Iterator[Figure]:
    ours, bare_ones = found["survey"], found["bare"]
    yield at_least(f"responses-{how}-vs-bare", ours.rate / bare_ones.rate, "×", ratio)
    yield at_least(f"responses-{how}-per-second", ours.rate, "events/s", times * ODK_CENTRAL, ours.costs)
    yield beside(f"responses-{how}-bare-per-second", bare_ones.rate, "events/s", bare_ones.costs)


async def seeded(rig: Rig) -> str:
    """A survey database with an open campaign to which everybody has been invited."""
    dsn = await rig.database("survey")
    await rig.know(dsn, PARTNER)
    async with rig.connection(dsn) as database:
        for statement in SEED:
            await database.execute(statement, INITIATIVES)
        await database.execute("ANALYZE")
    return dsn


async def _all_counted(rig: Rig, dsn: str) -> None:
    """A figure of events that were refused is no figure."""
    async with rig.connection(dsn) as database:
        taken = await database.fetchval("SELECT count(*) FROM bus.inbox")
        counted = await database.fetchval("SELECT count(*) FROM response WHERE counted")
    if taken != counted:
        raise DeployError(f"Van {taken} antwoorden tellen er {counted}: de meting deugt niet.")


async def bare_subject(rig: Rig, kind: str, events: Callable[[int], Sequence[bytes]]) -> Subject:
    """The yardstick, running, for events of this type."""
    wanted = bare_queues(("bare.in", bare.ANSWERS, bare.FACTS))
    await rig.management.define(broker.definitions(rig.management.vhost, wanted, {}))
    dsn = await rig.bare_database(bare.SCHEMA)
    running = await rig.program("deploy.bench.bare", rig.amqp_url, dsn, "bare.in", kind)
    return Subject("bare", [running.pid], "bare", "bare.in", Progress(dsn, *race.BARE), events)


def take(ids: Iterator[str], number: int) -> list[str]:
    """The next so many."""
    return list(islice(ids, number))
