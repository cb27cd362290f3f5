"""Who may speak: the partners as their facts tell, kept in every service's database (`bus.partner`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.events.registry import PartnerBoarded, PartnerChanged, PartnerState, PartnerSuspended
from shared.transaction import Database, Tx

PARTNER_FACTS: tuple[type[PartnerState], ...] = (PartnerBoarded, PartnerChanged, PartnerSuspended)


@dataclass(frozen=True, slots=True)
class Partner:
    name: str
    sources: frozenset[str]
    status: str
    sandbox: bool


async def remember(tx: Tx, state: PartnerState) -> None:
    """Keeps the newest state of a partner; an older fact changes nothing."""
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


class Directory:
    """The partners in memory; read again after each fact about one, and when an unknown one speaks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._partners: Mapping[str, Partner] = {}

    async def load(self) -> Mapping[str, Partner]:
        rows = await self._database.pool.fetch("SELECT name, sources, status, sandbox FROM bus.partner")
        self._partners = {
            r["name"]: Partner(r["name"], frozenset(r["sources"]), r["status"], r["sandbox"]) for r in rows
        }
        return self._partners

    async def find(self, name: str) -> Partner | None:
        if name not in self._partners:
            await self.load()
        return self._partners.get(name)
