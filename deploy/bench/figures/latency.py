"""How long partners wait for an answer, and people for a mail."""

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from deploy.bench import load
from deploy.bench.figure import Figure, at_most, beside
from deploy.bench.rig import Rig
from deploy.local import process
from shared.bus import topology
from shared.events.envelope import EVENT_JSON

NAMES = ("answer-p99-ms", "answer-p50-ms", "mail-p99-ms", "mail-p50-ms")
PARTNER = "wachtende"
A_SECOND = 50
PATIENCE_S = 30.0


async def measure(rig: Rig) -> list[Figure]:
    """Signals: taken by survey, and a bottleneck is mailed to staff by notify."""
    await rig.board(PARTNER)
    survey_dsn, notify_dsn = await rig.database("survey"), await rig.database("notify")
    await rig.know(survey_dsn, PARTNER)
    await rig.know(notify_dsn, PARTNER)
    [port] = process.free_ports(1)
    mailbox = await rig.program("deploy.bench.sink", str(port))
    survey = await rig.service("survey", survey_dsn)
    answers = await answer_times(rig, PARTNER, count=100 if rig.quick else 1_000, a_second=A_SECOND)
    await follow(rig, notify_dsn)
    await asyncio.sleep(1)
    await rig.purge()  # of what was measured before, nobody is mailed
    notify = await rig.service("notify", notify_dsn, smtp_port=str(port), mails_at_once="100000")
    mails = await _mail_times(rig, mailbox.log, 20 if rig.quick else 200)
    await rig.stop(survey, notify, mailbox)
    return [
        at_most("answer-p99-ms", percentile(answers, 99), "ms", 150, f"{len(answers)} events, {A_SECOND} a second"),
        beside("answer-p50-ms", statistics.median(answers), "ms"),
        at_most("mail-p99-ms", percentile(mails, 99), "ms", 500, f"{len(mails)} events, one at a time"),
        beside("mail-p50-ms", statistics.median(mails), "ms"),
    ]


def a_signal(partner: str) -> tuple[str, bytes]:
    """A bottleneck, and the id of the event."""
    body = load.event(
        partner,
        "signal-reported.v1",
        {"kind": "knelpunt", "category": "financiering", "severity": "groot", "region": "PV26"},
    )
    return json.loads(body)["id"], body


@contextlib.asynccontextmanager
async def listening(rig: Rig, partner: str) -> AsyncIterator[tuple[aio_pika.abc.AbstractExchange, dict[str, float]]]:
    """Where to publish, and when each answer came, by the id of its event."""
    connection = await aio_pika.connect(rig.amqp_url)
    came: dict[str, float] = {}

    async def hear(message: AbstractIncomingMessage) -> None:
        now = time.perf_counter()
        for answer in json.loads(message.body):
            came[answer["data"]["event"]["id"]] = now

    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        await (await channel.get_queue(topology.feedback_queue(partner), ensure=False)).consume(hear, no_ack=True)
        yield await channel.get_exchange(topology.IN, ensure=False), came


async def answer_times(rig: Rig, partner: str, *, count: int, a_second: float) -> list[float]:
    """Milliseconds from the broker's confirm being asked for to the answer being there, at a steady pace."""
    sent: dict[str, float] = {}
    async with listening(rig, partner) as (exchange, came):
        pending = []
        started = time.perf_counter()
        for n in range(count):
            await asyncio.sleep(max(started + n / a_second - time.perf_counter(), 0))
            id_, body = a_signal(partner)
            sent[id_] = time.perf_counter()
            out = exchange.publish(load.message(body, EVENT_JSON), f"{partner}.signal-reported.v1")
            pending.append(asyncio.create_task(out))
        await asyncio.gather(*pending)
        async with asyncio.timeout(PATIENCE_S):
            while len(came) < len(sent):  # noqa: ASYNC110 - another task fills it
                await asyncio.sleep(0.01)
    return [(came[id_] - at) * 1000 for id_, at in sent.items()]


async def follow(rig: Rig, dsn: str) -> None:
    """Somebody who is mailed of every bottleneck at once."""
    async with rig.connection(dsn) as database:
        staff = uuid4()
        await database.execute(
            """
            INSERT INTO staff (id, email, digest_at, working_hours_only, added_at)
            VALUES ($1, 'staf@burenbus.example', '08:00', false, now())
            """,
            staff,
        )
        await database.execute("INSERT INTO subscription VALUES ($1, 'bottleneck', 'NL', 'at-once')", staff)


async def _mail_times(rig: Rig, log: Path, count: int) -> list[float]:
    """Milliseconds from publishing an event to the mail server having the mail; by the wall clock, that both share."""
    took = []
    async with listening(rig, PARTNER) as (exchange, _):
        with log.open() as mails:
            mails.read()
            for _n in range(count):
                _, body = a_signal(PARTNER)
                started = datetime.now(UTC)
                await exchange.publish(load.message(body, EVENT_JSON), f"{PARTNER}.signal-reported.v1")
                line = ""
                async with asyncio.timeout(PATIENCE_S):
                    while not line.endswith("\n"):  # another process writes it, perhaps in two pieces
                        line += mails.readline()
                        await asyncio.sleep(0.001)
                took.append((float(line.split()[0]) - started.timestamp()) * 1000)
                await asyncio.sleep(0.02)
    return took


def percentile(values: Sequence[float], which: int) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * which // 100) - 1)]
