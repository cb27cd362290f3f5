"""The traps of RabbitMQ and its clients, each on a real broker: nothing is lost, nobody starves, nobody speaks as another."""

import asyncio
import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import pika
import pika.exceptions
import pytest
from aio_pika.exceptions import AMQPError, DeliveryError
from aiormq.exceptions import ChannelAccessRefused

from shared.bus import topology, turns
from shared.events.envelope import BATCH_LIMIT, EVENT_JSON, EVENT_LIMIT_BYTES
from tests.waiting import until

from .broker import Cable, House, Partner, busy
from .small import handlers
from .small.events import boarded, initiative, order, response

MIB = 1024 * 1024


def properties(**strange: Any) -> pika.BasicProperties:
    return pika.BasicProperties(**{"content_type": EVENT_JSON, "delivery_mode": 2, **strange})


# --- what partners put on the wire ----------------------------------------------------------------------------------

POISON: dict[str, dict[str, Any]] = {
    "message_id": {"message_id": b"\xff\xfe"},
    "correlation_id": {"correlation_id": b"\xc3\x28"},
    "content_type": {"content_type": b"application/\xff"},
    "type": {"type": b"\xf0\x28\x8c\x28"},
    "header key": {"headers": {b"\xff": "x"}},
    "header value": {"headers": {"x": b"\xff\xfe"}},
    "timestamp": {"timestamp": 2**63},
    "timestamp in a header": {"headers": {"when": datetime(9999, 12, 31, tzinfo=UTC)}},
    "reply_to": {"reply_to": "registry.dead"},
}


async def test_poison_among_good_messages_harms_nobody(house: House) -> None:
    """Bytes that make a decoder raise would take the connection down, and with it every message that is on its way."""
    partner = await house.partner()
    wanted = []
    for name, strange in POISON.items():
        good = [(partner.event(order(f"{name} {n}")), properties()) for n in range(10)]
        wanted += [f"{name} {n}" for n in range(10)]
        bad = (partner.event(order(f"{name} poison")), properties(**strange))
        partner.raw(*good[:5], bad, *good[5:])
    async with house.service() as service:
        await partner.answers(11 * len(POISON))
        assert await service.troubles() == []
    effects = await house.effects()
    assert {*wanted} <= {*effects}
    assert {f"{name} poison" for name in POISON if name != "content_type"} <= {*effects}
    assert len(effects) == len({*effects})


async def test_a_strange_delivery_mode_does_not_silence_the_consumer(house: House) -> None:
    """Some brokers take it, some close the connection on it: what was said before and after is answered."""
    partner = await house.partner()
    async with house.service():
        try:
            partner.raw((partner.event(order("mode 7")), properties(delivery_mode=7)))
        except pika.exceptions.AMQPError:
            taken = 0
        else:
            taken = 1
        await partner.say(*[order(f"hallo {n}") for n in range(3)])
        await partner.answers(3 + taken)


async def test_reply_to_is_ignored(house: House) -> None:
    """A partner cannot make a service publish where it wants."""
    partner = await house.partner()
    async with house.service():
        await partner.publish(
            partner.event(order("hallo")), reply_to=topology.dead_queue("registry"), correlation_id="c"
        )
        await partner.answers(1)
    admin = await aio_pika.connect(house.vhost.admin_url)
    async with admin:
        queue = await (await admin.channel()).declare_queue(topology.dead_queue("registry"), passive=True)
        assert queue.declaration_result.message_count == 0


async def test_the_body_counts_and_not_the_message_id(house: House) -> None:
    """Without a message id all is well; one message id for two events makes no duplicate of the second."""
    partner = await house.partner()
    async with house.service():
        await partner.publish(partner.event(order("een")), message_id=None)
        await partner.publish(partner.event(order("twee")), partner.event(order("drie")), message_id="same")
        assert await partner.verdicts(3) == ["new"] * 3


@pytest.mark.parametrize("prefix", ["ce-", "cloudEvents:", "cloudEvents_"])
async def test_binary_mode(house: House, prefix: str) -> None:
    """Attributes in headers, data in the body; a time may be a timestamp of AMQP."""
    partner = await house.partner()
    event = json.loads(partner.event(order("hallo")))
    data = json.dumps(event.pop("data")).encode()
    headers = {f"{prefix}{name}": value for name, value in event.items() if name != "datacontenttype"}
    async with house.service():
        await partner.publish(data, content_type="application/json", headers=headers)
        stamp = headers | {f"{prefix}id": "another", f"{prefix}time": datetime.now(UTC) - timedelta(seconds=1)}
        await partner.publish(data, content_type="application/json", headers=stamp)
        assert await partner.verdicts(2) == ["new", "new"]


