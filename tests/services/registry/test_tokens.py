"""API tokens: who comes in with one, and until when."""

from datetime import timedelta

from services.registry.actions import boarding
from services.registry.store import tokens
from tests.room import Room


async def _aboard(room: Room, name: str = "omzien") -> str:
    async with room.tx() as tx:
        await boarding.board(tx, name, title="Omzien")
        return await tokens.issue(tx, name)


async def _owner(room: Room, token: str) -> tokens.TokenOwner | None:
    async with room.tx() as tx:
        return await tokens.owner_of(tx, token)


async def test_a_token_tells_whose_it_is(room_of):
    """It is known for one of ours by its prefix, and is a partner's with all that the door must know of that partner."""
    room = await room_of("registry")
    token = await _aboard(room)
    assert token.startswith("bb_")
    assert await _owner(room, token) == tokens.TokenOwner(
        "omzien", "Omzien", "active", False, ("urn:burenbus:partner:omzien",)
    )


async def test_what_is_not_a_token_opens_nothing(room_of):
    """Neither a wrong one, nor half of one, nor something that is not even text."""
    room = await room_of("registry")
    token = await _aboard(room)
    for wrong in ("", "bb_", token[:-1], token + "A", token.upper(), "\ud800", "bb_\x00"):
        assert await _owner(room, wrong) is None


async def test_only_the_hash_is_kept(room_of):
    """Who reads the database cannot come in with what stands there."""
    room = await room_of("registry")
    token = await _aboard(room)
    [row] = await room.fetch("SELECT t::text AS row FROM token AS t")
    assert token not in row["row"]
    assert token.encode().hex() not in row["row"]


async def test_a_token_ends_at_its_moment_and_the_new_one_goes_on(room_of):
    """Until that moment both work; from it on the old one opens nothing, and is forgotten."""
    room = await room_of("registry")
    old = await _aboard(room)
    async with room.tx() as tx:
        await tokens.end(tx, "omzien", tx.now + timedelta(days=7))
        new = await tokens.issue(tx, "omzien")
    room.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert await _owner(room, old)
    assert await _owner(room, new)
    room.clock.advance(timedelta(seconds=1))
    assert await _owner(room, old) is None
    assert await _owner(room, new)
    async with room.tx() as tx:
        assert await tokens.forget_expired(tx) == 1
        assert await tokens.forget_expired(tx) == 0
    assert await _owner(room, new)


async def test_an_earlier_end_is_not_put_off(room_of):
    """Rotating again never lengthens the life of what was to end already."""
    room = await room_of("registry")
    old = await _aboard(room)
    async with room.tx() as tx:
        await tokens.end(tx, "omzien", tx.now + timedelta(days=1))
        await tokens.end(tx, "omzien", tx.now + timedelta(days=30))
    room.clock.advance(timedelta(days=2))
    assert await _owner(room, old) is None


async def test_a_token_of_a_suspended_partner_says_so(room_of):
    """The door can tell it that it stands still, which is not the same as a wrong token."""
    room = await room_of("registry")
    token = await _aboard(room)
    async with room.tx() as tx:
        await boarding.set_status(tx, "omzien", "suspended")
    owner = await _owner(room, token)
    assert owner
    assert owner.status == "suspended"


async def test_tokens_taken_back_are_gone_at_once_and_only_that_partners(room_of):
    """Another partner's token goes on working."""
    room = await room_of("registry")
    token = await _aboard(room)
    other = await _aboard(room, "zorgnet")
    async with room.tx() as tx:
        await tokens.revoke(tx, "omzien")
    assert await _owner(room, token) is None
    assert await _owner(room, other)
