"""Taking on partners: what is refused, and what belongs to whom."""

import asyncio
from typing import Any

import pytest

from services.registry.actions import boarding
from services.registry.actions.boarding import Boarding, CannotBoard
from services.registry.store import partners
from services.registry.store.partners import SourceTaken
from tests.room import Room

KVK = "urn:nld:kvknr:12345678:systeem:crm"


async def _board(room: Room, name: str, **said: Any) -> Boarding:
    async with room.tx() as tx:
        return await boarding.board(tx, name, **said)


async def test_every_fault_is_told_at_once(room_of):
    """Those of form and those of what is another's; nothing is kept."""
    room = await room_of("registry")
    await _board(room, "omzien", title="Omzien", sources=[KVK])
    with pytest.raises(CannotBoard) as refused:
        await _board(
            room,
            "zorgnet",
            title="twee\nregels",
            sources=[KVK, "urn:burenbus:partner:omzien", "urn:nld:kvknr:1:systeem:x", KVK + "\n"],
            regions=["Utrecht", "GM9999"],
            contact_mail="zonder apenstaart",
        )
    told = str(refused.value)
    for fault in (
        "geen titel",
        f"{KVK} is al van omzien",
        "van zorgnet is urn:burenbus:partner:zorgnet",
        "'urn:nld:kvknr:1:systeem:x' is geen bron",
        r":crm\n' is geen bron",
        "PV26 (provincie Utrecht) of GM0344 (gemeente Utrecht)",
        "'GM9999' is geen regio",
        "geen mailadres",
    ):
        assert fault in told
    async with room.tx() as tx:
        assert await partners.find(tx, "zorgnet") is None


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "Omzien",
        "om zien",
        "om.zien",
        "omzien\n",
        "registry",
        "in",
        "x" * 31,
        "",
        "#",
        "*",
        "../zorgnet",
        "a/b",
        "%2e%2e",
    ],
)
async def test_a_name_that_is_no_routing_key_of_one_partner_is_refused(room_of, name):
    """A dot, a wildcard or one of our own names would give a partner what is another's."""
    with pytest.raises(CannotBoard, match="naam van een partner"):
        await _board(await room_of("registry"), name, title="Proef")


async def test_of_two_partners_at_once_only_one_gets_a_source(room_of):
    """The second waits for the first, and is refused when that one is kept."""
    room = await room_of("registry")
    async with room.tx() as tx:
        await boarding.board(tx, "omzien", title="Omzien", sources=[KVK])
        second = asyncio.create_task(_board(room, "zorgnet", title="Zorgnet", sources=[KVK]))
        await room.database.pool.fetchval("SELECT pg_sleep(0.2)")  # long enough to look before the first is kept
    with pytest.raises((SourceTaken, CannotBoard), match="omzien"):
        await second


async def test_trying_out_ends_and_begins_when_it_is_said(room_of):
    """Each turn is one fact; the same again is none."""
    room = await room_of("registry")
    await _board(room, "omzien", title="Omzien", sandbox=True)
    for wanted in (False, False, True):
        async with room.tx() as tx:
            done = await boarding.set_sandbox(tx, "omzien", sandbox=wanted)
        assert done.now.sandbox == wanted
    assert done.now.version == 3
