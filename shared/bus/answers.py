"""Every event that a partner publishes is answered, in the transaction in which its outcome is decided."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared import outbox
from shared.events.answers import AboutEvent, Answer, EventAccepted, EventDelayed, EventRefused
from shared.events.base import Received
from shared.events.problems import Problem
from shared.inbox import Outcome
from shared.transaction import Accepted, Tx

from . import keep
from .directory import Directory

if TYPE_CHECKING:
    from .engine import Item


async def say(
    tx: Tx,
    directory: Directory,
    accepted: Sequence[tuple["Item", Accepted]],
    refused: Sequence[tuple["Item", tuple[Problem, ...]]],
    duplicates: Sequence[tuple["Item", Outcome]],
    earlier: Mapping[int, tuple[Problem, ...]],
) -> None:
    """Writes the answers of a batch into the outbox. A duplicate of a refused event is refused again, with the same
    reasons; one of an event that still waits or was set aside is answered as delayed."""
    answers: list[tuple[Item, Answer]] = []
    for item, verdict in accepted:
        if item.partner:
            about = _about(item, tx)
            answer = EventAccepted(
                **about, outcome=verdict.outcome, initiative_id=verdict.initiative_id, warnings=verdict.warnings
            )
            answers.append((item, answer))
    for item, problems in refused:
        if item.partner:
            answers.append((item, EventRefused(**_about(item, tx), problems=problems)))
    for item, outcome in duplicates:
        if not item.partner:
            continue
        if problems := earlier.get(id(item), ()):
            answers.append((item, EventRefused(**_about(item, tx), problems=problems)))
        elif outcome in ("waiting", "set-aside"):
            answers.append((item, EventDelayed(**_about(item, tx))))
        else:
            answers.append((item, EventAccepted(**_about(item, tx), outcome="duplicate")))
    await _write(tx, directory, answers)


async def delay(tx: Tx, directory: Directory, item: "Item") -> None:
    """The fault is ours; the final answer follows."""
    if item.partner:
        await _write(tx, directory, [(item, EventDelayed(**_about(item, tx)))])


async def _write(tx: Tx, directory: Directory, answers: "Sequence[tuple[Item, Answer]]") -> None:
    known = [(i, a) for i, a in answers if i.partner and await directory.find(i.partner)]
    if known:
        numbers = await outbox.next_answers(tx.connection, len(known))
        for (item, answer), sequence in zip(known, numbers, strict=True):
            assert item.partner
            tx.answer(item.partner, answer, traceparent=item.event.traceparent, sequence=sequence)


def _about(item: "Item", tx: Tx) -> dict[str, Any]:
    event = item.event
    kind = event.data.wire_type() if isinstance(event, Received) else event.type
    received = event.received_at if isinstance(event, Received) else tx.now
    about = AboutEvent(id=event.id, source=event.source, type=kind, subject=keep.subject_of(item))
    return {"partner": item.partner, "event": about, "received_at": received}
