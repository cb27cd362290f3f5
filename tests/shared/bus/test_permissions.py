"""Who may do what, on a real broker: nobody speaks as another, or configures anything."""

from collections import Counter
from typing import Any

import aio_pika
import pytest
from aio_pika.exceptions import DeliveryError
from aiormq.exceptions import ChannelAccessRefused

from shared.bus import topology
from shared.events.envelope import EVENT_JSON

from .broker import House, Partner
from .small.events import initiative, order


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
