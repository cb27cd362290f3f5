"""Facts in: what is counted is what the facts say, whatever their order and however often they come."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, TypeVar

from services.reporting import handlers
from services.reporting.store import figures, tally
from shared.events.base import Event, Received
from shared.events.registry import InitiativeChanged, InitiativeClosed, InitiativeMerged
from shared.events.survey import InvitationWithdrawn, ResponseReplaced
from tests.room import NOW, Room, RoomOf
from tests.services.reporting.made import CAMPAIGN, initiative, invited, opened, responded, signal

E = TypeVar("E", bound=Event)


async def counted(room: Room, subject: str = CAMPAIGN) -> dict[str, dict[str, int]]:
    async with room.tx() as tx:
        assert await tally.differences(tx) == []
        return await figures.counts(tx, subject)


def changed(key: str, version: int, **fields: Any) -> InitiativeChanged:
    return InitiativeChanged(**initiative(key, version=version, **fields).model_dump())


async def test_a_response_counts_in_the_province_of_its_initiative(room_of: RoomOf) -> None:
    """Items by province; who was invited makes the response rate; the code of the invitation is kept nowhere."""
    room = await room_of("reporting")
    await room.hear(initiative("a"), initiative("b", "GM0363"), opened(), invited("a"), invited("b"))
    await room.hear(responded("a", {"A4": "stadsdorp", "C": ["zorg"]}))
    assert await counted(room) == {
        "PV26": {"invited": 1, "responded": 1, "A4=stadsdorp": 1, "C": 1, "C=zorg": 1},
        "PV27": {"invited": 1},
    }
    assert "een-code" not in str(await room.fetch("SELECT * FROM heard.invitation"))


async def test_when_an_initiative_moves_its_response_moves_with_it(room_of: RoomOf) -> None:
    """From Utrecht to Amsterdam: nothing stays behind."""
    room = await room_of("reporting")
    await room.hear(initiative("a"), opened(), invited("a"), responded("a", {"A4": "stadsdorp"}))
    await room.hear(changed("a", 2, municipality="GM0363"))
    assert await counted(room) == {"PV27": {"invited": 1, "responded": 1, "A4=stadsdorp": 1}}


async def test_a_replaced_response_is_taken_out_and_the_new_one_counts(room_of: RoomOf) -> None:
    """One initiative, one response."""
    room = await room_of("reporting")
    await room.hear(initiative("a"), opened(), responded("a", {"A4": "stadsdorp"}))
    old = responded("a", {"A4": "stadsdorp"}, version=2, counted=False, replaced_by="r-a2")
    new = responded("a2", {"A4": "anders"}, initiative_id="a")
    await room.hear(ResponseReplaced(**old.model_dump()), new)
    assert await counted(room) == {"PV26": {"responded": 1, "A4=anders": 1}}


async def test_what_was_replaced_stays_out_when_its_initiative_moves_and_may_count_again(room_of: RoomOf) -> None:
    """It adds nothing anywhere; once it counts again, it counts where the initiative is then."""
    room = await room_of("reporting")
    await room.hear(initiative("a"), opened(), responded("a", {"A4": "stadsdorp"}))
    old = responded("a", {"A4": "stadsdorp"}, version=2, counted=False, replaced_by="r-a2")
    await room.hear(ResponseReplaced(**old.model_dump()), responded("a2", {"A4": "anders"}, initiative_id="a"))
    await room.hear(changed("a", 2, municipality="GM0363"))
    assert await counted(room) == {"PV27": {"responded": 1, "A4=anders": 1}}
    gone = responded("a2", {"A4": "anders"}, version=2, initiative_id="a", counted=False, replaced_by="r-a")
    again = responded("a", {"A4": "stadsdorp"}, version=3)
    await room.hear(ResponseReplaced(**gone.model_dump()), ResponseReplaced(**again.model_dump()))
    assert await counted(room) == {"PV27": {"responded": 1, "A4=stadsdorp": 1}}


async def test_after_a_merge_the_response_counts_for_the_other_and_one_invitation_is_left(room_of: RoomOf) -> None:
    """The survey says for whom the response counts now; the merged initiative is no initiative any more."""
    room = await room_of("reporting")
    await room.hear(initiative("a", "GM0363"), initiative("b"), opened(), invited("a"), invited("b"))
    await room.hear(responded("a", {"A4": "stadsdorp"}))
    merged = initiative("a", "GM0363", version=2, status="merged", merged_into="b")
    moved = responded("a", {"A4": "stadsdorp"}, version=2, initiative_id="b")
    gone = InvitationWithdrawn(invitation_id="v-a", campaign_id=CAMPAIGN, initiative_id="a", reason="merged")
    await room.hear(InitiativeMerged(**merged.model_dump()), ResponseReplaced(**moved.model_dump()), gone)
    assert await counted(room) == {"PV26": {"invited": 1, "responded": 1, "A4=stadsdorp": 1}}
    assert await counted(room, "register") == {"GM0344": {"active": 1, "listed": 1, "kind=stadsdorp": 1}}


async def test_a_closed_initiative_leaves_the_map_and_its_response_stays(room_of: RoomOf) -> None:
    """What it said in the campaign was said."""
    room = await room_of("reporting")
    await room.hear(initiative("a"), opened(), responded("a"))
    await room.hear(InitiativeClosed(**initiative("a", version=2, status="closed").model_dump()))
    assert await counted(room) == {"PV26": {"responded": 1}}
    assert await counted(room, "register") == {}


async def test_a_response_that_comes_before_everything_else_counts_once_all_is_there(room_of: RoomOf) -> None:
    """Its campaign and its initiative may come after it; its answers are dropped once they are counted."""
    room = await room_of("reporting")
    await room.hear(responded("a", {"A4": "stadsdorp"}))
    assert await counted(room) == {}
    await room.hear(opened())
    assert await counted(room) == {"-": {"responded": 1, "A4=stadsdorp": 1}}
    await room.hear(initiative("a"))
    assert await counted(room) == {"PV26": {"responded": 1, "A4=stadsdorp": 1}}
    assert await room.fetch("SELECT answers FROM heard.response") == [{"answers": None}]


async def test_an_initiative_that_may_not_be_shown_is_counted_without_its_name(room_of: RoomOf) -> None:
    """Not listed: no name, place or point is kept; shown by its municipality: neither place nor postcode."""
    room = await room_of("reporting")
    shy = {"place": "Lage Weide", "pc4": "3542"}
    await room.hear(initiative("a", listed=False, **shy), initiative("b", location_precision="gemeente", **shy))
    rows = await room.fetch("SELECT * FROM heard.initiative ORDER BY id")
    assert "Buurtzorg a" not in str(rows)
    assert "Weide" not in str(rows)
    assert "weide" not in str(rows)
    assert rows[0]["lat"] is None
    assert (rows[1]["lat"], rows[1]["lon"]) != (None, None)
    assert await counted(room, "register") == {"GM0344": {"active": 2, "listed": 1, "kind=stadsdorp": 1}}


async def test_signals_are_counted_by_kind_and_bottlenecks_by_what_they_are_about(room_of: RoomOf) -> None:
    """A municipality counts in its province; a signal of the whole country in none."""
    room = await room_of("reporting")
    await room.hear(
        signal("s1", region="GM0344"), signal("s2", kind="droom", region="NL"), signal("s1", region="GM0344")
    )
    assert await counted(room, "signals") == {
        "PV26": {"signal=knelpunt": 1, "knelpunt=erkenning": 1},
        "-": {"signal=droom": 1},
    }


def history() -> list[Event]:
    """A year in the life of thirty initiatives, with everything that can happen to them."""
    chance = random.Random(7)
    facts: list[Event] = [opened(), opened(version=3)]
    for n in range(30):
        key = f"i{n}"
        facts += [initiative(key, chance.choice(("GM0344", "GM0363", None))), invited(key)]
        facts += [changed(key, 2, municipality=chance.choice(("GM0518", "GM0344")), listed=n % 2 == 0)] * (n % 3)
        answers = {"A4": chance.choice(("stadsdorp", "anders")), "C": chance.sample(["zorg", "wonen", "welzijn"], 2)}
        facts.append(responded(key, answers))
        if n % 5 == 0:
            again = responded(key, answers, version=2, counted=False, replaced_by=f"r-{key}x")
            facts += [ResponseReplaced(**again.model_dump()), responded(f"{key}x", {"A4": "anders"}, initiative_id=key)]
        if n % 7 == 0:
            gone = initiative(key, "GM0344", version=3, status="merged", merged_into="i1")
            left = InvitationWithdrawn(
                invitation_id=f"v-{key}", campaign_id=CAMPAIGN, initiative_id=key, reason="merged"
            )
            facts += [InitiativeMerged(**gone.model_dump()), left]
        facts.append(signal(f"s{n}", region=chance.choice(("PV26", "GM0363", "NL"))))
    return facts


async def everything(room: Room) -> dict[str, Any]:
    return {subject: await counted(room, subject) for subject in ("register", "signals", CAMPAIGN)}


async def heard_in_batches(room: Room, facts: Sequence[Event], size: int) -> None:
    for start in range(0, len(facts), size):
        report = await room.hear(*facts[start : start + size])
        assert {outcome for _, outcome in report.counts} == {"done"}


async def test_the_order_of_facts_and_their_repetition_change_nothing(room_of: RoomOf) -> None:
    """Shuffled, doubled and in batches of another size, the same facts give the same figures, item for item."""
    facts = history()
    first = await room_of("reporting")
    await heard_in_batches(first, facts, 50)
    expected = await everything(first)
    assert sum(items.get("responded", 0) for items in expected[CAMPAIGN].values()) == 30
    for seed in (1, 2):
        room = await room_of("reporting")
        shuffled = [*facts, *facts[::3]]
        random.Random(seed).shuffle(shuffled)
        await heard_in_batches(room, shuffled, 23)
        assert await everything(room) == expected


def received(fact: E) -> Received[E]:
    return Received(fact, "id", "urn:burenbus:service:survey", None, NOW, NOW)


async def begun(room: Room, other: "asyncio.Task[None]") -> None:
    """Until it is done, or waits for somebody else."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    while not other.done() and not await room.database.pool.fetchval(waiting):  # noqa: ASYNC110 - the database has no event
        await asyncio.sleep(0)


