"""Counting: what a row added before is taken out and what it is due now put in, in one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from shared.transaction import Tx

Source = Literal["initiative", "invitation", "response", "signal"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A number in the tally that is not what counting everything again gives."""

    subject: str
    region: str
    item: str
    tallied: int
    counted: int


async def recount(tx: Tx, source: Source, ids: Collection[str]) -> None:
    """Brings the tally up to date with these rows. The caller counts alone."""
    if not ids:
        return
    await tx.execute(
        """
        WITH new AS (
            SELECT source, id, subject, region, items FROM heard.due WHERE source = $1 AND id = ANY($2::text[])
        ), old AS (
            SELECT subject, region, items FROM heard.contribution WHERE source = $1 AND id = ANY($2::text[])
        ), saved AS (
            INSERT INTO heard.contribution AS held (source, id, subject, region, items)
            SELECT source, id, subject, region, items FROM new
            ON CONFLICT (source, id) DO UPDATE SET subject = excluded.subject, region = excluded.region,
                items = excluded.items
        ), change AS (
            SELECT subject, region, unnest(items) AS item, 1 AS d FROM new
            UNION ALL
            SELECT subject, region, unnest(items), -1 FROM old
        )
        INSERT INTO heard.tally AS t (subject, region, item, n)
        SELECT subject, region, item, sum(d) FROM change GROUP BY subject, region, item HAVING sum(d) <> 0
        ON CONFLICT (subject, region, item) DO UPDATE SET n = t.n + excluded.n
        """,
        source,
        list(ids),
    )


async def differences(tx: Tx) -> list[Difference]:
    """Counts everything again, from what was heard, and compares: none is what it should be."""
    rows = await tx.fetch(
        """
        SELECT subject, region, item, coalesce(t.n, 0) AS tallied, coalesce(c.n, 0) AS counted
        FROM (SELECT subject, region, item, n FROM heard.tally) AS t
        FULL JOIN (
            SELECT subject, region, item, count(*) AS n FROM heard.due, unnest(items) AS item GROUP BY subject, region, item
        ) AS c USING (subject, region, item)
        WHERE coalesce(t.n, 0) <> coalesce(c.n, 0)
        ORDER BY subject, region, item
        """
    )
    return [Difference(r["subject"], r["region"], r["item"], r["tallied"], r["counted"]) for r in rows]
