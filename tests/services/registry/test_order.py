"""Whatever the order in which claims arrive, in whatever batches, and however many replicas work: the registry is the same."""

import asyncio
import random
from datetime import timedelta

import pytest

from services.registry.actions import boarding
from shared.events.envelope import dump_event, write_event
from shared.events.partner import InitiativeReported
from shared.events.registry import InitiativeMerged, PossibleDuplicateFound
from tests.room import NOW, Room, source_of

from .build import facts, report

PLACES = ("Zeist", "Assen", "Goes", "Tiel", "Weert", "Edam", "Delft", "Meppel")
NAMES = ("Noaberhulp", "Lindehof", "De Brug", "Samenredzaam", "Wijkwijs", "Het Anker", "Buurtsaam", "De Linde")


def claims_of(number: int) -> list[tuple[str, InitiativeReported]]:
    """One initiative as three claims of two partners, under different spellings; the third lacks much."""
    place, name = PLACES[number], NAMES[number]
    own = {
        "place": place,
        "municipality": place,
        "postcode": None,
        "address": None,
        "website": f"https://{name.lower().replace(' ', '')}.example",
        "contact": {"phone": f"06 1234 56 {number}0", "email": f"post@initiatief{number}.example"},
    }
    return [
        ("omzien", report(f"o{number}", f"Stichting {name} {place}", **own)),
        ("zorgnet", report(f"z{number}", f"{name} {place}", **{**own, "website": None})),
        ("zorgnet", report(f"y{number}", f"{name.upper()} - {place}", **{**own, "kind": None})),
    ]


ALL = [(partner, data, n) for n, (partner, data) in enumerate(c for i in range(len(PLACES)) for c in claims_of(i))]


async def arrive(room: Room, order: list[tuple[str, InitiativeReported, int]], sizes: random.Random) -> None:
    """The claims in this order, in batches of any size over partners; each keeps the time at which it was said."""
    waiting = list(order)
    while waiting:
        size = sizes.randint(1, 8)
        batch, waiting = waiting[:size], waiting[size:]
        items = [item(room, partner, data, n) for partner, data, n in batch]
        await room.engine.process(items)


def item(room: Room, partner: str, data: InitiativeReported, n: int):
    time = NOW - timedelta(days=1) + timedelta(minutes=n)
    event = write_event(data, source=source_of(partner), time=time, id=f"e{n}")
    return room.item(dump_event(event), partner=partner, origin=partner)


async def picture(room: Room) -> list[tuple[object, ...]]:
    """The active initiatives without their ids and versions, and which of them are asked about."""
    rows = await room.fetch("SELECT id, state FROM initiative WHERE status = 'active'")
    return sorted(
        (
            sorted((c["partner"], c["externalId"]) for c in r["state"]["claims"]),
            sorted((k, str(v)) for k, v in r["state"].items() if k != "claims"),
        )
        for r in rows
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_order_any_batches(room_of, seed):
    """The same claims in another order and other batches give the same initiatives with the same golden records."""
    first, second = await room_of("registry"), await room_of("registry")
    chance = random.Random(seed)
    await arrive(first, ALL, chance)
    await arrive(second, chance.sample(ALL, len(ALL)), chance)
    assert await picture(first) == await picture(second)
    assert len(await picture(first)) == len(PLACES)


async def test_two_replicas_at_once(room_of):
    """Replicas that take claims about the same initiatives at the same moment do not register any of them twice."""
    room = await room_of("registry")
    groups = [[c for c in ALL if c[0] == partner] for partner in ("omzien", "zorgnet")]
    await asyncio.gather(*(room.engine.process([item(room, *c) for c in group]) for group in groups))
    rows = await room.fetch("SELECT count(*) AS n FROM initiative WHERE status = 'active'")
    assert rows[0]["n"] == len(PLACES)


async def test_a_third_claim_brings_two_together(room_of):
    """When a new claim shows that two initiatives are one, the younger goes into the older, whose id it resolves to."""
    room = await room_of("registry")
    bare = {"postcode": None, "address": None, "kind": None, "website": None}
    phone = {"contact": {"phone": "06 12345678"}}
    nowhere = {"place": None, "municipality": None}
    one = await room.take("omzien", report("o1", "De Lindehof", **bare, **phone, **nowhere))
    two = await room.take("zorgnet", report("z1", "De Lindehof", **bare, contact=None))
    assert one.initiative_id != two.initiative_id
    async with room.tx() as tx:
        await boarding.board(tx, "derde", title="Derde", sources=[source_of("derde")], regions=[], contact_mail=None)
    three = await room.take("derde", report("d1", "De Lindehof", **bare, **phone))
    [merged] = await facts(room, InitiativeMerged)
    assert [f.status for f in await facts(room, PossibleDuplicateFound)] in ([], ["open", "same"])
    assert (merged.initiative_id, merged.merged_into) == (two.initiative_id, one.initiative_id)
    assert three.initiative_id == one.initiative_id
