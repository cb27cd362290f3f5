"""What a partner in the sandbox tried out, and that was set aside: it stays tried out, whenever it is run again."""

import pytest

from shared.bus import dead, directory
from shared.events.envelope import dump_event, write_event
from shared.events.partner import SignalReported
from shared.events.registry import PartnerChanged
from tests.room import Room, source_of

from .conftest import MakeRoom
from .small import handlers
from .small.events import order


async def move(room: Room, version: int, *, sandbox: bool) -> None:
    async with room.tx() as tx:
        state = PartnerChanged(
            partner="omzien", version=version, title="Omzien", sources=(source_of("omzien"),), sandbox=sandbox
        )
        await directory.remember(tx, state)


async def run_again(room: Room) -> None:
    handlers.BROKEN["now"] = False
    async with room.tx() as tx:
        rows = [row.id for row in await dead.listed(tx)]
        assert await dead.ask_replay(tx, rows, "els") == 1
    assert await room.engine.retry_replays() == 1


@pytest.mark.parametrize("buried", [False, True])
async def test_what_was_tried_out_leaves_nothing_after_going_live(small: MakeRoom, buried: bool) -> None:
    """Set aside in the sandbox (by a fault of ours, or by the broker), and run again when the partner takes part: it is
    answered as tried out and has no effect; the same event sent in earnest is new."""
    room = await small()
    await move(room, 5, sandbox=True)
    handlers.BROKEN["now"] = True
    event: SignalReported = order("while-broken:hallo")
    if buried:
        body = dump_event(write_event(event, source=source_of("omzien"), time=room.clock(), id="e1"))
        await room.engine.bury([room.item(body, partner="omzien", origin="omzien")])
        await room.settle()
    else:
        await room.take("omzien", event, id="e1")
    await move(room, 6, sandbox=False)
    await run_again(room)
    assert await room.fetch("SELECT what FROM effect") == []
    _, accepted = await room.answers("omzien")
    assert [w.code for w in accepted.warnings] == ["sandbox"]
    again = await room.take("omzien", event, id="e1")
    assert again.outcome == "new"
    assert len(await room.fetch("SELECT what FROM effect")) == 1


async def test_what_was_meant_still_counts_from_the_sandbox(small: MakeRoom) -> None:
    """Set aside while the partner took part, and run again when it is in the sandbox: it was meant, and it counts."""
    room = await small()
    handlers.BROKEN["now"] = True
    await room.take("omzien", order("while-broken:hallo"), id="e1")
    await move(room, 5, sandbox=True)
    await run_again(room)
    assert [e["what"] for e in await room.fetch("SELECT what FROM effect")] == ["while-broken:hallo"]
