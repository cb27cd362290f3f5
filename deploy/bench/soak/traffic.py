"""What one partner sends during the soak, at a steady pace, and whether each event is answered, once."""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import cycle, islice

import aio_pika
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage

from deploy.bench import load
from deploy.bench.rig import Rig
from shared.bus import topology
from shared.events.envelope import BATCH_JSON, EVENT_JSON, join_batch

PARTNER = "duurloper"
INITIATIVES = 400
"""Each reported, and answering, over and over: what is remembered of them does not grow, but for the history."""
REPORT, RESPONSE, SIGNAL = "initiative-reported.v1", "survey-response-submitted.v1", "signal-reported.v1"
AT_ONCE = 50
SINGLES = 10
ROUND = 6 * AT_ONCE + 4 * AT_ONCE + 5 * SINGLES
"""Of a round, six messages of responses, four of reports that change nothing, and fifty signals one by one."""
UNDER_WAY = 2_000
"""More events than this without an answer: the sender waits, as the broker would make it do in the end."""


class Traffic:
    """The partner. Only the ids of what is not answered yet are held."""

    def __init__(self, out: AbstractExchange) -> None:
        self._out = out
        self._load = load.Load()
        self._names = [f"s{n}" for n in range(INITIATIVES)]
        self._reports = self._load.reports(self._names)
        self.sent: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.waiting: set[str] = set()
        self.unasked = 0
        """Answers to what was answered before, or was never sent."""

    def hear(self, body: bytes) -> None:
        """A message from the feedback queue."""
        for answer in json.loads(body):
            data, kind = answer["data"], answer["type"].rpartition("schappen.")[2]
            if kind == "event-delayed.v1":
                self.answers["delayed"] += 1
                continue
            self.answers[data.get("outcome", "refused")] += 1
            if data["event"]["id"] in self.waiting:
                self.waiting.remove(data["event"]["id"])
            else:
                self.unasked += 1

    async def report_all(self) -> None:
        """Every initiative, for the first time."""
        for body, count in self._packed(self._reported(self._reports)):
            await self._send(REPORT, body, BATCH_JSON, count)

    async def send(self, events: int, a_second: float) -> None:
        """So many events in whole rounds, no faster than that."""
        started, done = time.monotonic(), 0
        for kind, body, content_type, count in islice(self._rounds(), _messages(events)):
            await asyncio.sleep(max(started + done / a_second - time.monotonic(), 0))
            while len(self.waiting) > UNDER_WAY:  # noqa: ASYNC110 - another task empties it
                await asyncio.sleep(0.05)
            await self._send(kind, body, content_type, count)
            done += count

    async def _send(self, kind: str, body: bytes, content_type: str, count: int) -> None:
        await self._out.publish(load.message(body, content_type), f"{PARTNER}.{kind}")
        self.sent[kind] += count

    def _rounds(self) -> Iterator[tuple[str, bytes, str, int]]:
        reports, names = cycle(self._reports), cycle(self._names)
        while True:
            responses = self._load.responses(PARTNER, list(islice(names, 6 * AT_ONCE)))
            for body, count in self._packed(responses):
                yield RESPONSE, body, BATCH_JSON, count
            for body, count in self._packed(self._reported(list(islice(reports, 4 * AT_ONCE)))):
                yield REPORT, body, BATCH_JSON, count
            for n in range(5 * SINGLES):
                data = {"kind": "droom", "category": "financiering", "region": "PV26"}
                if n % SINGLES == 0:
                    data |= {"kind": "knelpunt", "severity": "groot"}
                body = load.event(PARTNER, SIGNAL, data)
                self.waiting.add(json.loads(body)["id"])
                yield SIGNAL, body, EVENT_JSON, 1

    @staticmethod
    def _reported(reports: list[dict[str, object]]) -> list[bytes]:
        return [load.event(PARTNER, REPORT, data) for data in reports]

    def _packed(self, events: list[bytes]) -> Iterator[tuple[bytes, int]]:
        for n in range(0, len(events), AT_ONCE):
            some = events[n : n + AT_ONCE]
            self.waiting |= {json.loads(one)["id"] for one in some}
            yield join_batch(some), len(some)


def _messages(events: int) -> int:
    """Whole rounds that come to at least so many events, in messages."""
    return -(-events // ROUND) * (10 + 5 * SINGLES)


@contextlib.asynccontextmanager
async def partner(rig: Rig) -> AsyncIterator[Traffic]:
    """The partner, connected, hearing its answers."""
    connection = await aio_pika.connect(rig.amqp_url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        traffic = Traffic(await channel.get_exchange(topology.IN, ensure=False))

        async def hear(message: AbstractIncomingMessage) -> None:
            traffic.hear(message.body)

        feedback = await connection.channel(publisher_confirms=False)
        queue = await feedback.get_queue(topology.feedback_queue(PARTNER), ensure=False)
        await queue.consume(hear, no_ack=True)
        yield traffic
