"""Every event that a partner publishes is answered, in the transaction in which its outcome is decided."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shared import outbox
from shared.events.answers import AboutEvent, Answer, EventAccepted, EventDelayed, EventRefused
from shared.events.envelope import Faulty
from shared.events.problems import Problem, problem
from shared.transaction import Accepted, Tx

from .item import Item, Outcomes

MOST_PROBLEMS_BYTES = 32 * 1024
"""An answer is an event, and keeps the limit of one (64 KB), whatever it answers."""


async def say(tx: Tx, known: Collection[str], done: Outcomes, reasons: Mapping[Item, tuple[Problem, ...]]) -> None:
    """Writes the answers of a batch into the outbox. A duplicate of a refused event is refused again, for the same
    reasons (`reasons`); one of an event that still waits or was set aside is answered as delayed."""
    answers: list[tuple[Item, Answer]] = [(i, _accepted(i, verdict, tx)) for i, verdict in done.accepted if i.partner]
    answers += [(i, _refused(i, problems, tx)) for i, problems in done.refused if i.partner]
    for item, outcome in done.duplicates:
        if not item.partner:
            continue
        if item in reasons:
            answers.append((item, _refused(item, reasons[item], tx)))
        elif outcome in ("waiting", "set-aside"):
            answers.append((item, EventDelayed(**_about(item, tx))))
        else:
            answers.append((item, EventAccepted(**_about(item, tx), outcome="duplicate", warnings=_remark(item))))
    await _write(tx, known, answers)


async def delay(tx: Tx, known: Collection[str], item: Item) -> None:
    """The fault is ours; the final answer follows."""
    if item.partner:
        await _write(tx, known, [(item, EventDelayed(**_about(item, tx)))])


async def refuse(tx: Tx, known: Collection[str], refused: Sequence[tuple[Item, tuple[Problem, ...]]]) -> None:
    """Answers events that were given up outside a batch."""
    await _write(tx, known, [(item, _refused(item, problems, tx)) for item, problems in refused])


async def _write(tx: Tx, known: Collection[str], answers: Sequence[tuple[Item, Answer]]) -> None:
    known_to_us = [(i, a) for i, a in answers if i.partner in known]
    if known_to_us:
        numbers = await outbox.next_answers(tx.connection, len(known_to_us))
        for (item, answer), sequence in zip(known_to_us, numbers, strict=True):
            assert item.partner
            tx.answer(item.partner, answer, traceparent=item.event.traceparent, sequence=sequence)


def _accepted(item: Item, verdict: Accepted, tx: Tx) -> EventAccepted:
    warned = {w.pointer for w in verdict.warnings}
    unknown = item.received.unknown if item.received else ()
    warnings = (
        *_remark(item),
        *verdict.warnings,
        *(problem("unknown-field", at) for at in unknown if at not in warned),
    )
    return EventAccepted(
        **_about(item, tx),
        outcome=verdict.outcome,
        initiative_id=verdict.initiative_id,
        warnings=within_limit(warnings),
    )


def _remark(item: Item) -> tuple[Problem, ...]:
    """Whoever tries out reads in every answer that nothing stays."""
    return (problem("sandbox"),) if item.sandbox else ()


def _refused(item: Item, problems: Sequence[Problem], tx: Tx) -> EventRefused:
    return EventRefused(**_about(item, tx), problems=within_limit(problems))


def within_limit(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """As many faults as an answer can hold; the last one says how many more there are."""
    size = 0
    for n, one in enumerate(problems):
        size += len(one.model_dump_json().encode())
        if size > MOST_PROBLEMS_BYTES:
            return (*problems[:n], problem("more", count=len(problems) - n))
    return tuple(problems)


def _about(item: Item, tx: Tx) -> dict[str, Any]:
    event = item.event
    found_by = event.found_by if isinstance(event, Faulty) else None
    about = AboutEvent(
        id=event.id if found_by is None else found_by.id,
        source=event.source,
        type=item.type,
        subject=item.subject,
        sequence=event.sequence,
        sha256=found_by.sha256 if found_by else None,
    )
    return {"partner": item.partner, "event": about, "received_at": item.received_at(tx.now)}
