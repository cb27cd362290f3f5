"""Taking on partners: what is refused, and what belongs to whom."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from services.registry.actions import boarding
from services.registry.actions.boarding import Boarding, CannotBoard
from services.registry.store import partners
from services.registry.store.partners import SourceTaken
from shared.events.registry import (
    PartnerBoarded,
    PartnerChanged,
    PartnerState,
    PartnerSuspended,
)
from tests.room import Room

from .build import facts, report

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


async def board(room: Room, **changes):
    said = {
        "title": "Buurtkracht",
        "sources": ["urn:burenbus:partner:buurtkracht"],
        "regions": ["PV26"],
        "contact_mail": "post@buurtkracht.example",
    }
    async with room.tx() as tx:
        return await boarding.board(tx, "buurtkracht", **{**said, **changes})


async def test_boarding(room_of):
    """A partner that is taken on is said, may speak at once, and is not said again while nothing changes."""
    room = await room_of("registry")
    await board(room)
    await board(room)
    [fact] = await facts(room, PartnerBoarded)
    assert (fact.partner, fact.version, fact.sources) == ("buurtkracht", 1, ("urn:burenbus:partner:buurtkracht",))
    assert (await room.take("buurtkracht", report("b1"))).outcome == "new"
    await board(room, title="Buurtkracht Utrecht")
    [changed] = await facts(room, PartnerChanged)
    assert (changed.version, changed.title) == (2, "Buurtkracht Utrecht")


async def test_what_is_not_said_of_a_partner_stays(room_of):
    """Of a known partner only what is given changes; an empty mail address takes the address away."""
    room = await room_of("registry")
    await board(room)
    async with room.tx() as tx:
        done = await boarding.board(tx, "buurtkracht", title="Buurtkracht Utrecht", sandbox=True)
    assert done.was is not None
    assert done.now == replace(done.was, version=2, title="Buurtkracht Utrecht", sandbox=True)
    async with room.tx() as tx:
        again = await boarding.board(tx, "buurtkracht")
        assert again.was == again.now == done.now
        without = (await boarding.board(tx, "buurtkracht", contact_mail="")).now
        assert (without.contact_mail, without.regions) == (None, ("PV26",))
        assert await partners.find(tx, "buurtkracht") == without


async def test_all_faults_of_a_partner_are_named_together(room_of):
    """Whoever takes on a partner hears at once everything that is wrong, in Dutch, and nothing is kept."""
    room = await room_of("registry")
    with pytest.raises(boarding.CannotBoard) as refused:
        async with room.tx() as tx:
            await boarding.board(tx, "P 4", title="", sources=["x"], regions=["PV99", "XX"], contact_mail="nietgoed")
    for fault in ("'P 4'", "'' is geen titel", "'x' is geen bron", "'PV99'", "'XX'", "'nietgoed' is geen mailadres"):
        assert fault in str(refused.value)
    with pytest.raises(boarding.CannotBoard, match="Geef een titel"):
        async with room.tx() as tx:
            await boarding.board(tx, "p4")
    async with room.tx() as tx:
        assert await partners.find(tx, "p4") is None


async def test_suspended_and_back(room_of):
    """A suspended partner is refused with that reason, until it goes on."""
    room = await room_of("registry")
    await board(room)
    async with room.tx() as tx:
        await boarding.set_status(tx, "buurtkracht", "suspended")
    assert [f.status for f in await facts(room, PartnerSuspended)] == ["suspended"]
    async with room.tx() as tx:
        assert await partners.inactive(tx) == {"buurtkracht"}
        await boarding.set_status(tx, "buurtkracht", "active")
    assert (await facts(room, PartnerChanged))[-1].status == "active"


async def test_a_source_belongs_to_one_partner(room_of):
    """Nobody can be taken on with another partner's source, a wrong name, or a region that is none."""
    room = await room_of("registry")
    await board(room)
    for name, source, region in (
        ("tweede", "urn:burenbus:partner:buurtkracht", "PV26"),
        ("Twee de", "urn:burenbus:partner:tweede", "PV26"),
        ("tweede", "https://tweede.example", "PV26"),
        ("tweede", "urn:burenbus:partner:tweede", "PV99"),
    ):
        with pytest.raises((boarding.CannotBoard, partners.SourceTaken)):
            async with room.tx() as tx:
                await boarding.board(tx, name, title="T", sources=[source], regions=[region], contact_mail=None)
    assert [f.partner for f in await facts(room, PartnerBoarded)] == ["buurtkracht"]


async def test_who_leaves_the_sandbox_joins(room_of):
    """Staff hear of a partner when it begins to count, not when it tries out: that is said as joining."""
    room = await room_of("registry")
    async with room.tx() as tx:
        await boarding.board(tx, "proef", title="Proef", sandbox=True)
        await boarding.set_sandbox(tx, "proef", sandbox=False)
        await boarding.set_sandbox(tx, "proef", sandbox=True)
    said = [f for f in await room.said(PartnerState) if f.partner == "proef"]
    assert [(type(f), f.sandbox) for f in said] == [
        (PartnerBoarded, True),
        (PartnerBoarded, False),
        (PartnerChanged, True),
    ]
