"""How far behind a reaction is, by our own clocks."""

from datetime import timedelta

from shared.bus.consumer import PLATFORM
from tests.room import Room

from .conftest import MakeRoom
from .look import wire
from .small.events import initiative, order

HOUR = timedelta(hours=1)


def late(room: Room, reaction: str) -> float | None:
    labels = {"service": "survey", "reaction": reaction}
    return room.service.telemetry.registry.get_sample_value("burenbus_reaction_late_seconds", labels)


async def test_a_fact_is_as_late_as_it_is_old(small: MakeRoom) -> None:
    """Its time is when a service of ours said it; it has waited since."""
    room = await small()
    body = wire(room, initiative("7"), source="urn:burenbus:service:registry")
    room.clock.advance(HOUR)
    await room.engine.process([room.item(body, partner=None, origin=PLATFORM)])
    assert late(room, "know_initiative") == HOUR.total_seconds()


async def test_a_partner_s_event_is_late_from_when_we_had_it(small: MakeRoom) -> None:
    """Its time is when something happened there: a list of last year does not make us a year late."""
    room = await small()
    item = room.item(wire(room, order("hallo"), time=room.clock() - 9000 * HOUR), partner="omzien", origin="omzien")
    room.clock.advance(HOUR)
    await room.engine.process([item])
    assert late(room, "do_as_it_says") == HOUR.total_seconds()
