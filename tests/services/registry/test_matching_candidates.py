"""The index of claims in the database: what finds what, and what is counted."""

import pytest

from deploy.bench.matching import MemoryIndex
from services.registry.domain.features import Features, features
from services.registry.store import candidates
from shared.events.partner import InitiativeReported
from tests.room import Room

Claim = tuple[str, str, Features]


def claim(partner: str, external_id: str, **data: object) -> Claim:
    return partner, external_id, features(InitiativeReported.model_validate({"externalId": external_id, **data}))


ULRUM = claim("omzien", "1", name="DörpsZörg Ulrum", place="Ulrum", contact={"phone": "0595 401234"})
ULRUM_TOO = claim("zorgnet", "a", name="Dorpszorg", postcode="9971", contact={"phone": "+31 595 401234"})
ZEIST = claim("omzien", "2", name="Austerlitz Zorgt", place="Austerlitz", municipality="Zeist")


@pytest.fixture
async def room(room_of):
    return await room_of("registry")


async def found(room: Room, *claims: Claim) -> dict[tuple[str, str], list[tuple[str, str]]]:
    async with room.tx() as tx:
        rows = await candidates.find(tx, claims)
    return {key: [(c.partner, c.external_id) for c in cs] for key, cs in rows.items()}


async def test_claims_of_one_batch_find_each_other(room):
    """Claims that are indexed together find each other, not themselves, and come back as they were put."""
    async with room.tx() as tx:
        await candidates.index(tx, [ULRUM, ULRUM_TOO, ZEIST])
    assert await found(room, ULRUM, ULRUM_TOO, ZEIST) == {
        ("omzien", "1"): [("zorgnet", "a")],
        ("zorgnet", "a"): [("omzien", "1")],
        ("omzien", "2"): [],
    }
    async with room.tx() as tx:
        [one] = (await candidates.find(tx, [ULRUM]))["omzien", "1"]
    assert one.features == ULRUM_TOO[2]


async def test_indexing_again_changes_nothing(room):
    """The same claim indexed twice is counted once, also within one batch."""
    async with room.tx() as tx:
        await candidates.index(tx, [ULRUM, ULRUM])
        await candidates.index(tx, [ULRUM])
        frequencies = await candidates.frequencies(tx, [ULRUM[2]])
    assert frequencies.total == 1
    assert {c.claims for c in frequencies.counts.values()} == {1}


async def test_a_changed_claim_is_found_by_what_it_says_now(room):
    """A change takes the old keys and counts out and puts the new ones in."""
    moved = claim("omzien", "1", name="Zorgzaam Bladel", place="Bladel")
    async with room.tx() as tx:
        await candidates.index(tx, [ULRUM, ULRUM_TOO])
        await candidates.index(tx, [moved])
        frequencies = await candidates.frequencies(tx, [ULRUM[2], moved[2]])
    assert await found(room, ULRUM_TOO, moved) == {("zorgnet", "a"): [], ("omzien", "1"): []}
    assert frequencies.counts["p:+31595401234"].claims == 1
    assert frequencies.counts["l:bladel"].claims == 1
    assert frequencies.counts["g:GM1966"].claims == 1
    assert "l:ulrum" not in frequencies.counts


async def test_nothing_of_a_dropped_claim_stays(room):
    """Dropping takes features, keys and counts out, so that what was erased is erased here too."""
    async with room.tx() as tx:
        await candidates.index(tx, [ULRUM, ZEIST])
        await candidates.drop(tx, [("omzien", "1"), ("omzien", "2"), ("omzien", "unknown")])
    for table in ("match_claim", "match_key", "match_value"):
        assert await room.fetch(f"SELECT count(*) FROM {table}") == [{"count": 0}]


async def test_a_key_that_many_share_is_not_followed(room):
    """A telephone number of a whole province finds nobody, however rare the rest; a rarer key beside it still does."""
    phone = {"phone": "030 1234567"}
    many = [claim("omzien", str(n), name=f"Naam{n:03d} Zorgt", contact=phone) for n in range(candidates.KEY_LIMIT)]
    extra = claim("zorgnet", "x", name="Naam007 Zorgt", contact=phone)
    async with room.tx() as tx:
        await candidates.index(tx, many)
    assert len((await found(room, many[0]))["omzien", "0"]) == candidates.CANDIDATES
    async with room.tx() as tx:
        await candidates.index(tx, [extra])
    assert await found(room, extra) == {("zorgnet", "x"): [("omzien", "7")]}


async def test_a_key_that_many_share_is_written_down_no_longer(room):
    """Once a key has too many holders it finds nobody and takes no rows, whoever joins or leaves; other keys go on as they were."""
    phone = {"phone": "030 1234567"}
    many = [claim("omzien", str(n), name=f"Naam{n:03d} Zorgt", contact=phone) for n in range(candidates.KEY_LIMIT + 1)]
    extra = claim("zorgnet", "x", name="Naam007 Zorgt", contact=phone)
    [key] = candidates.hashed(["p:+31301234567"])
    async with room.tx() as tx:
        await candidates.index(tx, many)
        await candidates.find(tx, many)
    async with room.tx() as tx:
        await candidates.drop(tx, [(partner, id_) for partner, id_, _ in many if id_ != "7"])
        await candidates.index(tx, [extra])
    assert await found(room, extra) == {("zorgnet", "x"): [("omzien", "7")]}
    assert await room.fetch("SELECT count(*) FROM match_wide WHERE key = $1", key) == [{"count": 1}]
    assert await room.fetch("SELECT count(*) FROM match_key WHERE key = $1", key) == [{"count": 0}]


async def test_values_are_counted_per_partner(room):
    """Frequencies tell how many claims hold a value, and how many of the partner that holds it most."""
    zorg = [
        claim("omzien", str(n), name=f"Zorg {word}") for n, word in enumerate(("aan huis", "om de hoek", "dichtbij"))
    ]
    async with room.tx() as tx:
        await candidates.index(tx, [*zorg, claim("zorgnet", "1", name="Zorg samen")])
        frequencies = await candidates.frequencies(tx, [zorg[0][2]])
    assert frequencies.total == 4
    assert (frequencies.counts["t:zorg"].claims, frequencies.counts["t:zorg"].one_partner) == (4, 3)


async def test_the_memory_index_of_the_benchmark_finds_the_same(room):
    """The benchmark's index in memory finds and counts what the database does, so that its scores are the registry's."""
    names = (
        "Zorgzaam Ulrum",
        "Ulrum zorgzaam",
        "Dorpszorg Ulrum",
        "Dörpszörg Oelrom",
        "Buurthulp Zeist",
        "Zeister Buurthulp",
    )
    claims = [
        claim("omzien", str(n), name=name, place="Ulrum" if "l" in name else "Zeist") for n, name in enumerate(names)
    ]
    memory = MemoryIndex()
    for partner, external_id, one in claims:
        memory.index((partner, external_id), one)
    async with room.tx() as tx:
        await candidates.index(tx, claims)
        frequencies = await candidates.frequencies(tx, [one for _, _, one in claims])
    in_database = await found(room, *claims)
    assert {key: set(others) for key, others in in_database.items()} == {
        (p, e): set(memory.find((p, e))) for p, e, _ in claims
    }
    assert frequencies == memory.frequencies([one for _, _, one in claims])
