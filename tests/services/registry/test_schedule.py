"""What the registry does as time passes."""

from datetime import timedelta

from services.registry import schedule
from services.registry.store import history
from shared.events.answers import AboutEvent, EventDelayed

from .build import report


async def test_comparing_forms_are_renewed(room_of):
    """Claims whose comparing form is of older rules get it anew; the index then finds them as if they had just come."""
    room = await room_of("registry")
    await room.take("omzien", report("a1"))
    before = await room.fetch("SELECT rules, features, keys FROM match_claim")
    await room.database.pool.execute("DELETE FROM match_key")
    await room.database.pool.execute("UPDATE match_claim SET rules = -1, features = '{\"names\": []}', keys = '{}'")
    await room.run(schedule.renew_comparing_forms)
    assert await room.fetch("SELECT rules, features, keys FROM match_claim") == before
    assert len(await room.fetch("SELECT key FROM match_key")) == len(before[0]["keys"])


async def test_what_is_never_answered_is_forgotten_in_the_end(room_of):
    """After thirty days; what was sent yesterday is still underway."""
    room = await room_of("registry")
    async with room.tx() as tx:
        await history.set_out(tx, "omzien", [history.Sent("s", "old", "t", None)])
    room.clock.advance(timedelta(days=30, seconds=1))
    async with room.tx() as tx:
        await history.set_out(tx, "omzien", [history.Sent("s", "new", "t", None)])
    await room.run(schedule.forget_unanswered)
    async with room.tx() as tx:
        assert [one.event_id for one in await history.page(tx, "omzien", history.Wanted(), 10)] == ["new"]


async def test_what_was_answered_already_is_not_underway(room_of):
    """An answer may be heard before its event is written down; a duplicate has one from before."""
    room = await room_of("registry")
    about = AboutEvent(id="e1", source="s", type="t")
    await room.hear(EventDelayed(partner="omzien", event=about, received_at=room.clock()))
    async with room.tx() as tx:
        await history.set_out(tx, "omzien", [history.Sent("s", "e1", "t", None)])
        assert [one.outcome for one in await history.page(tx, "omzien", history.Wanted(), 10)] == ["delayed"]


async def test_history_goes_back_so_far_and_no_further(room_of):
    """After the days of the setting an answer is dropped; a partner's last one stays, however old, and another's too."""
    room = await room_of("registry", history_days=60)

    async def answered(partner: str, name: str) -> None:
        about = AboutEvent(id=name, source="s", type="t")
        await room.hear(EventDelayed(partner=partner, event=about, received_at=room.clock()))

    for partner, name in (("omzien", "old"), ("zorgnet", "only")):
        await answered(partner, name)
    room.clock.advance(timedelta(days=30))
    await answered("omzien", "new")
    await room.run(schedule.forget_history)
    assert len(await room.fetch("SELECT id FROM answer")) == 3
    room.clock.advance(timedelta(days=30, seconds=1))
    await room.run(schedule.forget_history)
    assert {r["event_id"] for r in await room.fetch("SELECT event_id FROM answer")} == {"new", "only"}
