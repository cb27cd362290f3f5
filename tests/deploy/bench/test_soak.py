"""The soak's own sums, without servers: soaking is `make soak`."""

import json

from deploy.bench.soak import samples, verdict
from deploy.bench.soak.samples import Sample
from deploy.bench.soak.traffic import REPORT, RESPONSE, ROUND, SIGNAL, Traffic


class Out:
    """An exchange that keeps what is published."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def publish(self, message, routing_key) -> None:
        self.bodies.append(message.body)


def look(minute: float, megabytes: float) -> Sample:
    return Sample(minute * 60, {"survey": megabytes, "postgres": 1.0}, queued=3, outbox=2, oldest_s=0.1)


def test_a_service_that_grows_is_not_flat() -> None:
    """After warming up, by the median of the slopes: one odd look does not count, a steady growth does."""
    steady = [look(n, 90 + (30 if n == 4 else 0)) for n in range(10)]
    growing = [look(n, 90 + n) for n in range(10)]
    assert samples.slope(steady, "survey") == 0
    assert samples.slope(growing, "survey") == 1
    met = [{f.figure: f.met for f in verdict.memory(taken, 0)} for taken in (steady, growing)]
    assert [one["memory-growth-survey"] for one in met] == [True, False]
    assert met[1]["memory-growth-postgres"] is None


def test_what_grows_while_it_warms_up_does_not_count() -> None:
    """Caches and pools fill at first."""
    taken = [look(n, 50 + 10 * n) for n in range(5)] + [look(n, 90) for n in range(5, 15)]
    [survey] = [f for f in verdict.memory(taken, 300) if f.figure == "memory-growth-survey"]
    assert survey.met


def test_a_count_is_exact_or_it_is_not() -> None:
    """One more is as wrong as one less."""
    assert [verdict.exact("x", value, 10).met for value in (9, 10, 11)] == [False, True, False]


async def test_each_event_is_waited_for_and_an_answer_too_many_is_noticed() -> None:
    """Whole rounds of all three kinds; a second answer to one event is one that nobody asked for."""
    out = Out()
    traffic = Traffic(out)  # type: ignore[arg-type]
    await traffic.send(1, 1e9)
    assert traffic.sent.total() == ROUND == len(traffic.waiting)
    assert traffic.sent.keys() == {REPORT, RESPONSE, SIGNAL}
    [first, *_] = json.loads(out.bodies[0])
    answer = {"type": "nl.zorgzame-gemeenschappen.event-accepted.v1", "data": {"event": first, "outcome": "new"}}
    delayed = {**answer, "type": "nl.zorgzame-gemeenschappen.event-delayed.v1"}
    traffic.hear(json.dumps([delayed]).encode())
    assert len(traffic.waiting) == ROUND
    traffic.hear(json.dumps([answer, answer]).encode())
    assert (len(traffic.waiting), traffic.unasked) == (ROUND - 1, 1)
    assert traffic.answers == {"delayed": 1, "new": 2}
