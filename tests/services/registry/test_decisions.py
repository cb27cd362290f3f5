"""Possible duplicates: asked, answered, decided, undone."""

import pytest

from services.registry.actions import decisions, records
from services.registry.store import claims, initiatives, matches
from shared.events.partner import MatchAnswered
from shared.events.registry import (
    InitiativeChanged,
    InitiativeMerged,
    InitiativeRegistered,
    InitiativeSplit,
    PossibleDuplicateFound,
)
from tests.room import Room

from .build import ASKING, at, elsewhere, facts, report

BARE = {"website": None, "contact": None, "address": None, "postcode": None}
"""Not enough to be sure."""


async def ask(room: Room) -> PossibleDuplicateFound:
    """Two claims of two partners that may be the same."""
    await room.take("omzien", report("a1", "Zorgzaam Voorbeelddorp", **BARE), time=at(7))
    await room.take("zorgnet", report("z1", "Voorbeelddorp Helpt", **BARE), time=at(7))
    found = await facts(room, PossibleDuplicateFound)
    assert found, "the room must have the settings ASKING"
    return found[0]


async def homes(room: Room) -> dict[str, str]:
    """The initiative of each claim."""
    rows = await room.fetch("SELECT external_id, initiative_id FROM claim ORDER BY external_id")
    return {r["external_id"]: str(r["initiative_id"]) for r in rows}


async def decide(room: Room, match_id: str, verdict: matches.Verdict, by: str = "els@nlzve.example") -> None:
    async with room.tx() as tx:
        await claims.lock_grouping(tx)
        match = await matches.find(tx, match_id)
        assert match is not None
        await decisions.decide(tx, match, verdict, by=by)


async def test_partners_are_asked_with_their_own_claims_alone(room_of):
    """A possible duplicate is a fact with both sides, and reaches each partner with its own numbers only."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    assert (fact.status, fact.version) == ("open", 1)
    assert {c.partner for s in (fact.one, fact.other) for c in s.claims} == {"omzien", "zorgnet"}
    for partner in ("omzien", "zorgnet"):
        [told] = [a for a in await room.answers(partner) if isinstance(a, PossibleDuplicateFound)]
        assert told.match_id == fact.match_id
        assert {c.partner for s in (told.one, told.other) for c in s.claims} == {partner}
        assert told.evidence


async def test_agreement_of_all_partners_joins(room_of):
    """When all partners asked say that it is the same, the two become one, under the id of the older."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    await room.take("omzien", MatchAnswered(match_id=fact.match_id, answer="zelfde"))
    assert not await facts(room, InitiativeMerged)
    await room.take("zorgnet", MatchAnswered(match_id=fact.match_id, answer="zelfde"))
    [merged] = await facts(room, InitiativeMerged)
    assert (merged.initiative_id, merged.merged_into) == (before["z1"], before["a1"])
    assert (await facts(room, InitiativeChanged))[-1].memberships == ("omzien", "zorgnet")
    settled = (await facts(room, PossibleDuplicateFound))[-1]
    assert (settled.match_id, settled.status, settled.version) == (fact.match_id, "same", 2)
    assert (await room.fetch("SELECT decided_by FROM match"))[0]["decided_by"] == "partners"


@pytest.mark.parametrize("match_id", ["0199d1f0-0000-7000-8000-000000000000", "geen-nummer"])
async def test_an_unknown_question_is_refused(room_of, match_id):
    """An answer to a question that never was is refused with that reason."""
    room = await room_of("registry")
    answer = await room.take("omzien", MatchAnswered(match_id=match_id, answer="zelfde"))
    assert [p.code for p in answer.problems] == ["unknown-match"]


async def test_another_partners_question_is_refused(room_of):
    """A partner answers only about initiatives on its own list."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await room.database.pool.execute("UPDATE match SET asked = '{zorgnet}'")
    answer = await room.take("omzien", MatchAnswered(match_id=fact.match_id, answer="zelfde"))
    assert [p.code for p in answer.problems] == ["not-your-match"]


async def test_different_is_remembered(room_of):
    """What people found to be different is never proposed again, nor joined, however alike the claims become."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await decide(room, fact.match_id, "different")
    await room.clear()
    await room.take("zorgnet", report("z1", "Zorgzaam Voorbeelddorp"), time=at(8))
    await room.take("omzien", report("a1", "Zorgzaam Voorbeelddorp"), time=at(8))
    assert await facts(room, PossibleDuplicateFound) == []
    assert len(set((await homes(room)).values())) == 2


