"""What is told to the broker, and in which order, when two batches of one queue are at work."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from shared.bus.item import Item
from shared.bus.lane import Delivery, Lane
from shared.bus.lanes import Lanes


class Channel:
    """A channel that writes down what is acknowledged, and lets the first wait as long as the test wants."""

    is_closed = False

    def __init__(self) -> None:
        self.calls, self.heard = 0, list[int]()
        self.goes_on = asyncio.Event()

    async def basic_ack(self, tag: int, *, multiple: bool) -> None:
        assert multiple
        self.calls += 1
        if self.calls == 1:
            await self.goes_on.wait()
        self.heard.append(tag)


def lane_with(channel: Channel, messages: int) -> tuple[Lane, list[Delivery]]:
    """A lane to which so many have come, each with one event; all of them taken."""
    lane = Lane("survey.from.omzien", cast("Any", channel))
    for tag in range(1, messages + 1):
        message = cast("Any", SimpleNamespace(channel=channel, delivery_tag=tag))
        one = Delivery(lane, message)
        one.items = [cast("Item", SimpleNamespace(settled=False))]
        lane.arrived.append(one)
        lane.unanswered.append(one)
    taken = [delivery for _ in range(messages) if (delivery := lane.next())]
    return lane, taken


def settle(*deliveries: Delivery) -> None:
    for delivery in deliveries:
        for item in delivery.items:
            item.settled = True


async def test_what_is_ready_sooner_waits_for_what_came_sooner() -> None:
    """The second batch is done first: nothing is acknowledged, for that would speak for the first as well."""
    channel = Channel()
    channel.goes_on.set()
    lane, taken = lane_with(channel, 6)
    settle(*taken[3:])
    await lane.acknowledge()
    assert channel.heard == []
    settle(*taken[:3])
    await lane.acknowledge()
    assert channel.heard == [6]


async def test_what_was_not_taken_is_not_acknowledged() -> None:
    """Though it holds no event yet that has no outcome."""
    channel = Channel()
    channel.goes_on.set()
    lane, taken = lane_with(channel, 3)
    taken[2].items = []
    settle(*taken[:2])
    await lane.acknowledge()
    assert channel.heard == [2]


async def test_two_batches_do_not_overtake_each_other() -> None:
    """While one is being acknowledged, the next waits: the broker closes a channel on which numbers go down."""
    channel = Channel()
    lane, taken = lane_with(channel, 4)
    settle(*taken[:2])
    first = asyncio.create_task(lane.acknowledge())
    await asyncio.sleep(0)
    settle(*taken[2:])
    channel_was_free = channel.heard.copy()
    second = asyncio.create_task(lane.acknowledge())
    for _ in range(5):
        await asyncio.sleep(0)
    assert channel_was_free == channel.heard == []
    channel.goes_on.set()
    await asyncio.gather(first, second)
    assert channel.heard == [2, 4]


async def test_what_is_put_back_comes_in_the_order_in_which_it_came() -> None:
    """Whichever of two batches is put back first, and before what nobody has taken."""
    channel = Channel()
    lane, taken = lane_with(channel, 6)
    lane.put_back(taken[4:])
    lane.put_back(taken[:2])
    lane.put_back(taken[2:4])
    assert [delivery.tag for delivery in lane.arrived] == [1, 2, 3, 4, 5, 6]


class Lost:
    """A channel of a connection that is being lost: aiormq then raises an Exception without a name."""

    is_closed = False

    async def declare_queue(self, *_: object, **__: object) -> None:
        raise Exception  # noqa: TRY002

    async def close(self) -> None:
        raise Exception  # noqa: TRY002


async def test_a_connection_that_is_being_lost_stops_no_service() -> None:
    """A service that is looking how long its queues are, or closing them, goes on, and opens them anew."""
    lanes = Lanes(cast("Any", None), cast("Any", None), cast("Any", None), prefetch=1, something=asyncio.Event())
    lanes._open = {"survey.from.omzien": Lane("survey.from.omzien", cast("Any", Lost()))}
    assert await lanes.depths() == {}
    await lanes.close()
    assert not lanes.ready()
