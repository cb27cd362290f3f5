"""Counting follows merges and splits."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest

from services.survey.store import initiatives
from shared.bus.engine import Item
from shared.events.envelope import dump_event, write_event
from shared.events.registry import InitiativeChanged, InitiativeMerged, InitiativeSplit
from shared.events.survey import InitiativeDescribed, ResponseRecorded, ResponseReplaced
from tests.room import NOW, source_of

from .build import ANSWERS, campaign, initiative, merged, response, tokens


async def counted(room) -> dict[str, str]:
    """What A4 says in the response that counts for each initiative."""
    rows = await room.fetch("SELECT initiative_id, answers FROM response WHERE counted")
    return {r["initiative_id"]: r["answers"]["A4"] for r in rows}


def saying(external_id: str | None, kind: str, hours_ago: int = 0, **said):
    return response(external_id, answers={**ANSWERS, "A4": kind}, answered_at=NOW - timedelta(hours=hours_ago), **said)


@pytest.fixture
async def room(room_of):
    """Two initiatives that both answered: i1 (omzien/1) an hour ago, i2 (zorgnet/2) two hours ago."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1"), initiative("i2", "zorgnet/2"))
    await campaign(room)
    await room.take("omzien", saying("1", "stadsdorp", 1))
    await room.take("zorgnet", saying("2", "burennetwerk", 2))
    assert await counted(room) == {"i1": "stadsdorp", "i2": "burennetwerk"}
    return room


async def merge(room, into: str = "i1", gone: str = "i2") -> None:
    await room.hear(initiative(into, "omzien/1", "zorgnet/2", version=2, kind=InitiativeChanged), merged(gone, into))


async def test_after_a_merge_the_latest_of_the_two_counts(room):
    """Two initiatives that turn out to be one have one response that counts: the latest."""
    await room.clear()
    await merge(room)
    assert await counted(room) == {"i1": "stadsdorp"}
    [gone] = await room.said(ResponseReplaced)
    assert (gone.initiative_id, gone.counted, gone.version) == ("i1", False, 2)
    assert await room.said(ResponseRecorded) == []


async def test_only_what_moved_is_counted_anew(room):
    """Claims or a merge decide for whom an answer counts, the region where a signal does; what else changes changes neither."""

    async def remembered(*states) -> tuple[list[str], list[str]]:
        async with room.tx() as tx:
            found = await initiatives.remember(tx, states)
        assert found.newer == sorted(state.initiative_id for state in states)
        return [*found.moved], [*found.placed]

    def changed(version: int, *claims: str, **fields):
        return initiative("i1", *claims, version=version, kind=InitiativeChanged, **fields)

    assert await remembered(changed(2, "omzien/1", name="Anders")) == ([], [])
    assert await remembered(changed(3, "omzien/1", "omzien/9"), initiative("i7", "omzien/7")) == (["i1", "i7"],) * 2
    assert await remembered(changed(4, "omzien/9")) == (["i1"], ["i1"])
    elsewhere = {"municipality": "GM0363", "province": "PV27"}
    assert await remembered(changed(5, "omzien/9", **elsewhere)) == ([], ["i1"])
    assert await room.fetch("SELECT external_id FROM claim WHERE initiative_id = 'i1'") == [{"external_id": "9"}]
    assert await remembered(merged("i1", "i2", version=6)) == (["i1"], ["i1"])
    assert await room.fetch("SELECT external_id FROM claim WHERE initiative_id = 'i1'") == []


async def test_the_latest_may_be_that_of_the_one_that_went_away(room):
    """Not who stays but who answered last decides; what it says of itself is told for the one that stays."""
    await room.clear()
    await room.hear(initiative("i2", "omzien/1", "zorgnet/2", version=2, kind=InitiativeChanged), merged("i1", "i2"))
    assert await counted(room) == {"i2": "stadsdorp"}
    old, moved = await room.said(ResponseReplaced)
    assert (old.counted, old.replaced_by) == (False, moved.response_id)
    assert (moved.counted, moved.initiative_id) == (True, "i2")
    [described] = await room.said(InitiativeDescribed)
    assert described.initiative_id == "i2"


async def test_after_a_split_each_has_its_own_again(room):
    """A claim that moves to another initiative takes its response with it."""
    await merge(room)
    await room.clear()
    await room.hear(
        initiative("i1", "omzien/1", version=3, kind=InitiativeChanged),
        initiative("i3", "zorgnet/2", kind=InitiativeSplit, split_from="i1"),
    )
    assert await counted(room) == {"i1": "stadsdorp", "i3": "burennetwerk"}
    [back] = await room.said(ResponseRecorded)
    assert (back.initiative_id, back.counted) == ("i3", True)


async def test_the_order_of_the_facts_does_not_matter(room_of):
    """Merge and split are told by several facts, which overtake each other and are repeated: the end is the same."""
    facts = [
        initiative("i1", "omzien/1", "zorgnet/2", version=2, kind=InitiativeChanged),
        merged("i2", "i1"),
        initiative("i1", "omzien/1", version=3, kind=InitiativeChanged),
        initiative("i3", "zorgnet/2", kind=InitiativeSplit, split_from="i1"),
    ]
    for order in list(permutations(facts))[::4]:
        room = await room_of("survey")
        await room.hear(initiative("i1", "omzien/1"), initiative("i2", "zorgnet/2"))
        await campaign(room)
        await room.take("omzien", saying("1", "stadsdorp", 1))
        await room.take("zorgnet", saying("2", "burennetwerk", 2))
        for fact in order:
            await room.hear(fact)
            await room.hear(facts[0])
        assert await counted(room) == {"i1": "stadsdorp", "i3": "burennetwerk"}


