"""Time passes in the registry."""

from datetime import timedelta

from services.registry.actions import watching
from services.registry.domain.features import features
from services.registry.store import candidates, claims, history
from shared.schedule import every
from shared.transaction import Tx

BATCH = 500
MOST_FORGOTTEN = 5_000
"""Answers of one partner, each time."""
UNDERWAY_DAYS = 30
"""As long as the platform remembers events."""


@every(seconds=10)
async def renew_comparing_forms(tx: Tx) -> None:
    """After an upgrade of the rules of comparing, every claim gets its form and keys anew, some at a time."""
    if await candidates.any_outdated(tx):
        await claims.lock_grouping(tx)
        said = await claims.reports(tx, await candidates.outdated(tx, BATCH))
        await candidates.index(tx, [(*key, features(report)) for key, report in sorted(said.items())])


@every(seconds=60)
async def tell_gaps(tx: Tx) -> None:
    """What is missing in the numbers of a source is told, and that it has come in after all."""
    await watching.tell_gaps(tx, BATCH)


@every(seconds=1800)
async def notice_silence(tx: Tx) -> None:
    """A partner that has been quiet for much longer than usual is noticed."""
    await watching.notice_silence(tx)


@every(seconds=600)
async def close_days(tx: Tx) -> None:
    """Yesterday is told to each partner's person, if it leaves anything to say."""
    await watching.close_days(tx, BATCH)


@every(seconds=3600)
async def forget_unanswered(tx: Tx) -> None:
    """What was published so long ago and never answered lies in no queue any more: its partner left, or a queue was emptied."""
    await history.forget_underway(tx, tx.now - timedelta(days=UNDERWAY_DAYS))


@every(seconds=600)
async def forget_history(tx: Tx, *, history_days: int) -> None:
    """What became of an event can be asked for so many days, and not for ever."""
    await history.forget(tx, tx.now - timedelta(days=history_days), MOST_FORGOTTEN)
