"""Time passes in the registry."""

from services.registry.domain.features import features
from services.registry.store import candidates, claims
from shared.schedule import every
from shared.transaction import Tx

BATCH = 500


@every(seconds=10)
async def renew_comparing_forms(tx: Tx) -> None:
    """After an upgrade of the rules of comparing, every claim gets its form and keys anew, some at a time."""
    outdated = await candidates.outdated(tx, BATCH)
    if outdated:
        said = await claims.reports(tx, outdated)
        await candidates.index(tx, [(*key, features(report)) for key, report in sorted(said.items())])