async def test_a_batch_stands_and_falls_event_by_event(house: House) -> None:
    """A hundred events in one message, one of them refused; a hundred and one are too many; two types do not mix."""
    partner = await house.partner()
    async with house.service():
        await partner.batch(*[partner.event(order("refuse:x" if n == 7 else f"{n}")) for n in range(BATCH_LIMIT)])
        assert Counter(await partner.verdicts(BATCH_LIMIT)) == {"new": BATCH_LIMIT - 1, "unknown-question,type": 1}
        await partner.batch(*[partner.event(order(f"{n}")) for n in range(BATCH_LIMIT + 1)])
        await partner.batch(partner.event(order("een")), partner.event(response()))
        assert await partner.verdicts(2) == ["batch-size", "mixed-batch"]


async def test_sizes(house: House) -> None:
    """Just within 64 KB is taken, above it is refused; above 1 MiB the broker closes the channel, to that partner alone."""
    partner, other = await house.partner(), await house.partner()
    event = json.loads(partner.event(order("hallo"), id="big"))
    event["filler"] = ""
    size = len(json.dumps(event, separators=(",", ":")))
    async with house.service():
        event["filler"] = "x" * (EVENT_LIMIT_BYTES - size)
        await partner.publish(json.dumps(event, separators=(",", ":")).encode())
        event |= {"filler": "x" * (EVENT_LIMIT_BYTES - size + 1), "id": "big2"}
        await partner.publish(json.dumps(event, separators=(",", ":")).encode())
        assert await partner.verdicts(2) == ["new", "too-large"]
        with pytest.raises(AMQPError):
            await partner.publish(b"x" * (MIB + 1))
        await other.say(order("hallo"))
        assert await other.verdicts(1) == ["new"]


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{not json", EVENT_JSON, "not-json"),
        (b"\xff\xfe", EVENT_JSON, "not-json"),
        (b"", EVENT_JSON, "not-json"),
        (b'"text"', EVENT_JSON, "not-cloudevent"),
        (b"[" * 500 + b"]" * 500, EVENT_JSON, "too-deep"),
        (b'{"id": 1e400}', EVENT_JSON, "not-json"),
        (b'{"id": "e1", "data": NaN}', EVENT_JSON, "not-json"),
        (b'{"id": "\\ud800"}', EVENT_JSON, "not-json"),
        (b'{"id": ' + b"9" * 5000 + b"}", EVENT_JSON, "not-json"),
        (b"{}", "text/html", "content-type"),
    ],
)
async def test_what_is_no_event_is_refused_and_answered(
    house: House, body: bytes, content_type: str, code: str
) -> None:
    """Nothing is dropped in silence."""
    partner = await house.partner()
    async with house.service():
        await partner.publish(body, content_type=content_type)
        assert await partner.verdicts(1) == [code]


async def test_what_cannot_be_read_is_answered_by_its_message_id(house: House) -> None:
    """Two such messages under one message id are both refused: it is not the id of an event."""
    partner = await house.partner()
    async with house.service():
        await partner.publish(b"{not json", b"{nor this", message_id="m1")
        answers = await partner.answers(2)
    told = [a["data"]["event"] for a in answers]
    assert [t["id"] for t in told] == ["m1", "m1"]
    assert {t["sha256"] for t in told} == {hashlib.sha256(b).hexdigest() for b in (b"{not json", b"{nor this")}
    assert [a["data"]["problems"][0]["code"] for a in answers] == ["not-json", "not-json"]


# --- who may do what ------------------------------------------------------------------------------------------------


async def refused(partner: Partner, exchange: str, key: str, body: bytes = b"{}", **properties: Any) -> bool:
    """Whether the broker refuses the partner to publish so."""
    channel = await partner.connection.channel()
    try:
        target = await channel.get_exchange(exchange, ensure=False)
        await target.publish(aio_pika.Message(body, content_type=EVENT_JSON, **properties), key)
    except ChannelAccessRefused:
        return True
    await channel.close()
    return False


async def test_a_partner_cannot_speak_as_another(house: House) -> None:
    """Not by the key, which the broker refuses; nor by the CC and BCC headers, that slip through on old brokers: then the
    event is taken as the sender's own."""
    mine, theirs = await house.partner(), await house.partner()
    key = f"{theirs.name}.signal-reported.v1"
    body = theirs.event(order("vervalst"))
    assert await refused(mine, topology.IN, key, body)
    async with house.service():
        slipped = 0
        for header in ("CC", "BCC"):
            headers: Any = {header: [key]}
            slipped += 2 * (
                not await refused(mine, topology.IN, f"{mine.name}.signal-reported.v1", body, headers=headers)
            )
        if slipped:
            answers = Counter(await mine.verdicts(slipped))
            assert set(answers) == {"another-identity"}
        await theirs.say(order("hallo"))
        assert await theirs.verdicts(1) == ["new"]
    assert await house.effects() == ["hallo"]


