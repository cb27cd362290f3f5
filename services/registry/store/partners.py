"""Partners: who takes part, with which sources and regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner, as the registry keeps it."""

    name: str
    version: int
    title: str
    sources: tuple[str, ...]
    regions: tuple[str, ...]
    contact_mail: str | None
    status: str
    sandbox: bool
    boarded_at: datetime


@dataclass(frozen=True, slots=True)
class Listener:
    """A partner that takes part, as far as it matters for what it is told."""

    name: str
    regions: frozenset[str]
    sandbox: bool


class SourceTaken(Exception):
    """A source belongs to one partner, and this one is another's."""

    def __init__(self, source: str, partner: str) -> None:
        super().__init__(f"{source} already belongs to {partner}")
        self.source, self.partner = source, partner


async def find(tx: Tx, name: str) -> Partner | None:
    """One partner by name."""
    row = await tx.fetchrow(
        """
        SELECT name, version, title, regions, contact_mail, status, sandbox, boarded_at,
               array(SELECT source FROM partner_source WHERE partner = name ORDER BY source) AS sources
        FROM partner WHERE name = $1
        """,
        name,
    )
    return _partner(row) if row else None


async def everyone(tx: Tx) -> list[Partner]:
    """All partners, by name."""
    rows = await tx.fetch(
        """
        SELECT name, version, title, regions, contact_mail, status, sandbox, boarded_at,
               array(SELECT source FROM partner_source WHERE partner = name ORDER BY source) AS sources
        FROM partner ORDER BY name
        """
    )
    return [_partner(r) for r in rows]


async def lock(tx: Tx, name: str) -> None:
    """Whoever changes this partner waits here for whoever else does."""
    await tx.fetchval("SELECT pg_advisory_xact_lock(hashtextextended('partner:' || $1, 0))", name)


async def save(tx: Tx, partner: Partner) -> None:
    """A partner as it is now. Raises SourceTaken."""
    await tx.execute(
        """
        INSERT INTO partner (name, version, title, regions, contact_mail, status, sandbox, boarded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (name) DO UPDATE
        SET version = excluded.version, title = excluded.title, regions = excluded.regions,
            contact_mail = excluded.contact_mail, status = excluded.status, sandbox = excluded.sandbox,
            boarded_at = excluded.boarded_at
        """,
        partner.name,
        partner.version,
        partner.title,
        partner.regions,
        partner.contact_mail,
        partner.status,
        partner.sandbox,
        partner.boarded_at,
    )
    await _keep_sources(tx, partner.name, partner.sources)


async def owners(tx: Tx, sources: Sequence[str]) -> dict[str, str]:
    """Whose these sources are, of those that are somebody's."""
    rows = await tx.fetch(
        "SELECT source, partner FROM partner_source WHERE source = ANY($1::text[]) ORDER BY source", sources
    )
    return {r["source"]: r["partner"] for r in rows}


async def last_events(tx: Tx) -> dict[str, datetime]:
    """When the newest event came in, by partner; who never sent one is not in it."""
    rows = await tx.fetch(
        """
        SELECT name, (SELECT max(received_at) FROM answer WHERE answer.partner = partner.name) AS last
        FROM partner
        """
    )
    return {r["name"]: r["last"] for r in rows if r["last"]}


async def listeners(tx: Tx) -> list[Listener]:
    """The partners that take part, by name."""
    rows = await tx.fetch("SELECT name, regions, sandbox FROM partner WHERE status = 'active' ORDER BY name")
    return [Listener(r["name"], frozenset(r["regions"]), r["sandbox"]) for r in rows]


async def inactive(tx: Tx) -> frozenset[str]:
    """The partners that do not take part at present."""
    return frozenset(r["name"] for r in await tx.fetch("SELECT name FROM partner WHERE status <> 'active'"))


async def titles(tx: Tx) -> dict[str, str]:
    """What partners are called, by name."""
    return {r["name"]: r["title"] for r in await tx.fetch("SELECT name, title FROM partner")}


async def _keep_sources(tx: Tx, name: str, sources: Sequence[str]) -> None:
    await tx.execute("DELETE FROM partner_source WHERE partner = $1 AND NOT source = ANY($2::text[])", name, sources)
    rows = await tx.fetch(
        """
        INSERT INTO partner_source AS s (source, partner) SELECT unnest($2::text[]), $1
        ON CONFLICT (source) DO UPDATE SET partner = excluded.partner WHERE s.partner = excluded.partner
        RETURNING source
        """,
        name,
        sources,
    )
    kept = {r["source"] for r in rows}
    for source, owner in (await owners(tx, [s for s in sources if s not in kept])).items():
        raise SourceTaken(source, owner)


def _partner(r: asyncpg.Record) -> Partner:
    return Partner(
        r["name"],
        r["version"],
        r["title"],
        tuple(r["sources"]),
        tuple(r["regions"]),
        r["contact_mail"],
        r["status"],
        r["sandbox"],
        r["boarded_at"],
    )
