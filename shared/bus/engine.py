"""From events to outcomes: one batch is one transaction. Knows the database and the reactions, not the broker.

Every event that goes in has one outcome when `process` returns: done, duplicate, refused, waiting or set aside. What does
not return is the world being away (the errors of `db.WORLD_AWAY`): then nothing has happened, and the batch is tried again.
"""

import asyncio
import hashlib
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog

from shared import db, inbox
from shared.clock import Clock
from shared.events.base import Event, Received
from shared.events.envelope import Arrived, Faulty
from shared.events.problems import Problem, problem
from shared.inbox import Key, Outcome
from shared.logs import get_logger
from shared.telemetry import Telemetry
from shared.transaction import Accepted, Database, Refused, Tx, Verdict, Waits

from . import answers, keep
from .directory import PARTNER_FACTS, Directory, remember
from .reactions import Reaction

SERVICE_SOURCE = "urn:burenbus:service:"
AT_THE_DOOR = "partner"
"""The inbox's reaction for all that partners send: one taker, one reaction a type."""
MOST_ATTEMPTS = 2
"""A redelivered event is run alone at most so often; the next time it is set aside."""
ROW_OF_FAILURES = 10
"""So many failures for one cause with no success between are no event's fault: the queue pauses."""

_log = get_logger(__name__)


@dataclass(slots=True)
class Item:
    """One event on its way through the engine."""

    arrived: Arrived
    origin: str
    partner: str | None
    queue: str
    redelivered: bool = False
    waiting: keep.Waiting | None = None
    replayed: int | None = None
    reaction: Reaction | None = None

    @property
    def event(self) -> Received[Event] | Faulty:
        return self.arrived.event

    @property
    def taken_before(self) -> bool:
        """It stands in the inbox because it waited or was set aside, and is run again."""
        return self.waiting is not None or self.replayed is not None

    def key(self) -> Key | None:
        if self.event.id is None or self.event.source is None:
            return None
        return Key(self.reaction_name, self.origin, self.event.source, self.event.id)

    @property
    def label(self) -> str:
        """The reaction, for metrics and logs."""
        return self.reaction.name if self.reaction else "-"

    @property
    def reaction_name(self) -> str:
        if self.partner is not None:
            return AT_THE_DOOR
        return self.label


@dataclass(slots=True)
class Outcomes:
    """What became of the events of one transaction."""

    accepted: list[tuple[Item, Accepted]] = field(default_factory=list)
    waits: list[tuple[Item, Waits]] = field(default_factory=list)
    refused: list[tuple[Item, tuple[Problem, ...]]] = field(default_factory=list)
    duplicates: list[tuple[Item, Outcome]] = field(default_factory=list)
    conflicts: set[int] = field(default_factory=set)

    def add(self, item: Item, verdict: Verdict, now: datetime) -> None:
        if isinstance(verdict, Waits) and item.waiting is not None and now >= item.waiting.expires_at:
            verdict = Refused(verdict.problem)
        match verdict:
            case Accepted():
                self.accepted.append((item, verdict))
            case Waits():
                self.waits.append((item, verdict))
            case Refused():
                self.refused.append((item, verdict.problems))

    def to_mark(self) -> list[tuple[Key, Outcome]]:
        """What the inbox should say where it does not say `done` already."""
        marks: list[tuple[Key | None, Outcome]] = [(i.key(), "waiting") for i, _ in self.waits]
        marks += [(i.key(), "refused") for i, _ in self.refused if id(i) not in self.conflicts]
        marks += [(i.key(), "done") for i, _ in self.accepted if i.taken_before]
        return [(key, outcome) for key, outcome in marks if key is not None]

    def counts(self) -> Counter[tuple[str, str]]:
        """By (reaction, outcome); an event that goes on waiting is not counted again."""
        counts = Counter((i.label, "done") for i, _ in self.accepted)
        counts.update((i.label, "waiting") for i, _ in self.waits if i.waiting is None)
        counts.update((i.label, "refused") for i, _ in self.refused)
        counts.update((i.label, "duplicate") for i, _ in self.duplicates)
        return counts


