"""Connections, queues, broker and database come and go: nothing is lost, nothing is done twice, nobody starves."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import aio_pika
import pytest

from shared.bus import topology, turns
from shared.bus.engine import Engine, Item, Report
from shared.events.envelope import BATCH_LIMIT
from tests.room import source_of
from tests.waiting import until

from .broker import Cable, House, busy
from .small import handlers
from .small.events import order


async def test_a_burst_of_one_partner_does_not_starve_another(house: House) -> None:
    """Queues are served in turns: the one event of the calm partner is done long before the burst is."""
    loud, calm = await house.partner(), await house.partner()
    for start in range(0, 3000, BATCH_LIMIT):
        await loud.batch(*[loud.event(order(f"luid {start + n}")) for n in range(BATCH_LIMIT)])
    await calm.say(order("kalm"))
    async with house.service(batch_events=200):
        await calm.answers(1)
        effects = await house.effects()
        assert effects.index("kalm") < 1000
        await house.done(3001)


async def test_a_message_longer_than_a_short_turn_is_done_in_parts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every event once, in order, and the message is acknowledged after the last: while others may come in between, no
    batch of one partner holds them up."""
    monkeypatch.setattr(turns, "LOUD_S", -1.0)  # as if somebody were loud
    partner, other = await house.partner(), await house.partner()
    async with house.service():
        await other.say(order("een ander"))
        await other.answers(1)
        await partner.batch(*[partner.event(order(f"{n}")) for n in range(BATCH_LIMIT)])
        assert await partner.verdicts(BATCH_LIMIT) == ["new"] * BATCH_LIMIT
    assert await house.effects() == ["een ander", *(str(n) for n in range(BATCH_LIMIT))]
    assert await house.pool.fetchval("SELECT count(DISTINCT xmin::text) FROM effect") > 2
    async with house.service():  # what was not acknowledged would come again
        await partner.say(order("na"))
        assert await partner.verdicts(1) == ["new"]


async def test_while_one_batch_waits_the_next_is_done(house: House) -> None:
    """Another partner's; of the same partner what comes later is done later. In the end all is acknowledged."""
    partner, other = await house.partner(), await house.partner()
    intakes = {topology.intake_queue("survey", one.name) for one in (partner, other)}

    async def held() -> bool:
        found: bool = await house.pool.fetchval(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted)",
            handlers.HELD,
        )
        return found

    async def unanswered() -> int:
        return sum(int(q.get("messages", 1)) for q in await house.vhost.management.queues() if q["name"] in intakes)

    async with house.service(), house.pool.acquire() as holder:
        await holder.execute("SELECT pg_advisory_lock($1)", handlers.HELD)
        await partner.say(order("hold"))
        await until(held, "the first batch waits")
        await partner.say(order("daarna"))
        await other.say(order("intussen"))
        assert await house.done(1) == ["intussen"]
        await holder.execute("SELECT pg_advisory_unlock($1)", handlers.HELD)
        assert await house.done(3) == ["hold", "intussen", "daarna"]

        async def nothing_left() -> bool:
            return await unanswered() == 0

        await until(nothing_left, "the broker has heard of all")