async def test_same_survives_updates(room_of):
    """What people found to be the same stays together, and is not asked about, however different the claims become."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await decide(room, fact.match_id, "same")
    await room.clear()
    await room.take("zorgnet", elsewhere("z1"), time=at(9))
    assert len(set((await homes(room)).values())) == 1
    assert await facts(room, PossibleDuplicateFound) == []


async def test_a_claim_that_went_astray_is_asked_about_not_split(room_of):
    """A changed claim that no longer looks like the rest of its initiative stays until people have decided; then it leaves."""
    room = await room_of("registry")
    await room.take("omzien", report("a1"), time=at(7))
    await room.take("zorgnet", report("z1"), time=at(7))
    first = (await homes(room))["a1"]
    await room.take("zorgnet", elsewhere("z1"), time=at(8))
    assert len(set((await homes(room)).values())) == 1
    [fact] = await facts(room, PossibleDuplicateFound)
    assert fact.one.initiative_id == fact.other.initiative_id == first
    assert (fact.one.name, fact.other.name) == ("Stichting Zorgzaam Voorbeelddorp", "Buurthuiskamer De Ontmoeting")
    await decide(room, fact.match_id, "different")
    [split] = await facts(room, InitiativeSplit)
    assert (split.split_from, split.name, split.municipality) == (first, "Buurthuiskamer De Ontmoeting", "GM0014")
    assert (await facts(room, PossibleDuplicateFound))[-1].status == "different"


async def test_split_and_the_oldest_claim_keeps_the_id(room_of):
    """After a split the side with the oldest claim keeps the id; the other is new; matching leaves them apart; old ids resolve."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    await decide(room, fact.match_id, "same")
    async with room.tx() as tx:
        await claims.lock_grouping(tx)
        new = await decisions.split(tx, before["a1"], [("omzien", "a1")], by="els@nlzve.example")
    assert await homes(room) == {"a1": before["a1"], "z1": new}
    [split] = await facts(room, InitiativeSplit)
    assert (split.initiative_id, split.split_from, split.version) == (new, before["a1"], 1)
    assert [c.external_id for c in split.claims] == ["z1"]
    assert (await facts(room, InitiativeChanged))[-1].memberships == ("omzien",)
    async with room.tx() as tx:
        assert await initiatives.resolve(tx, [before["z1"]]) == {before["z1"]: before["a1"]}
    await room.take("zorgnet", report("z1", "Zorgzaam Voorbeelddorp"), time=at(9))
    assert len(set((await homes(room)).values())) == 2


async def test_different_can_be_undone(room_of):
    """Staff can join after all what was found to be different."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await decide(room, fact.match_id, "different")
    await decide(room, fact.match_id, "same")
    assert len(set((await homes(room)).values())) == 1
    assert [f.status for f in await facts(room, PossibleDuplicateFound)] == ["open", "different", "same"]


async def test_a_split_leaves_something_on_either_side(room_of):
    """Splitting off nothing, everything, or a claim of another initiative is not possible."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await decide(room, fact.match_id, "same")
    home = (await homes(room))["a1"]
    for keys in ([], [("omzien", "a1"), ("zorgnet", "z1")], [("omzien", "nope")]):
        with pytest.raises(decisions.CannotSplit):
            async with room.tx() as tx:
                await decisions.split(tx, home, keys, by="els@nlzve.example")


async def test_merged_ids_keep_resolving_through_a_second_merge(room_of):
    """What had gone into an initiative that itself goes into another resolves to the last, and that is said again."""
    room = await room_of("registry")
    for partner, hour in (("omzien", 6), ("zorgnet", 7)):
        await room.take_many(
            partner,
            [
                elsewhere(
                    f"{partner}{n}",
                    f"Naam {n}{partner}",
                    website=None,
                    contact=None,
                    address=None,
                    place=p,
                    municipality=p,
                    postcode=None,
                )
                for n, p in enumerate(("Assen", "Goes"))
            ],
            time=at(hour),
        )
    ids = list(dict.fromkeys((await homes(room)).values()))
    assert len(ids) == 4
    async with room.tx() as tx:
        await records.merge(tx, {ids[3]: ids[2]}, by="els@nlzve.example")
        await records.merge(tx, {ids[2]: ids[0]}, by="els@nlzve.example")
        await records.refresh(tx, [ids[0]])
    async with room.tx() as tx:
        assert await initiatives.resolve(tx, ids) == dict(zip(ids, [ids[0], ids[1], ids[0], ids[0]], strict=True))
    last = {f.initiative_id: (f.merged_into, f.version) for f in await facts(room, InitiativeMerged)}
    assert last == {ids[3]: (ids[0], 3), ids[2]: (ids[0], 2)}


async def test_every_decision_names_who_took_it(room_of):
    """Merges, differences and splits are written down with who did it and when."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await decide(room, fact.match_id, "same")
    async with room.tx() as tx:
        await decisions.split(tx, (await homes(room))["a1"], [("zorgnet", "z1")], by="jan@nlzve.example")
    rows = await room.fetch("SELECT action, by FROM judgement ORDER BY id")
    assert [(r["action"], r["by"]) for r in rows] == [("same", "els@nlzve.example"), ("split", "jan@nlzve.example")]


async def test_registered_once(room_of):
    """Asking about two initiatives leaves both registered as they are."""
    room = await room_of("registry", **ASKING)
    await ask(room)
    assert len(await facts(room, InitiativeRegistered)) == 2