async def test_while_two_hold_a_claim(room_of):
    """While the facts of a split are on their way the younger one is meant; one that went into another never."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1", "zorgnet/2"), initiative("i3", "zorgnet/2"))
    await room.hear(initiative("i4", "omzien/1", kind=InitiativeMerged, status="merged", merged_into="i9"))
    await campaign(room)
    assert (await room.take("zorgnet", response("2"))).initiative_id == "i3"
    assert (await room.take("omzien", response("1"))).initiative_id == "i1"


async def test_by_id_and_by_invitation_follow_merges_too(room_of):
    """Whatever it named, an initiative that went into another counts there, also in two steps."""
    room = await room_of("survey")
    await room.hear(initiative("i1"), initiative("i2"), initiative("i3"))
    await campaign(room)
    token = (await tokens(room))["i3"]
    await room.take("omzien", saying(None, "stadsdorp", 2, initiative_id="i2"))
    await room.take("omzien", saying(None, "burennetwerk", 1, invitation_token=token))
    await room.hear(merged("i3", "i2"))
    await room.hear(merged("i2", "i1"))
    assert await counted(room) == {"i1": "burennetwerk"}
    answer = await room.take("omzien", saying(None, "noaberzorgpunt", invitation_token=token))
    assert (answer.outcome, answer.initiative_id) == ("replaced", "i1")


async def test_a_merge_into_one_not_heard_of_yet(room):
    """A merge may overtake the initiative that it goes into: counting follows once that is known."""
    await room.hear(merged("i2", "i9"))
    assert await counted(room) == {"i1": "stadsdorp", "i2": "burennetwerk"}
    await room.hear(initiative("i9", "zorgnet/2"))
    assert await counted(room) == {"i1": "stadsdorp", "i9": "burennetwerk"}


async def test_a_response_after_the_merge_replaces_both(room):
    """Both partners speak of the one initiative now."""
    await merge(room)
    answer = await room.take("zorgnet", saying("2", "noaberzorgpunt"))
    assert (answer.outcome, answer.initiative_id) == ("replaced", "i1")
    assert await counted(room) == {"i1": "noaberzorgpunt"}


async def test_a_claim_that_is_withdrawn_leaves_what_was_answered(room):
    """An answer stays with whom it was given for when the partner lists the initiative no longer."""
    await room.hear(initiative("i2", version=2, kind=InitiativeChanged))
    assert await counted(room) == {"i1": "stadsdorp", "i2": "burennetwerk"}


async def test_counting_follows_after_closing_too(room):
    """Duplicates that are found after closing do not count twice."""
    room.clock.now = NOW.replace(month=11, day=5)
    await merge(room)
    assert await counted(room) == {"i1": "stadsdorp"}


async def test_an_older_state_changes_nothing(room):
    """A state that is overtaken is passed over."""
    await merge(room)
    await room.clear()
    for overtaken in (initiative("i2", "zorgnet/2"), initiative("i1", "omzien/1")):
        await room.hear(overtaken)
        assert await counted(room) == {"i1": "stadsdorp"}
    assert await room.said(ResponseRecorded) == []
    assert await room.said(ResponseReplaced) == []


async def test_two_states_of_one_initiative_in_one_batch(room):
    """The newest of a batch counts, in whatever order they stand."""
    newest = initiative("i1", "omzien/1", "zorgnet/2", version=5, kind=InitiativeChanged)
    await room.hear(newest, initiative("i1", "omzien/1", version=4, kind=InitiativeChanged), merged("i2", "i1"))
    assert await counted(room) == {"i1": "stadsdorp"}


async def test_many_at_a_time_leave_one_that_counts(room_of):
    """Responses, a merge and a split at the same moment on several connections: the latest counts, once."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1"), initiative("i2", "zorgnet/2"))
    await campaign(room)

    def batch(partner: str, external_id: str, hours_ago: int) -> list[Item]:
        envelope = write_event(saying(external_id, "stadsdorp", hours_ago), source=source_of(partner), time=NOW)
        return [room.item(dump_event(envelope), partner=partner, origin=partner)]

    bring = [room.engine.process(batch(p, e, h)) for h in range(1, 9) for p, e in (("omzien", "1"), ("zorgnet", "2"))]
    await asyncio.gather(*bring[:8], merge(room), *bring[8:])
    [row] = await room.fetch("SELECT initiative_id, answered_at FROM response WHERE counted")
    assert row == {"initiative_id": "i1", "answered_at": NOW - timedelta(hours=1)}
    assert len(await room.fetch("SELECT id FROM response")) == 16
    assert await room.fetch("SELECT id FROM bus.set_aside") == []


async def test_merges_in_a_circle_do_not_hang(room):
    """Facts that contradict each other on their way are borne."""
    await room.hear(merged("i1", "i2"), merged("i2", "i1"))
    assert len(await counted(room)) in (1, 2)
    assert isinstance(merged("i1", "i2"), InitiativeMerged)