async def test_what_comes_again_is_at_work_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have killed the process: nothing that is innocent may be at work beside it. It waits until nothing is."""
    partner, suspect = await house.partner(), await house.partner(known=False)
    await suspect.say(order("komt terug"))
    admin = await aio_pika.connect(house.vhost.admin_url)
    async with admin:  # it is delivered, and nobody acknowledges it
        queue = await (await admin.channel()).get_queue(topology.intake_queue("survey", suspect.name))
        assert await queue.get()
    began: list[str] = []
    process = Engine.process

    async def noted(engine: Engine, items: Sequence[Item]) -> Report:
        began.extend(f"{item.partner}{' again' * item.redelivered}" for item in items)
        return await process(engine, items)

    monkeypatch.setattr(Engine, "process", noted)
    async with house.service() as service, house.pool.acquire() as holder:
        await holder.execute("SELECT pg_advisory_lock($1)", handlers.HELD)
        await partner.say(order("hold"))

        async def held() -> bool:
            return began == [partner.name]

        await until(held, "the first batch is at work")
        await house.pool.execute(
            "INSERT INTO bus.partner VALUES ($1, 1, $1, $2, '{}', 'active', false)",
            suspect.name,
            [source_of(suspect.name)],
        )
        assert service._consumer

        async def taken() -> bool:
            lanes = service._consumer._lanes._open.values() if service._consumer else []
            return any(lane.unanswered and not lane.arrived for lane in lanes if suspect.name in lane.queue)

        await until(taken, "what comes again has been taken")
        assert began == [partner.name]
        await holder.execute("SELECT pg_advisory_unlock($1)", handlers.HELD)
        assert await house.done(2) == ["hold", "komt terug"]
        assert began == [partner.name, f"{suspect.name} again"]


async def test_a_backlog_is_done_by_two(house: House) -> None:
    """While a batch of it waits, the next goes on; all is done once, and acknowledged."""
    partner = await house.partner()
    await partner.say(order("hold"), *[order(f"{n}") for n in range(2 * turns.BACKLOG)])

    async def half() -> bool:
        return len(await house.effects()) >= turns.BACKLOG

    async with house.pool.acquire() as holder:
        await holder.execute("SELECT pg_advisory_lock($1)", handlers.HELD)
        async with house.service(batch_messages=5):
            await until(half, "the other hand goes on")
            assert "hold" not in await house.effects()
            await holder.execute("SELECT pg_advisory_unlock($1)", handlers.HELD)
            await house.done(2 * turns.BACKLOG + 1)
            assert len(await partner.verdicts(2 * turns.BACKLOG + 1)) == 2 * turns.BACKLOG + 1
    async with house.service():  # what was not acknowledged would come again
        await partner.say(order("na"))
        assert await partner.verdicts(1) == ["new"]


async def test_a_forced_close_of_every_connection_loses_nothing(house: House) -> None:
    """The administrator closes them while events flow: all are done, once."""
    partner = await house.partner()
    async with house.service():
        for start in range(0, 300, 100):
            await partner.batch(*[partner.event(order(f"{start + n}")) for n in range(100)])
            await house.vhost.management.disconnect("survey")
        await partner.say(order("last"))
        assert sorted(await house.done(301)) == sorted([*(str(n) for n in range(300)), "last"])


async def test_a_queue_that_was_deleted_and_made_again_is_consumed(house: House) -> None:
    """The server cancels the consumer, and the service is not ready; it comes back by itself.

    Only a queue whose deletion is complete is made again: RabbitMQ 3.10.8 hands one that is made in the same moment to the
    consumer of the old one, which gets nothing.
    """
    partner = await house.partner()
    intake = topology.intake_queue("survey", partner.name)
    async with house.service() as service:
        await partner.say(order("een"))
        await partner.answers(1)
        await house.vhost.management.delete_queue(intake)

        async def noticed() -> bool:
            return any(intake in trouble for trouble in await service.troubles())

        await until(noticed, "the service notices")
        await house.vhost.board(partner.name)
        await partner.say(order("twee"))
        assert await partner.verdicts(1) == ["new"]


@pytest.mark.timeout(300)  # the process is started four times
async def test_nothing_is_acknowledged_before_the_commit(house: House) -> None:
    """The process is killed in a handler, each time that it runs it: after the third it is set aside, and its neighbours,
    that came in the same message and before and after it, were done once."""
    partner = await house.partner()
    await partner.say(order("voor"))
    await partner.batch(*[partner.event(order(t)) for t in ("met 1", "kill", "met 2")])
    await partner.say(order("na"))
    async with house.process(wait=False) as process:
        deaths = 0
        while not await house.pool.fetchval("SELECT count(*) FROM bus.set_aside"):
            if not process.running:
                deaths += 1
                await process.start(wait=False)
            await process.breathe()
        await partner.answered(5)
    assert deaths == 3
    assert sorted(await house.effects()) == ["met 1", "met 2", "na", "voor"]
    assert await house.pool.fetchval("SELECT cause FROM bus.set_aside") == "process-died"


async def test_a_paused_queue_goes_on_by_itself(house: House) -> None:
    """Ten failures in a row: it pauses and is not ready; once mended, a probe succeeds and everything is done."""
    partner = await house.partner()
    handlers.BROKEN["now"] = True
    async with house.service(pause_s=0.2) as service:
        await partner.say(*[order(f"while-broken:{n}") for n in range(25)])

        async def paused() -> list[str]:
            return [t for t in await service.troubles() if "paused" in t]

        await until(paused, "the queue pauses")
        handlers.BROKEN["now"] = False
        assert sorted(await house.done(25)) == sorted(f"while-broken:{n}" for n in range(25))

        async def ready() -> bool:
            return not await service.troubles()

        await until(ready, "it is ready again")
    assert await house.pool.fetchval("SELECT count(*) FROM bus.set_aside") == 0


async def test_a_dead_message_is_set_aside(house: House) -> None:
    """What the broker gave up is in nobody's way and in the operator's list, event by event, with its queue."""
    partner = await house.partner()
    intake = topology.intake_queue("survey", partner.name)
    await partner.batch(partner.event(order("een"), id="e1"), partner.event(order("twee"), id="e2"))
    admin = await aio_pika.connect(house.vhost.admin_url)
    async with admin:
        queue = await (await admin.channel()).get_queue(intake)
        message = await queue.get()
        assert message
        await message.reject(requeue=False)
    async with house.service():
        assert await partner.verdicts(2) == ["event-delayed.v1"] * 2

        async def said() -> bool:
            return not await house.pool.fetchval("SELECT count(*) FROM bus.outbox")

        await until(said, "the fact that something is set aside may be said by any service")
    rows = await house.pool.fetch("SELECT event_id, queue, partner, cause FROM bus.set_aside ORDER BY event_id")
    assert [tuple(r) for r in rows] == [(e, intake, partner.name, "delivery-limit") for e in ("e1", "e2")]


@pytest.mark.parametrize("held_s", [0.2, 60])
async def test_a_database_that_is_away(house: House, held_s: float) -> None:
    """What came is held with growing pauses, or given back after long; nothing is done twice, the partner sees nothing of
    it but time."""
    partner = await house.partner()
    async with (
        Cable(house.database_url) as cable,
        house.service(database_url=cable.url, world_away_s=held_s) as service,
    ):
        await partner.say(order("een"))
        await partner.answers(1)
        await until(house.relayed, "its answer is done with")
        cable.cut()
        await partner.say(order("twee"), order("drie"))

        async def unready() -> bool:
            return "the database is away" in await service.troubles()

        await until(unready, "it notices")
        await asyncio.sleep(2 * held_s if held_s < 1 else 0)  # so that it has given them back
        await cable.mend()
        assert await partner.verdicts(2) == ["new", "new"]
    assert sorted(await house.effects()) == ["drie", "een", "twee"]


async def test_a_broker_that_is_away(house: House) -> None:
    """Events that were being done are done once; what they say waits in the outbox, and leaves when the broker is back."""
    partner = await house.partner()
    async with (
        Cable(house.vhost.url("survey")) as cable,
        house.service(amqp_url=cable.url) as service,
    ):
        await partner.say(order("sleep:0.5"))
        await until(lambda: busy(house), "the handler is at work")
        cable.cut()

        async def unready() -> bool:
            return "the broker is away" in await service.troubles()

        await until(unready, "it notices")
        await house.done(1)
        await partner.say(order("na"))
        await cable.mend()
        assert sorted(await house.done(2)) == ["na", "sleep:0.5"]
        answers = Counter(await partner.verdicts(3))  # the first came again, since it could not be acknowledged
        assert answers == {"new": 2, "duplicate": 1}
