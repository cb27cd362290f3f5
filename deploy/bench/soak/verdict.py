"""What the soak comes to: memory flat, every count exact, nothing left behind."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from deploy.bench.figure import Figure, at_most, beside
from deploy.bench.rig import Rig
from deploy.bench.soak import samples
from deploy.bench.soak.samples import Sample
from deploy.bench.soak.traffic import PARTNER, REPORT, RESPONSE, SIGNAL, Traffic
from deploy.databases import SERVICES

FLAT = 0.5
"""MB a minute that a service may grow after warming up. What it holds for each event of a soak at 100 a second must then be
less than a hundred bytes: any object that is kept for each is larger."""
PATIENCE_S = 300.0
HELD_S = 20.0

_LEFT = """
SELECT (SELECT count(*) FROM bus.outbox) AS outbox, (SELECT count(*) FROM bus.waiting) AS waiting,
       (SELECT count(*) FROM bus.set_aside) AS set_aside, (SELECT count(*) FROM bus.refused) AS refused,
       (SELECT count(*) FROM bus.attempt) AS attempt
"""
_MAILS = "SELECT count(*) FROM delivery WHERE state IN ('due', 'sending')"


async def until_quiet(rig: Rig, dsns: Mapping[str, str], traffic: Traffic) -> None:
    """Waits until every event has its answer and nobody has anything to say or to do. Raises TimeoutError."""

    async def busy() -> bool:
        unsaid = await _left(rig, dsns, "outbox", "waiting")
        return bool(traffic.waiting or unsaid or await _mails(rig, dsns["notify"]))

    async with asyncio.timeout(PATIENCE_S):
        while await busy() or await samples.queued(rig) or await busy():  # noqa: ASYNC110 - others do it
            await asyncio.sleep(0.2)


async def _left(rig: Rig, dsns: Mapping[str, str], *tables: str) -> int:
    return sum([found[table] for found in [await _leftovers(rig, dsn) for dsn in dsns.values()] for table in tables])


async def _leftovers(rig: Rig, dsn: str) -> dict[str, int]:
    async with rig.connection(dsn) as database:
        return dict(await database.fetchrow(_LEFT) or {})


async def _mails(rig: Rig, dsn: str) -> int:
    async with rig.connection(dsn) as database:
        found: int = await database.fetchval(_MAILS)
    return found


def memory(taken: Sequence[Sample], warm_up_s: float) -> list[Figure]:
    """Of each service how it grew after warming up, and of all what they held at the end. The servers' is not judged: they
    keep what they may of disk and queues in memory."""
    steady = [one for one in taken if one.at_s >= warm_up_s]
    found = []
    for name in taken[-1].memory:
        values = [one.memory[name] for one in steady]
        said = f"{values[0]:.1f} to {values[-1]:.1f} MB in {(steady[-1].at_s - steady[0].at_s) / 60:.1f} minutes"
        growth = samples.slope(steady, name)
        judged = name in SERVICES
        figure = f"memory-growth-{name}"
        found.append(
            at_most(figure, growth, "MB/min", FLAT, said) if judged else beside(figure, growth, "MB/min", said)
        )
    found.append(beside("queued-most", max(one.queued for one in steady), "messages"))
    found.append(beside("outbox-most", max(one.outbox for one in steady), "events"))
    found.append(beside("outbox-oldest", max(one.oldest_s for one in steady), "s"))
    return found


async def left_behind(rig: Rig, dsns: Mapping[str, str]) -> list[Figure]:
    """Of each database what should be empty at the end, and what the queues hold."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HELD_S):
            while await samples.held(rig):  # noqa: ASYNC110 - the broker counts every few seconds
                await asyncio.sleep(0.5)
    found = [at_most("left-queued", await samples.held(rig), "messages", 0)]
    for service, dsn in dsns.items():
        left = await _leftovers(rig, dsn)
        said = " ".join(f"{table} {n}" for table, n in left.items() if n)
        found.append(at_most(f"left-{service}", sum(left.values()), "rows", 0, said))
    return found


async def counts(rig: Rig, dsns: Mapping[str, str], traffic: Traffic, mails: int) -> list[Figure]:
    """Each event taken once and answered once; each fact heard once by who counts it; each mail sent once."""
    sent = traffic.sent
    taken = "SELECT count(*) FROM bus.inbox WHERE origin = $1"
    found = [
        exact(
            "exact-answers", sum(traffic.answers.values()) - traffic.answers["delayed"], sent.total(), _said(traffic)
        ),
        exact("exact-unasked", traffic.unasked, 0),
        exact("exact-registry", await _ask(rig, dsns["registry"], taken, PARTNER), sent[REPORT]),
        exact("exact-survey", await _ask(rig, dsns["survey"], taken, PARTNER), sent[RESPONSE] + sent[SIGNAL]),
    ]
    kept = await _ask(rig, dsns["survey"], "SELECT count(*) FROM response")
    counted = await _ask(rig, dsns["survey"], "SELECT count(*) FROM response WHERE counted")
    told = await _ask(rig, dsns["reporting"], "SELECT count(*) FROM heard.response")
    found.append(exact("exact-responses", kept, sent[RESPONSE]))
    answering = await _ask(rig, dsns["survey"], "SELECT count(DISTINCT initiative_id) FROM claim")
    found.append(exact("exact-counted", counted, answering, "each initiative has one answer that counts"))
    found.append(exact("exact-reported", told, kept, "what reporting has heard, against what survey has"))
    found.append(
        exact("exact-signals", await _ask(rig, dsns["reporting"], "SELECT count(*) FROM heard.signal"), sent[SIGNAL])
    )
    delivered = await _ask(rig, dsns["notify"], "SELECT count(*) FROM delivery WHERE state = 'delivered'")
    found.append(exact("exact-mails", mails, delivered, "what the mail server had, against what notify sent"))
    return found


async def _ask(rig: Rig, dsn: str, query: str, *values: object) -> int:
    async with rig.connection(dsn) as database:
        found: int = await database.fetchval(query, *values)
    return found


def _said(traffic: Traffic) -> str:
    return ", ".join(f"{outcome} {n}" for outcome, n in sorted(traffic.answers.items()))


def exact(figure: str, value: int, expected: int, said: str = "") -> Figure:
    """Neither more nor less."""
    return Figure(figure, value, "events", f"= {expected}", value == expected, said)
