"""A sheet that a partner uploaded goes its way: confirmed by a person, sent a part at a time, finished when all is answered."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import groupby

from services.registry.gateway import BrokerAway, DoorFull, Publisher
from services.registry.store import history, upload_answers, uploads
from services.registry.store.history import Sent
from services.registry.store.uploads import ToSend, Upload
from shared.events.base import PREFIX
from shared.events.envelope import dump_event
from shared.sheets import envelopes, withdrawals
from shared.transaction import Tx

AT_ONCE = 1000
"""Events sent in one turn: a sheet of another partner gets the next."""
KEPT_UNCONFIRMED, KEPT = timedelta(days=1), timedelta(days=30)


async def confirm(tx: Tx, upload: Upload, withdrawn: Collection[str], reason: str | None) -> None:
    """Somebody wants it sent, and these initiatives, which are no longer in it, withdrawn. Confirmed again, nothing happens.

    Call with the upload locked. The events stand from here on: ids and bodies stay the same however often they are sent.
    """
    if upload.status != "read":
        return
    if withdrawn and reason:
        said = withdrawals(sorted(withdrawn), reason)
        made = envelopes(said, source=upload.source, run=upload.id, time=upload.uploaded_at)
        events = {w.external_id: (e["id"], dump_event(e)) for w, e in zip(said, made, strict=True)}
        await uploads.withdraw(tx, upload.id, events)
    await uploads.set_status(tx, upload.id, "sending")


async def send_some(tx: Tx, publisher: Publisher) -> None:
    """Sends a part of the sheet that waited longest. What the broker did not confirm is sent again later, and counts once."""
    upload = await uploads.next_turn(tx, "sending")
    if upload is None:
        return
    waiting = await uploads.unsent(tx, upload.id, AT_ONCE)
    for type_, group in groupby(waiting, key=lambda row: row.event_type):
        rows = list(group)
        try:
            await publisher.publish(upload.partner, [row.body for row in rows], type_)
        except DoorFull:
            await uploads.set_trouble(tx, upload.id, "full")
            return
        except BrokerAway:
            await uploads.set_trouble(tx, upload.id, "away")
            return
        await _sent(tx, upload, rows)
    if len(waiting) < AT_ONCE:
        await uploads.set_status(tx, upload.id, "sent")


async def _sent(tx: Tx, upload: Upload, rows: Sequence[ToSend]) -> None:
    """It stands in the partner's history from now on."""
    await uploads.mark_sent(tx, upload.id, [row.position for row in rows])
    out = [Sent(upload.source, row.event_id, PREFIX + row.event_type, row.external_id) for row in rows]
    await history.set_out(tx, upload.partner, out)


async def finish_one(tx: Tx) -> None:
    """Of a sheet of which all was answered, only the counts stay, the rows that were refused, and the remarks."""
    upload = await uploads.next_turn(tx, "sent")
    if upload is None:
        return
    became = await upload_answers.counts(tx, upload)
    if became.keys() & {upload_answers.UNSENT, upload_answers.UNANSWERED, "delayed"}:
        return
    seen = await uploads.outlooks(tx, upload.id)
    counts = Counter(became)
    counts.update({f"read-{outlook}": number for outlook, number in seen.items()})
    await upload_answers.keep_little(tx, upload)
    await uploads.set_status(tx, upload.id, "done", counts=dict(counts))


async def forget_old(tx: Tx) -> None:
    """Sheets hold personal data: what nobody confirmed goes after a day, everything after 30 days or with
    its partner."""
    await uploads.drop_old(tx, unconfirmed_before=tx.now - KEPT_UNCONFIRMED, before=tx.now - KEPT)
