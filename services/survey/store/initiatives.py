"""The initiatives as their facts tell, and which initiative is meant by a claim or an id."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.events.registry import InitiativeState
from shared.transaction import Tx

Claim = tuple[str, str]
"""A partner and its own id of an initiative."""


class _Standing(NamedTuple):
    merged_into: str | None
    claims: frozenset[Claim]
    region: tuple[str | None, str | None]
    """Municipality and province."""

    @property
    def meant(self) -> tuple[str | None, frozenset[Claim]]:
        """Of what it depends which answers count for it."""
        return self.merged_into, self.claims


@dataclass(frozen=True, slots=True)
class Place:
    """An initiative and where it is."""

    id: str
    status: str
    name: str
    place: str | None
    pc4: str | None
    municipality: str | None
    province: str | None

    @property
    def closest_region(self) -> str | None:
        """The smallest region that is known, if any."""
        return self.municipality or self.province


@dataclass(frozen=True, slots=True)
class Remembered:
    """Ids of what was newer than what was kept. `moved`: their claims or merge have become others; `placed`: that, or their region."""

    newer: Sequence[str]
    moved: Sequence[str]
    placed: Sequence[str]


async def remember(tx: Tx, states: Collection[InitiativeState]) -> Remembered:
    """Keeps states that are newer than what is kept, and their claims. One state an id."""
    before = await _standing(tx, [s.initiative_id for s in states])
    rows = await tx.fetch(
        """
        INSERT INTO initiative AS i (id, version, status, merged_into, name, place, pc4, municipality, province)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::text[], $9::text[])
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, status = excluded.status,
            merged_into = excluded.merged_into, name = excluded.name, place = excluded.place, pc4 = excluded.pc4,
            municipality = excluded.municipality, province = excluded.province
        WHERE i.version < excluded.version
        RETURNING id
        """,
        *_columns(
            [
                (
                    s.initiative_id,
                    s.version,
                    s.status,
                    s.merged_into,
                    s.name,
                    s.place,
                    s.pc4,
                    s.municipality,
                    s.province,
                )
                for s in sorted(states, key=lambda s: s.initiative_id)
            ],
            9,
        ),
    )
    newer = {r["id"] for r in rows}
    now = {
        s.initiative_id: _Standing(
            s.merged_into, frozenset((c.partner, c.external_id) for c in s.claims), (s.municipality, s.province)
        )
        for s in states
        if s.initiative_id in newer
    }
    moved = sorted(i for i, s in now.items() if i not in before or before[i].meant != s.meant)
    placed = sorted(i for i, s in now.items() if before.get(i) != s)
    if moved:
        await tx.execute("DELETE FROM claim WHERE initiative_id = ANY($1::text[])", moved)
        claims = [(partner, external_id, i) for i in moved for partner, external_id in now[i].claims]
        await tx.execute(
            """
            INSERT INTO claim (partner, external_id, initiative_id)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
            """,
            *_columns(claims, 3),
        )
    return Remembered(sorted(newer), moved, placed)


async def _standing(tx: Tx, ids: Sequence[str]) -> dict[str, _Standing]:
    """Where these initiatives stand, as far as they are known."""
    found = await tx.fetch(
        "SELECT id, merged_into, municipality, province FROM initiative WHERE id = ANY($1::text[])", ids
    )
    claims: defaultdict[str, set[Claim]] = defaultdict(set)
    for row in await tx.fetch(
        "SELECT initiative_id, partner, external_id FROM claim WHERE initiative_id = ANY($1::text[])", ids
    ):
        claims[row["initiative_id"]].add((row["partner"], row["external_id"]))
    return {
        r["id"]: _Standing(r["merged_into"], frozenset(claims[r["id"]]), (r["municipality"], r["province"]))
        for r in found
    }


async def merged_into(tx: Tx, ids: Collection[str]) -> list[str]:
    """These initiatives and all that were merged into them, however many steps ago."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE found (id) AS (
            SELECT unnest($1::text[])
            UNION
            SELECT i.id FROM initiative i JOIN found f ON i.merged_into = f.id
        )
        SELECT id FROM found
        """,
        list(ids),
    )
    return [r["id"] for r in rows]


async def roots(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """Where each of these initiatives has gone by merges; itself when nowhere. Ids never heard of are left out."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE path (start, id, merged_into, steps) AS (
            SELECT i.id, i.id, i.merged_into, 0 FROM initiative i WHERE i.id = ANY($1::text[])
            UNION ALL
            SELECT p.start, i.id, i.merged_into, p.steps + 1
            FROM path p JOIN initiative i ON i.id = p.merged_into
            WHERE p.steps < 50
        )
        SELECT DISTINCT ON (start) start, id FROM path ORDER BY start, steps DESC
        """,
        sorted(set(ids)),
    )
    return {r["start"]: r["id"] for r in rows}


async def of_claims(tx: Tx, claims: Collection[Claim]) -> dict[Claim, str]:
    """The initiative that each claim belongs to; claims that nobody has spoken of are left out.

    Where two hold it (a split or merge of which not every fact has arrived), an active one is meant, and of those the
    youngest: after a split the claim has moved to the new one.
    """
    rows = await tx.fetch(
        """
        SELECT c.partner, c.external_id, c.initiative_id
        FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS w (partner, external_id)
        JOIN claim c USING (partner, external_id)
        JOIN initiative i ON i.id = c.initiative_id
        ORDER BY i.status = 'active', c.initiative_id
        """,
        *_columns(claims, 2),
    )
    holders = {(r["partner"], r["external_id"]): r["initiative_id"] for r in rows}  # the last one stands
    gone_to = await roots(tx, holders.values())
    return {claim: gone_to[holder] for claim, holder in holders.items()}


async def lock(tx: Tx, ids: Collection[str]) -> None:
    """Holds off others who count responses for these initiatives; in order, so that nobody waits in a circle."""
    await tx.fetch(
        "SELECT id FROM initiative WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE", sorted(set(ids))
    )


async def places(tx: Tx, ids: Collection[str]) -> Mapping[str, Place]:
    """What is kept of these initiatives."""
    rows = await tx.fetch(
        """
        SELECT id, status, name, place, pc4, municipality, province FROM initiative WHERE id = ANY($1::text[])
        """,
        sorted(set(ids)),
    )
    return {r["id"]: Place(*r.values()) for r in rows}


async def partner_titles(tx: Tx) -> dict[str, str]:
    """The partners that one can belong to, by name, with their name for people."""
    rows = await tx.fetch(
        "SELECT name, title FROM bus.partner WHERE status <> 'removed' AND NOT sandbox ORDER BY lower(title), name"
    )
    return {r["name"]: r["title"] for r in rows}


def _columns(rows: Collection[Sequence[Any]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