async def test_two_replicas_at_once_count_right(room_of: RoomOf) -> None:
    """A response that comes in while its initiative is being moved by another replica waits, and counts where it is then."""
    room = await room_of("reporting")
    await room.hear(opened(), initiative("a"))

    async def other_replica() -> None:
        async with room.tx() as tx:
            await handlers.count_responses([received(responded("a"))], tx)

    async with room.tx() as tx:
        await handlers.remember_initiatives([received(changed("a", 2, municipality="GM0363"))], tx)
        other = asyncio.create_task(other_replica())
        await begun(room, other)
    await other
    assert await counted(room) == {"PV27": {"responded": 1}}


async def test_batches_that_count_the_same_in_another_order_do_not_wait_for_each_other(room_of: RoomOf) -> None:
    """Of initiatives and then of responses, and the other way round: one is finished before the other begins, and neither is
    the victim of a deadlock."""
    room = await room_of("reporting")
    await room.hear(opened(), initiative("a"), initiative("b"))

    async def other_batch() -> None:
        async with room.tx() as tx:
            await handlers.count_responses([received(responded("b"))], tx)
            await handlers.remember_initiatives([received(changed("b", 2, kind="anders"))], tx)

    async with room.tx() as tx:
        await handlers.remember_initiatives([received(changed("a", 2, kind="anders"))], tx)
        other = asyncio.create_task(other_batch())
        await begun(room, other)
        await handlers.count_responses([received(responded("a"))], tx)
    await other
    assert await counted(room) == {"PV26": {"responded": 2}}
    assert (await counted(room, "register"))["GM0344"]["kind=anders"] == 2


async def test_counting_again_finds_a_number_that_is_wrong(room_of: RoomOf) -> None:
    """The check is no rubber stamp: change one number and it is named."""
    room = await room_of("reporting")
    await room.hear(initiative("a"), opened(), responded("a"))
    async with room.tx() as tx:
        await tx.execute("UPDATE heard.tally SET n = 2 WHERE item = 'responded'")
        [wrong] = await tally.differences(tx)
        assert wrong == tally.Difference(CAMPAIGN, "PV26", "responded", 2, 1)
        await tx.execute("UPDATE heard.tally SET n = 1 WHERE item = 'responded'")
