"""Staff are told that something was set aside: a fact, once a cause, whosoever the event was."""

from shared.events.envelope import dump_event, write_event
from shared.events.operation import EventSetAside

from .conftest import MakeRoom
from .small.events import initiative, order


async def test_the_first_of_a_cause_is_told_and_no_other_while_it_stands(small: MakeRoom) -> None:
    """Three events fail for one cause and one for another: two facts, without what the events held."""
    room = await small()
    await room.take_many("omzien", [order("fail"), order("fail")])
    await room.take_many("omzien", [order("fail"), order("missing-file:x")])
    told = await room.said(EventSetAside)
    assert len({t.cause for t in told}) == len(told) == 2
    first = told[0]
    assert (first.service, first.partner, first.at) == ("survey", "omzien", room.clock())
    assert first.event_type == "nl.zorgzame-gemeenschappen.signal-reported.v1"
    assert "fail" not in first.cause.split(" at ")[0]


async def test_a_cause_that_comes_back_after_it_was_cleared_is_told_again(small: MakeRoom) -> None:
    """Who dropped or mended what stood aside wants to know that it has not gone away."""
    room = await small()
    await room.take("omzien", order("fail"))
    await room.database.pool.execute("DELETE FROM bus.set_aside")
    await room.take("omzien", order("fail"))
    assert len(await room.said(EventSetAside)) == 2


async def test_an_event_of_the_platform_is_told_like_a_partners(small: MakeRoom) -> None:
    """A fact that the broker gave up belongs to no partner, and staff hear of it all the same."""
    room = await small()
    body = dump_event(write_event(initiative("1"), source="urn:burenbus:service:registry", time=room.clock()))
    await room.engine.bury([room.item(body, partner=None, origin="platform")])
    [told] = await room.said(EventSetAside)
    assert (told.partner, told.cause, told.reaction) == (None, "delivery-limit", "know_initiative")
