"""What the registry does as time passes."""

from services.registry import schedule

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
