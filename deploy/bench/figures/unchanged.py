"""A partner sends its whole list again and nothing has changed, beside the bare pipeline that is sent the same."""

from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from uuid import uuid4

from deploy.bench import race
from deploy.bench.figure import Figure, at_least, beside
from deploy.bench.figures.responses import bare_subject
from deploy.bench.load import Load, event
from deploy.bench.race import Progress, Subject
from deploy.bench.rig import Rig
from shared.bus import topology
from shared.events.content import content_sha256
from shared.events.partner import InitiativeReported

NAMES = ("unchanged-vs-bare", "unchanged-per-second", "unchanged-bare-per-second")
PARTNER = "lijst"
LISTED = 4_000


async def measure(rig: Rig) -> list[Figure]:
    """Lists in batches of 50; every report is held already, word for word."""
    kind = InitiativeReported.type
    reports = Load().reports([f"u{n}" for n in range(LISTED)])
    again = cycle(reports)
    await rig.board(PARTNER)
    dsn = await rig.database("registry")
    await rig.know(dsn, PARTNER)
    await _hold(rig, dsn, reports)
    registry = await rig.service("registry", dsn)

    def some(number: int) -> list[bytes]:
        return [event(PARTNER, kind, data) for data in islice(again, number)]

    yardstick = await bare_subject(rig, kind, some)
    subject = Subject("registry", [registry.pid], topology.IN, f"{PARTNER}.{kind}", Progress(dsn, *race.SERVICE), some)
    events, laps = (1_000, 1) if rig.quick else (8_000, 3)
    found = await race.race(rig, [yardstick, subject], events=events, at_once=50, laps=laps)
    await rig.stop(registry)
    ours, bare = found["registry"], found["bare"]
    return [
        at_least("unchanged-vs-bare", ours.rate / bare.rate, "×", 0.6),
        beside("unchanged-per-second", ours.rate, "events/s", ours.costs),
        beside("unchanged-bare-per-second", bare.rate, "events/s", bare.costs),
    ]


async def _hold(rig: Rig, dsn: str, reports: list[dict[str, object]]) -> None:
    """The registry has heard all of it before."""
    before = datetime.now(UTC) - timedelta(days=1)
    rows = []
    for data in reports:
        sha256 = content_sha256(InitiativeReported.model_validate(data))
        rows.append((str(data["externalId"]), uuid4(), sha256))
    async with rig.connection(dsn) as database:
        await database.executemany(
            "INSERT INTO initiative VALUES ($1, 1, 'active', NULL, $2, '{}', '{}')", [(i, before) for _, i, _ in rows]
        )
        await database.executemany(
            "INSERT INTO claim VALUES ($1, $2, $3, '{}', $4, $5, $5, $5)",
            [(PARTNER, x, i, sha256, before) for x, i, sha256 in rows],
        )
        await database.execute("ANALYZE")
