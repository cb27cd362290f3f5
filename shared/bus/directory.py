"""Who may speak: the partners as their facts tell, kept in every taker's database (`bus.partner`)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from shared import db
from shared.events.registry import PartnerState
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Partner:
    name: str
    sources: frozenset[str]
    status: Literal["active", "suspended", "removed"]
    sandbox: bool = False


async def remember(tx: Tx, state: PartnerState) -> None:
    """Keeps the newest state of a partner; an older fact changes nothing. Who waited for the partner can go on."""
    await tx.execute(
        """
        INSERT INTO bus.partner AS p (name, version, title, sources, regions, status, sandbox)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version, title = excluded.title, sources = excluded.sources,
            regions = excluded.regions, status = excluded.status, sandbox = excluded.sandbox
        WHERE p.version <= excluded.version
        """,
        state.partner,
        state.version,
        state.title,
        list(state.sources),
        list(state.regions),
        state.status,
        state.sandbox,
    )
    tx.arrived(waits_for(state.partner))


def waits_for(partner: str) -> str:
    """The key under which events wait for a partner to be heard of."""
    return f"partner:{partner}"


async def find(connection: db.Connection, names: Collection[str]) -> Mapping[str, Partner]:
    """Those of these partners that are known. Asked anew for each batch: another process may have changed them."""
    if not names:
        return {}
    rows = await connection.fetch(
        "SELECT name, sources, status, sandbox FROM bus.partner WHERE name = ANY($1::text[])", sorted(names)
    )
    return {r["name"]: Partner(r["name"], frozenset(r["sources"]), r["status"], r["sandbox"]) for r in rows}


def tries_out(known: Mapping[str, Partner], name: str | None) -> bool:
    """Whether what this partner sends is in the sandbox now."""
    partner = known.get(name or "")
    return partner is not None and partner.sandbox
