"""Every SQL statement of the survey."""

from shared.transaction import Tx

_ATTRIBUTION = 5_118_001
"""The advisory lock under which it is decided what counts for which initiative."""


async def lock_attribution(tx: Tx, *, change: bool) -> None:
    """Holds off merges and splits while responses are attributed (many at a time), or the reverse (`change`, alone)."""
    if change:
        await tx.execute("SELECT pg_advisory_xact_lock($1)", _ATTRIBUTION)
    else:
        await tx.execute("SELECT pg_advisory_xact_lock_shared($1)", _ATTRIBUTION)