async def test_a_partner_has_its_own_door_and_no_other(house: House) -> None:
    """It reads its own feedback, writes to `in`, and configures nothing."""
    mine, theirs = await house.partner(), await house.partner()
    for exchange, key in ((topology.EVENTS, "x"), (topology.FEEDBACK, theirs.name), (topology.RESTATE, "x"), ("", "x")):
        channel = await mine.connection.channel()
        target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        with pytest.raises(ChannelAccessRefused):
            await target.publish(aio_pika.Message(b"{}"), key)
    for queue in (topology.feedback_queue(theirs.name), topology.intake_queue("survey", mine.name), "survey.dead"):
        channel = await mine.connection.channel()
        with pytest.raises(ChannelAccessRefused):
            await (await channel.get_queue(queue, ensure=False)).get()
    for make in ("queue", "exchange"):
        channel = await mine.connection.channel()
        with pytest.raises(ChannelAccessRefused):
            await (channel.declare_queue("mine") if make == "queue" else channel.declare_exchange("mine"))


async def test_an_unknown_type_comes_to_unroutable(house: House) -> None:
    """The partner's own prefix with a type that nobody takes is kept for registry, that answers it."""
    partner = await house.partner()
    await partner.publish(partner.event(order("hallo")), key=f"{partner.name}.nonsense.v1")
    admin = await aio_pika.connect(house.vhost.admin_url)
    async with admin:
        queue = await (await admin.channel()).declare_queue(topology.UNROUTABLE_QUEUE, passive=True)
        assert queue.declaration_result.message_count == 1


async def test_a_full_intake_is_told_to_that_partner_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-pressure by confirm: what does not fit is refused, what was confirmed is done, another partner goes on."""
    monkeypatch.setattr(topology, "INTAKE_LENGTH", 10)
    loud = await house.partner()
    monkeypatch.undo()
    calm = await house.partner()
    confirmed = 0
    with pytest.raises(DeliveryError):  # noqa: PT012 - the broker says which one is too many
        for n in range(1000):
            await loud.publish(loud.event(order(f"luid {n}")))
            confirmed += 1
    await calm.say(order("kalm"))
    async with house.service():
        assert await calm.verdicts(1) == ["new"]
        assert await loud.verdicts(confirmed) == ["new"] * confirmed
    assert 10 <= confirmed < 1000


# --- nothing lost, nothing twice ------------------------------------------------------------------------------------


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
    partner = await house.partner()
    async with house.service():
        await partner.batch(*[partner.event(order(f"{n}")) for n in range(BATCH_LIMIT)])
        assert await partner.verdicts(BATCH_LIMIT) == ["new"] * BATCH_LIMIT
    assert await house.effects() == [str(n) for n in range(BATCH_LIMIT)]
    assert await house.pool.fetchval("SELECT count(DISTINCT xmin::text) FROM effect") > 1
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
        await partner.answers(5)
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


# --- facts ----------------------------------------------------------------------------------------------------------


async def test_a_new_partner_is_heard_of_and_served(house: House) -> None:
    """The fact of its boarding is all that it takes: its queue is found, also if it spoke first."""
    partner = await house.partner(known=False)
    await partner.say(order("hallo"))
    async with house.service():
        await house.fact(boarded(partner.name))
        assert await partner.verdicts(1) == ["new"]


async def test_restating_goes_to_one_service_alone(house: House) -> None:
    """A fact restated to survey comes into survey's queue, and into no other's."""
    await house.fact(initiative("7"), to="survey")
    admin = await aio_pika.connect(house.vhost.admin_url)
    async with admin:
        channel = await admin.channel()
        counts = {
            service: (await channel.declare_queue(f"{service}.initiative-registered.v1", passive=True))
            for service in ("survey", "reporting")
        }
        found = {name: queue.declaration_result.message_count for name, queue in counts.items()}
        assert found == {"survey": 1, "reporting": 0}
    async with house.service():

        async def known() -> bool:
            return bool(await house.pool.fetchval("SELECT initiative_id FROM known WHERE initiative_id = '7'"))

        await until(known, "survey has heard it")


async def test_a_service_configures_nothing(house: House) -> None:
    """Its own user may not make or delete a queue; and it may say its own facts only."""
    connection = await aio_pika.connect(house.vhost.url("survey"))
    async with connection:
        with pytest.raises(ChannelAccessRefused):
            await (await connection.channel()).declare_queue("survey.mine", durable=True)
        with pytest.raises(ChannelAccessRefused):
            await (await connection.channel()).queue_delete("survey.dead")
        with pytest.raises(ChannelAccessRefused):
            await (await connection.channel()).declare_exchange("mine")
    with pytest.raises(ChannelAccessRefused):
        await house.fact(initiative("7"), by="survey")
