"""Facts of other services, on a real broker."""

import aio_pika

from tests.waiting import until

from .broker import House
from .small.events import boarded, initiative, order


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
