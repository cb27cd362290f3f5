"""The present state, said again to one service; and what of that comes past the registry itself."""

from services.registry.actions import restating
from shared.bus import topology
from shared.bus.consumer import PLATFORM
from shared.events.envelope import dump_event, write_event
from shared.events.partner import MatchAnswered
from shared.events.registry import (
    ContactChanged,
    InitiativeChanged,
    InitiativeMerged,
    InitiativeRegistered,
    PartnerChanged,
    PossibleDuplicateFound,
)

from .build import ASKING, report
from .test_boarding import board
from .test_decisions import ask, decide


async def test_restating(room_of):
    """The present state is said again to one service alone: partners, initiatives, open questions; contacts to notify only."""
    room = await room_of("registry", **ASKING)
    await board(room)
    fact = await ask(room)
    await decide(room, fact.match_id, "same")
    await room.take("omzien", report("c1", "Heel Anders", place="Goes", municipality="Goes", postcode=None))
    await room.clear()
    for to in ("reporting", "notify"):
        async with room.tx() as tx:
            await restating.restate(tx, to)
    said = await room.outbox()
    assert {s.exchange for s in said} == {"restate"}
    for to, contacts in (("reporting", False), ("notify", True)):
        kinds = [type(s.data) for s in said if s.routing_key.startswith(f"{to}.")]
        assert {InitiativeMerged, InitiativeChanged, PartnerChanged} <= set(kinds)
        assert (ContactChanged in kinds) is contacts
        assert InitiativeRegistered not in kinds


async def test_restating_an_open_question(room_of):
    """An open question is said again without asking the partners anew."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await room.clear()
    async with room.tx() as tx:
        await restating.restate(tx, "notify")
    [again] = [s for s in await room.outbox() if isinstance(s.data, PossibleDuplicateFound)]
    assert (again.exchange, again.data.match_id, again.data.version) == ("restate", fact.match_id, 1)
    await room.take("omzien", MatchAnswered(match_id=fact.match_id, answer="onzeker"))


async def test_what_partners_were_told_passes_by(room_of):
    """A question to a partner travels with the answers and so comes past the registry, to which it is no fault."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    envelope = write_event(fact, source="urn:burenbus:service:registry", time=room.clock())
    item = room.item(dump_event(envelope), partner=None, origin=PLATFORM)
    item.queue = topology.ANSWERS_QUEUE
    await room.engine.process([item])
    assert await room.fetch("SELECT problems FROM bus.refused") == []
