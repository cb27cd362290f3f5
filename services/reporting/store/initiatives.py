"""The initiatives that may be shown."""

from dataclasses import dataclass

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: words that must all occur, and a region, kind and theme. None is no matter."""

    words: tuple[str, ...] = ()
    region: str | None = None
    kind: str | None = None
    theme: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    id: str
    name: str
    kind: str | None
    place: str | None
    municipality: str | None
    leaf: str
    themes: list[str]
    activities: list[str]
    lat: float | None
    lon: float | None


async def find(tx: Tx, wanted: Wanted, *, limit: int, offset: int = 0) -> tuple[int, list[Listed]]:
    """How many there are, and those asked for, by name."""
    patterns = [f"%{word}%" for word in wanted.words]
    total = await tx.fetchval(
        """
        SELECT count(*) FROM heard.initiative
        WHERE listed AND sought LIKE ALL ($1::text[]) AND ($2::text IS NULL OR region = $2 OR leaf = $2)
            AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR $4 = ANY (themes))
        """,
        patterns,
        wanted.region,
        wanted.kind,
        wanted.theme,
    )
    rows = await tx.fetch(
        """
        SELECT id, name, kind, place, municipality, leaf, themes, activities, lat, lon FROM heard.initiative
        WHERE listed AND sought LIKE ALL ($1::text[]) AND ($2::text IS NULL OR region = $2 OR leaf = $2)
            AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR $4 = ANY (themes))
        ORDER BY sought, id LIMIT $5 OFFSET $6
        """,
        patterns,
        wanted.region,
        wanted.kind,
        wanted.theme,
        limit,
        offset,
    )
    return total, [Listed(**row) for row in rows]
