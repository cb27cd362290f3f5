"""A partner leaves for good: its word no longer counts, what it did stays in the history."""

from dataclasses import dataclass, replace

from services.registry.actions import boarding, credentials, records
from services.registry.domain.golden import LEFT_NETWORK
from services.registry.store import candidates, claims, partners
from services.registry.store.partners import Partner
from shared.transaction import Tx


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a partner's leaving does to the register: claims that are withdrawn, and initiatives that end because of it."""

    claims: int
    closes: int


async def look_ahead(tx: Tx, name: str) -> tuple[Partner, Consequences | None]:
    """What would happen; None when the registry's part has happened before. Raises CannotBoard for an unknown name."""
    partner = await partners.find(tx, name)
    if partner is None:
        raise boarding.CannotBoard(f"Partner {name} bestaat niet.")
    if partner.status == "removed":
        return partner, None
    held, closes = await claims.only_known_by(tx, name, LEFT_NETWORK)
    return partner, Consequences(held, closes)


async def leave(tx: Tx, name: str) -> Partner:
    """Withdraws all that a partner claims, as if each initiative had left its network, and takes back its way in.

    An initiative that another partner lists too stays, and so does one that answered for itself; the others are closed.
    Its sources become free, and its contact's address is forgotten. Raises CannotBoard for one that is not aboard.
    """
    was = await boarding.aboard(tx, name)
    await credentials.take_back(tx, name)
    await claims.lock_grouping(tx)
    withdrawn = await claims.withdraw_all(tx, name, reason=LEFT_NETWORK)
    await candidates.drop(tx, sorted(withdrawn))
    await records.refresh(tx, set(withdrawn.values()))
    now = replace(was, version=was.version + 1, status="removed", sources=(), contact_mail=None)
    await boarding.put(tx, now)
    return now