@dataclass(slots=True)
class Streak:
    """Failures of one reaction in a row, for one cause."""

    cause: str = ""
    set_aside: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """What became of a batch: counts by (reaction, outcome), queues that should pause, and what was left for that."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    paused: set[str] = field(default_factory=set)
    unprocessed: list[Item] = field(default_factory=list)


class Engine:
    """Runs batches of events through a service's reactions."""

    def __init__(
        self,
        database: Database,
        reactions: Sequence[Reaction],
        *,
        clock: Clock,
        telemetry: Telemetry,
        handler_timeout_s: float = 30,
        waiting_s: float = 900,
    ) -> None:
        self.database, self.reactions, self.clock, self.telemetry = database, reactions, clock, telemetry
        self.directory = Directory(database)
        self._timeout_s, self._waiting_s = handler_timeout_s, waiting_s
        self._by_type = {kind.type: reaction for reaction in reactions for kind in reaction.types}
        self._order = {reaction.name: n for n, reaction in enumerate(reactions)}
        self._streaks: dict[str, Streak] = {}

    def reaction_to(self, item: Item) -> Reaction | None:
        """The reaction of this service to the event, if it has one."""
        event = item.event
        return None if isinstance(event, Faulty) else self._by_type.get(event.data.type)

    async def process(self, items: Sequence[Item]) -> Report:
        """Gives every event its outcome. Raises one of `db.WORLD_AWAY` if nothing could be done for now."""
        for item in items:
            item.reaction = self.reaction_to(item)
        suspects = await self._suspects(items)
        report = Report()
        await self._together([i for i in items if id(i) not in {id(s) for s in suspects}], report)
        for item in suspects:
            if item.queue in report.paused:
                report.unprocessed.append(item)
            elif await self._attempts(item) > MOST_ATTEMPTS:
                await self._set_aside(
                    item, "process-died", "its process died, or lost its connections, each time", report
                )
            else:
                await self._alone(item, report)
        for (reaction, outcome), n in report.counts.items():
            self.telemetry.count(reaction, outcome, n)
        return report

    async def _together(self, items: Sequence[Item], report: Report) -> None:
        if not items:
            return
        try:
            report.counts.update(await self._transaction(items))
            self._succeeded(items)
        except db.WORLD_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises: find out whose fault it is
            if len(items) == 1:
                await self._failed(items[0], error, report)
                return
            _log.info("batch failed, running it one by one", events=len(items), error=repr(error))
            for item in items:
                if item.queue in report.paused:
                    report.unprocessed.append(item)
                else:
                    await self._alone(item, report)

    # --- one transaction ------------------------------------------------------------------------------------------

    async def _transaction(self, items: Sequence[Item]) -> Counter[tuple[str, str]]:
        async with self.database.transaction() as tx:
            counts = await self._run(items, tx)
        if any(isinstance(i.event, Received) and isinstance(i.event.data, PARTNER_FACTS) for i in items):
            await self.directory.load()
        return counts

    async def _run(self, items: Sequence[Item], tx: Tx) -> Counter[tuple[str, str]]:
        done = Outcomes()
        good: list[Item] = []
        for item in await self._claim(items, tx, done):
            problems = await self._problems_at_the_door(item)
            if problems:
                done.refused.append((item, problems))
            else:
                good.append(item)
        for reaction, group in self._by_reaction(good):
            await self._react(reaction, group, tx)
            for item in group:
                done.add(item, tx.verdicts.get(id(item.event), Accepted()), tx.now)
        await self._write_down(tx, done)
        return done.counts()

    async def _claim(
        self,
        items: Sequence[Item],
        tx: Tx,
        done: Outcomes,
    ) -> list[Item]:
        """The items that are taken now: those not in the inbox yet, each once."""
        first: dict[Key, Item] = {}
        rest: list[tuple[Key, Item]] = []
        taken = [i for i in items if i.taken_before or i.key() is None]
        for item in items:
            key = item.key()
            if key is None or item.taken_before:
                continue
            if key in first:
                rest.append((key, item))
            else:
                first[key] = item
        seen = await inbox.claim(tx.connection, list(first), [i.arrived.sha256 for i in first.values()], tx.now)
        taken += [item for key, item in first.items() if key not in seen]
        for key, item in [*((k, i) for k, i in first.items() if k in seen), *rest]:
            before = seen.get(key)
            sha256 = before.sha256 if before else first[key].arrived.sha256
            if sha256 == item.arrived.sha256:
                done.duplicates.append((item, before.outcome if before else "done"))
            else:
                done.refused.append((item, (problem("same-id-other-body", "/id", value=item.event.id),)))
                done.conflicts.add(id(item))
        place = {id(item): n for n, item in enumerate(items)}
        return sorted(taken, key=lambda i: place[id(i)])

    async def _problems_at_the_door(self, item: Item) -> tuple[Problem, ...]:
        """Why this event can never succeed, whatever a handler would say: its form, its sender, its type."""
        event = item.event
        problems = list(event.problems) if isinstance(event, Faulty) else []
        if item.partner is not None:
            partner = await self.directory.find(item.partner)
            if partner is None:
                problems.append(problem("unknown-partner"))
            elif partner.status != "active":
                problems.append(problem("suspended"))
            elif event.source is not None and event.source not in partner.sources:
                problems.append(problem("another-identity", "/source", value=event.source))
        elif isinstance(event, Received) and not _says(event.source, event.data):
            problems.append(problem("another-identity", "/source", value=event.source))
        unheard = (
            isinstance(event, Received)
            and item.reaction is None
            and not isinstance(event.data, PARTNER_FACTS)
            and event.data.owner != self.database.service  # what it told a partner itself passes by with the answers
        )
        if unheard and not problems:
            problems.append(problem("unknown-type", "/type", value=event.data.wire_type()))  # type: ignore[union-attr]
        return tuple(problems)

    def _by_reaction(self, items: Iterable[Item]) -> list[tuple[Reaction | None, list[Item]]]:
        groups: dict[str, tuple[Reaction | None, list[Item]]] = {}
        for item in items:
            name = item.reaction.name if item.reaction else ""
            groups.setdefault(name, (item.reaction, []))[1].append(item)
        return [groups[name] for name in sorted(groups, key=lambda n: self._order.get(n, -1))]

    async def _react(self, reaction: Reaction | None, items: Sequence[Item], tx: Tx) -> None:
        events = [i.event for i in items if isinstance(i.event, Received)]
        for event in events:
            if isinstance(event.data, PARTNER_FACTS):
                await remember(tx, event.data)
        if reaction is None:
            return
        if reaction.batch:
            async with asyncio.timeout(self._timeout_s):
                await reaction.run(events, tx)
            return
        for event in events:
            tx.current, tx.written = event, False
            try:
                with structlog.contextvars.bound_contextvars(trace=trace_id(event.traceparent), event_id=event.id):
                    async with asyncio.timeout(self._timeout_s):
                        await reaction.run(event, tx)
            except (Refused, Waits) as verdict:
                if tx.written:
                    raise RuntimeError(f"{reaction.name} wrote before it refused") from verdict
                tx.verdicts[id(event)] = verdict
            finally:
                tx.current = None

    async def _write_down(self, tx: Tx, done: Outcomes) -> None:
        connection = tx.connection
        await inbox.mark(connection, done.to_mark())
        await keep.refused(connection, done.refused, tx.now)
        await keep.wait(connection, [(i, w) for i, w in done.waits if i.waiting is None], tx.now, self._waiting_s)
        await keep.wait_longer(connection, [i.waiting for i, _ in done.waits if i.waiting is not None], tx.now)
        settled = [i for i, _ in done.accepted] + [i for i, _ in done.refused]
        await keep.no_longer_waiting(connection, [i.waiting.id for i in settled if i.waiting is not None])
        replayed = settled + [i for i, _ in done.waits]
        await keep.drop_set_aside(connection, [i.replayed for i in replayed if i.replayed is not None])
        again = [i for i, outcome in done.duplicates if outcome == "refused" and i.partner]
        earlier = await keep.problems_of(connection, again)
        await answers.say(tx, self.directory, done.accepted, done.refused, done.duplicates, earlier)

    # --- when something fails ---------------------------------------------------------------------------------

    async def _alone(self, item: Item, report: Report) -> None:
        try:
            report.counts.update(await self._transaction([item]))
            self._succeeded([item])
            if item.redelivered:
                await keep.forget_attempts(self.database.pool, item.queue, item.arrived.sha256)
        except db.WORLD_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - it failed alone: the fault is ours, the event is kept
            await self._failed(item, error, report)

    async def _failed(self, item: Item, error: Exception, report: Report) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
        where = f" at {frame.name}:{frame.lineno}" if frame else ""
        cause = f"{type(error).__name__}{where}"
        _log.error("event set aside", reaction=item.reaction_name, event_id=item.event.id, cause=cause, exc_info=error)
        row = await self._set_aside(item, cause, "".join(traceback.format_exception(error))[-4000:], report)
        name = item.label
        streak = self._streaks.setdefault(name, Streak())
        if streak.cause != cause:
            streak.cause, streak.set_aside = cause, []
        streak.set_aside.append(row)
        if len(streak.set_aside) >= ROW_OF_FAILURES:
            report.paused.add(item.queue)
            await keep.mark_pausing(self.database.pool, streak.set_aside)

    def _succeeded(self, items: Sequence[Item]) -> None:
        for name in {i.reaction.name for i in items if i.reaction}:
            self._streaks.pop(name, None)

    async def _set_aside(self, item: Item, cause: str, detail: str, report: Report) -> int:
        async with self.database.transaction() as tx:
            key = item.key()
            if key and not item.taken_before:
                await inbox.claim(tx.connection, [key], [item.arrived.sha256], tx.now)
            if key:
                await inbox.mark(tx.connection, [(key, "set-aside")])
            row = await keep.set_aside(tx.connection, item, cause, detail, tx.now)
            if item.waiting is not None:
                await keep.no_longer_waiting(tx.connection, [item.waiting.id])
            if item.replayed is None:
                await answers.delay(tx, self.directory, item)
        report.counts[item.label, "set-aside"] += 1
        if item.redelivered:
            await keep.forget_attempts(self.database.pool, item.queue, item.arrived.sha256)
        return row

    async def bury(self, item: Item) -> None:
        """Sets aside an event that the broker gave up."""
        item.reaction = self.reaction_to(item)
        report = Report()
        await self._set_aside(item, "delivery-limit", "the broker delivered it too often", report)
        for (reaction, outcome), n in report.counts.items():
            self.telemetry.count(reaction, outcome, n)

    async def _suspects(self, items: Sequence[Item]) -> list[Item]:
        """Of redelivered events, those whose outcome was not committed: one of them may have killed the process."""
        again = [i for i in items if i.redelivered and not i.taken_before]
        if not again:
            return []
        keys = {id(i): k for i in again if (k := i.key())}
        async with self.database.pool.acquire() as connection:
            seen = await inbox.seen(connection, list(keys.values()))  # type: ignore[arg-type]
        return [i for i in again if keys.get(id(i)) not in seen]

    async def _attempts(self, item: Item) -> int:
        return await keep.count_attempt(self.database.pool, item.queue, item.arrived.sha256, self.clock())

    # --- what is run again ------------------------------------------------------------------------------------------

    async def retry_waiting(self, limit: int = 100) -> int:
        """Runs the waiting events whose turn it is; gives how many there were."""
        async with self.database.pool.acquire() as connection:
            due = await keep.due(connection, self.clock(), limit)  # type: ignore[arg-type]
        if due:
            items = [self._again(w.body, w.origin, w.partner, w.received_at, waiting=w) for w in due]
            await self.process(items)
        return len(due)

    async def replay(self, ids: Sequence[int]) -> Report:
        """Runs set-aside events again, through their own reaction alone."""
        async with self.database.pool.acquire() as connection:
            rows = await keep.set_aside_rows(connection, ids)  # type: ignore[arg-type]
        items = [
            replace(self._again(r.body, r.origin, r.partner, r.received_at, queue=r.queue), replayed=r.id) for r in rows
        ]
        return await self.process(items)

    def _again(
        self,
        body: bytes,
        origin: str,
        partner: str | None,
        received_at: Any,
        *,
        waiting: Any = None,
        queue: str = "waiting",
    ) -> Item:
        arrived = keep.read_again(body, partner=partner, received_at=received_at)
        return Item(replace(arrived, sha256=hashlib.sha256(body).digest()), origin, partner, queue, waiting=waiting)


def trace_id(traceparent: str | None) -> str | None:
    """The id that follows an event through all services."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == 4 else None


def _says(source: str, data: Event) -> bool:
    """Whether this source is the service that owns the fact; answers come from any taker."""
    if data.owner == "taker":
        return source.startswith(SERVICE_SOURCE)
    return source == SERVICE_SOURCE + data.owner
