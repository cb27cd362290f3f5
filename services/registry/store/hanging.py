"""On which claim hangs what an initiative said in a response: its own words and its permissions alike."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from services.registry.domain.claims import ClaimKey
from shared.transaction import Tx

Table = Literal["own_statement", "own_consent"]


@dataclass(frozen=True, slots=True)
class Place:
    """A claim, and the initiative that has it now."""

    key: ClaimKey
    initiative_id: str


async def places(tx: Tx, table: Table, response_ids: Collection[str]) -> dict[str, Place]:
    """Where what was said in these responses hangs, of those that were heard before."""
    rows = await tx.fetch(
        f"""
        SELECT DISTINCT response_id, partner, external_id, initiative_id
        FROM {table} JOIN claim USING (partner, external_id) WHERE response_id = ANY($1::text[])
        """,  # noqa: S608 - one of two names of ours
        sorted(response_ids),
    )
    return {r["response_id"]: Place((r["partner"], r["external_id"]), str(r["initiative_id"])) for r in rows}


async def uncover(tx: Tx, table: Table, response_ids: Collection[str]) -> set[ClaimKey]:
    """These responses have moved, or say something else: what they covered counts by itself again. Gives on which claims."""
    rows = await tx.fetch(
        f"UPDATE {table} SET covered_by = NULL WHERE covered_by = ANY($1::text[]) RETURNING partner, external_id",  # noqa: S608
        sorted(response_ids),
    )
    return {(r["partner"], r["external_id"]) for r in rows}
