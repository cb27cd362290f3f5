"""One batch in one transaction: claim, judge at the door, run the reactions, write down what became of each event."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from shared import inbox
from shared.events.base import Event, Received
from shared.events.problems import OF_MEMORY, problem
from shared.events.registry import PartnerState
from shared.events.tracing import trace_id
from shared.inbox import Key
from shared.transaction import Accepted, Refused, Tx, Verdict, Waits

from . import answers, directory, door, keep
from .item import Item, Outcomes
from .reactions import Reaction


class FinishedElsewhere(Exception):
    """Another replica has finished these, which waited or were set aside, while we ran them: ours must not count."""

    def __init__(self, items: Collection[Item]) -> None:
        super().__init__(f"{len(items)} events")
        self.items = items


class HandlerFailed(Exception):
    """A handler took too long, or met an error of the operating system that is not the database's."""


@dataclass(frozen=True)
class Limits:
    """How long a handler may take, and how long an event waits before it is refused; in seconds."""

    handler_s: float = 30
    waiting_s: float = 900


async def run(items: Sequence[Item], tx: Tx, limits: Limits) -> Outcomes:
    """Gives each event its outcome within `tx`. Raises what a handler raises."""
    done = Outcomes()
    for item in items:
        await _remember_partner(item, tx)
    known = await directory.find(tx.connection, {i.partner for i in items if i.partner})
    for item in items:
        if item.replayed is None:  # what was set aside stays what it was
            item.sandbox = directory.tries_out(known, item.partner)
    taken = await _claim(items, tx, done)
    good = []
    for item in taken:
        verdict = door.judge(item, known.get(item.partner or ""))
        if verdict is None:
            good.append(item)
        else:
            done.add(item, verdict, tx.now)
    for reaction, group in _by_reaction(good):
        if reaction is not None:
            await _react(reaction, _events(i for i in group if not i.sandbox), tx, limits.handler_s)
            await _try_out(reaction, _events(i for i in group if i.sandbox), tx, limits.handler_s)
            done.ran.add(reaction.name)
        for item in group:
            done.add(item, tx.verdicts.get(id(item.event), Accepted()), tx.now)
    await _write_down(tx, done, known, limits.waiting_s)
    return done


async def _claim(items: Sequence[Item], tx: Tx, done: Outcomes) -> list[Item]:
    """The items that are taken now: those not in the inbox yet, each once, in the order in which they came."""
    first: dict[Key, Item] = {}
    again: list[tuple[Key, Item]] = []
    for item in items:
        key = item.key()
        if key is None or item.taken_before:
            continue
        if key in first:
            again.append((key, item))
        else:
            first[key] = item
    seen = await inbox.claim(tx.connection, list(first), [i.arrived.sha256 for i in first.values()], tx.now)
    not_taken: set[Item] = set()
    for key, item in [*((k, first[k]) for k in seen), *again]:
        not_taken.add(item)
        before = seen.get(key)
        if item.arrived.sha256 != (before.sha256 if before else first[key].arrived.sha256):
            done.refused.append((item, (problem("same-id-other-body", "/id", value=item.event.id),)))
            done.conflicts.add(item)
        elif before:
            done.duplicates.append((item, before.outcome))
        else:
            done.twins.append((item, first[key]))
    return [item for item in items if item not in not_taken]


async def _remember_partner(item: Item, tx: Tx) -> None:
    event = item.received
    if event and item.partner is None and isinstance(event.data, PartnerState) and door.says(event.source, event.data):
        await directory.remember(tx, event.data)


def _by_reaction(items: Sequence[Item]) -> list[tuple[Reaction | None, list[Item]]]:
    """In the order in which the reactions were written: facts before what partners say."""
    groups: dict[Reaction | None, list[Item]] = {}
    for item in items:
        groups.setdefault(item.reaction, []).append(item)
    return sorted(groups.items(), key=lambda group: group[0].order if group[0] else -1)


def _events(items: Iterable[Item]) -> list[Received[Event]]:
    return [event for item in items if (event := item.received)]


async def _try_out(reaction: Reaction, events: Sequence[Received[Event]], tx: Tx, timeout_s: float) -> None:
    """Events of partners in the sandbox: the reaction runs as ever, so that the answers are the real ones, and all that
    it wrote and said is undone. What hangs on what the partner sent before cannot be judged, and is let through."""
    if not events:
        return
    trial = Tx(tx.connection, tx.now, tx.service)
    savepoint = tx.connection.transaction()
    await savepoint.start()
    try:
        await _react(reaction, events, trial, timeout_s)
    finally:
        await savepoint.rollback()
    for event in events:
        tx.verdicts[id(event)] = _without_memory(trial.verdicts.get(id(event), Accepted()))


def _without_memory(verdict: Verdict) -> Verdict:
    """The answer to one who tries out: without the id of what does not stay."""
    if isinstance(verdict, Refused) and not all(p.code in OF_MEMORY for p in verdict.problems):
        return verdict
    return replace(verdict, initiative_id=None) if isinstance(verdict, Accepted) else Accepted()


async def _react(reaction: Reaction, events: Sequence[Received[Event]], tx: Tx, timeout_s: float) -> None:
    if not events:
        return
    if reaction.batch:
        await _within_time(reaction, events, tx, timeout_s)
        return
    for event in events:
        tx.current, tx.written = event, False
        try:
            with structlog.contextvars.bound_contextvars(trace=trace_id(event.traceparent), event_id=event.id):
                await _within_time(reaction, event, tx, timeout_s)
        except (Refused, Waits) as verdict:
            if tx.written:
                raise RuntimeError(f"{reaction.name} wrote before it refused") from verdict
            tx.verdicts[id(event)] = verdict
        finally:
            tx.current = None


async def _within_time(
    reaction: Reaction, what: Received[Event] | Sequence[Received[Event]], tx: Tx, timeout_s: float
) -> None:
    try:
        async with asyncio.timeout(timeout_s) as limit:
            await reaction.run(what, tx)
    except ConnectionError:
        raise
    except OSError as error:  # TimeoutError is one
        why = f"took longer than {timeout_s:g} s" if limit.expired() else repr(error)
        raise HandlerFailed(f"{reaction.name}: {why}") from error


async def _write_down(tx: Tx, done: Outcomes, known: Mapping[str, directory.Partner], waiting_s: float) -> None:
    connection = tx.connection
    await inbox.mark(connection, done.to_mark())
    await keep.refused(connection, done.refused, tx.now)
    await keep.wait(connection, [(i, w) for i, w in done.waits if i.waiting is None], tx.now, waiting_s)
    await keep.wait_longer(connection, [i.waiting for i, _ in done.waits if i.waiting is not None], tx.now)
    settled = [i for i, _ in done.accepted] + [i for i, _ in done.refused]
    replayed = settled + [i for i, _ in done.waits]
    gone = await keep.no_longer_waiting(connection, [i for i in settled if i.waiting is not None])
    gone |= await keep.drop_set_aside(connection, [i for i in replayed if i.replayed is not None])
    if gone:
        raise FinishedElsewhere(gone)
    done.resolve_twins()
    refused_before = [i for i, outcome in done.duplicates if outcome == "refused" and i.partner]
    reasons = await keep.problems_of(connection, refused_before)
    await answers.say(tx, known, done, reasons)
