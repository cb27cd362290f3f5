"""Whatever comes, in whatever order and however cut into batches: one end state."""

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.events.survey import SignalRecorded
from tests.room import Room

from .conftest import MakeRoom
from .look import count, effects, inbox, wire
from .small.events import initiative, order


@pytest_asyncio.fixture
async def room(small: MakeRoom) -> Room:
    return await small()


TEXTS = ["hallo", "refuse:x", "wait:7", "fail", "refuse-late"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_order_batches_and_repeats_do_not_matter(room: Room, data: st.DataObject) -> None:
    """The same events, cut into batches anyhow, repeated and shuffled, with the fact they wait for anywhere: one end state."""
    await room.database.pool.execute(
        "TRUNCATE effect, known, bus.inbox, bus.outbox, bus.waiting, bus.refused, bus.set_aside, bus.attempt"
    )
    said = [(f"e{n}", text) for n, text in enumerate(data.draw(st.lists(st.sampled_from(TEXTS), max_size=8)))]
    bodies = [wire(room, order(text), id=name) for name, text in said]
    stream = data.draw(st.permutations(bodies * data.draw(st.integers(1, 3)) + [b"the fact"]))
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        batch, stream = stream[:size], stream[size:]
        fact = wire(room, initiative("7"), source="urn:burenbus:service:registry", id="fact")
        await room.engine.process(
            [
                room.item(fact, partner=None, origin="platform")
                if body == b"the fact"
                else room.item(body, partner="omzien", origin="omzien")
                for body in batch
            ]
        )
        await room.settle()
    done = sorted(text for _, text in said if text in ("hallo", "wait:7"))
    assert sorted(await effects(room)) == done
    assert len(await room.said(SignalRecorded)) == len(done)
    expected = {
        "hallo": "done",
        "wait:7": "done",
        "refuse:x": "refused",
        "fail": "set-aside",
        "refuse-late": "set-aside",
    }
    assert await inbox(room) == {name: expected[text] for name, text in said} | {"fact": "done"}
    assert await count(room, "refused") == sum(text == "refuse:x" for _, text in said)
    assert await count(room, "set_aside") == sum(expected[text] == "set-aside" for _, text in said)
    assert await count(room, "waiting") == 0
