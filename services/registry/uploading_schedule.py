"""Time passes for what partners do on their pages: sheets are sent, finished and forgotten."""

from datetime import timedelta

from services.registry.actions import uploading
from services.registry.gateway import Publisher
from services.registry.store import wrong_tokens
from shared.schedule import every
from shared.transaction import Tx

WRONG_TOKENS_KEPT = timedelta(hours=1)


@every(seconds=1)
async def send_uploads(tx: Tx, *, publisher: Publisher) -> None:
    """What a person confirmed is sent, a part at a time, by whichever replica is free."""
    await uploading.send_some(tx, publisher)


@every(seconds=5)
async def finish_uploads(tx: Tx) -> None:
    """A sheet of which every row was answered is done."""
    await uploading.finish_one(tx)


@every(seconds=600)
async def forget_uploads(tx: Tx) -> None:
    """Personal data stays no longer than it is of use."""
    await uploading.forget_old(tx)
    await wrong_tokens.forget(tx, tx.now - WRONG_TOKENS_KEPT)
