"""From events to outcomes: one batch is one transaction. Knows the database and the reactions, not the broker.

Every event that goes in has one outcome when `process` returns: done, duplicate, refused, waiting or set aside, and its
item says that it is settled. What is not settled belongs to a queue that should pause. If the world is away (WorldAway),
what is not settled has not happened, and the same items can be given again.
"""

import contextlib
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shared import db, inbox, transaction
from shared.clock import Clock
from shared.events.base import Event
from shared.events.envelope import Faulty
from shared.events.operation import EventSetAside
from shared.events.tracing import trace_id
from shared.logs import get_logger
from shared.telemetry import Telemetry
from shared.transaction import Database, Tx

from . import answers, batch, dead, directory, door, keep
from .item import Item, Outcomes, Waiting
from .reactions import Reaction

__all__ = ["Engine", "Item", "Report"]

MOST_ATTEMPTS = 2
"""A redelivered event is tried at most so often: once with others that were redelivered, for after a lost connection there
may be thousands and all of them innocent; then alone. The next time it is set aside. Each try is committed before it is made."""
ROW_OF_FAILURES = 10
"""So many failures for one cause with no success between are no event's fault: the queue pauses."""
MOST_DETAIL = 4000
"""Characters of a traceback that are kept: its end."""

_HOUSE = str(Path(__file__).parents[2])
_log = get_logger(__name__)


@dataclass(slots=True)
class Streak:
    """Failures of one reaction in a row, for one cause."""

    cause: str = ""
    set_aside: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """What became of a batch: counts by (reaction, outcome), the reactions that came through, queues that should pause."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    ran: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)


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
        self._limits = batch.Limits(handler_timeout_s, waiting_s)
        self._by_type: dict[type[Event], Reaction] = {kind: r for r in reactions for kind in r.types}
        self._streaks: dict[str, Streak] = {}

    async def process(self, items: Sequence[Item]) -> Report:
        """Gives every event that is not settled its outcome. Raises WorldAway if that cannot be done for now."""
        report = Report()
        try:
            with db.world():
                await self._process([i for i in items if not i.settled], report)
        finally:
            self._count(report)
        return report

    async def _process(self, items: Sequence[Item], report: Report) -> None:
        for item in items:
            item.reaction = self._reaction_to(item)
        suspects = await self._suspects(items)
        self.telemetry.again("redelivered", len(suspects))
        await self._together([i for i in items if i not in suspects], report)
        tried = await keep.attempts(self.database.pool, suspects)
        fresh = [i for i in suspects if i not in tried and i.queue not in report.paused]
        await self._attempt(fresh, report)
        for item in suspects:
            if item not in tried or item.queue in report.paused:
                continue
            if tried[item] < MOST_ATTEMPTS:
                await self._attempt([item], report)
            else:
                died = "its process died, or lost its connections, each time"
                await self._set_aside(item, "process-died", died, report)

    def _reaction_to(self, item: Item) -> Reaction | None:
        if isinstance(item.event, Faulty) or door.passes_by(item, item.event.data):
            return None
        return self._by_type.get(type(item.event.data))

    async def _attempt(self, items: Sequence[Item], report: Report) -> None:
        """Writes down that these are tried, and runs them. If the database refuses, that was no attempt: it was there before and
        after, and whoever waits for a lock would be blamed for one that is kept."""
        await keep.count_attempts(self.database.pool, items, self.clock())
        try:
            await self._together(items, report)
        except Exception as error:
            if db.is_refusal(error):
                await keep.take_back_attempts(self.database.pool, [i for i in items if not i.settled])
            raise

    async def _together(self, items: Sequence[Item], report: Report) -> None:
        """Runs these in one transaction; if that fails, each in its own, to find out which one it is."""
        if not items:
            return
        try:
            await self._transaction(items, report)
        except batch.FinishedElsewhere as elsewhere:
            for item in elsewhere.items:
                item.settled = True
            await self._together([i for i in items if not i.settled], report)
        except Exception as error:
            if db.is_away(error):
                raise
            if len(items) == 1:
                await self._failed(items[0], error, report)
                return
            _log.info("batch failed, running it one by one", events=len(items), error=repr(error))
            self.telemetry.again("one-by-one", len(items))
            for item in items:
                if item.queue not in report.paused:
                    await self._together([item], report)

    async def _transaction(self, items: Sequence[Item], report: Report) -> None:
        async with self.database.transaction() as tx:
            done = await batch.run(items, tx, self._limits)
            await keep.forget_attempts(tx.connection, [i for i in items if i.redelivered])
        for item in items:
            item.settled = True
        for item, problems in done.refused:
            if item.partner is None:
                _log.error(
                    "a fact was refused", type=item.type, event_id=item.event.id, codes=[p.code for p in problems]
                )
        self._measure(done)
        report.counts.update(done.counts())
        report.ran |= done.ran
        for name in done.ran:
            self._streaks.pop(name, None)

    def _measure(self, done: Outcomes) -> None:
        """How far behind each reaction is, by the oldest event of the batch, and for what was refused.

        By our own clocks: what a partner gives as the time of its event is when something happened there, maybe last year.
        """
        oldest: dict[str, datetime] = {}
        for item, _ in done.accepted:
            if item.received is not None:
                since = item.received.received_at if item.partner else item.received.time
                oldest[item.label] = min(oldest.get(item.label, since), since)
        now = self.clock()
        for reaction, time in oldest.items():
            self.telemetry.late(reaction, (now - time).total_seconds())
        for code, n in Counter(p.code for _, problems in done.refused for p in problems).items():
            self.telemetry.refuse(code, n)

    # --- when something fails ---------------------------------------------------------------------------------

    async def _failed(self, item: Item, error: Exception, report: Report) -> None:
        cause = f"{type(error).__name__}{_where(error)}"
        streak = self._streaks.setdefault(item.label, Streak())
        if streak.cause != cause:
            streak.cause, streak.set_aside = cause, []
            _log.error("event set aside", **_named(item), cause=cause, exc_info=error)
        else:
            _log.error("event set aside", **_named(item), cause=cause)
        row = await self._set_aside(item, cause, "".join(traceback.format_exception(error))[-MOST_DETAIL:], report)
        if row is not None and item.replayed is None:
            streak.set_aside.append(row)
        if len(streak.set_aside) >= ROW_OF_FAILURES:
            report.paused.add(item.queue)
            await keep.mark_pausing(self.database.pool, streak.set_aside)

    async def _set_aside(self, item: Item, cause: str, detail: str, report: Report) -> int | None:
        """Keeps the event for the operator; None if it has its outcome already."""
        row = None
        async with self.database.transaction() as tx:
            known = await directory.find(tx.connection, [item.partner] if item.partner else [])
            if item.replayed is None:
                item.sandbox = directory.tries_out(known, item.partner)
            key = item.key()
            taken: object = None
            if item.taken_before:
                taken = not await keep.still_there(tx.connection, [item])
            elif key:
                taken = await inbox.claim(tx.connection, [key], [item.arrived.sha256], tx.now)
            if not taken:
                if key:
                    await inbox.mark(tx.connection, [(key, "set-aside")])
                if not await keep.stands_aside(tx.connection, item.reaction_name, cause):
                    tx.emit(_news_of(item, cause, tx))
                row = await keep.set_aside(tx.connection, item, cause, detail, tx.now)
                await keep.no_longer_waiting(tx.connection, [item] if item.waiting is not None else [])
                if item.replayed is None and item.partner:
                    await answers.delay(tx, known, item)
            await keep.forget_attempts(tx.connection, [item])
        item.settled = True
        report.counts[item.label, "set-aside"] += 1
        return row

    async def bury(self, items: Sequence[Item]) -> None:
        """Sets aside events that the broker gave up. Raises WorldAway."""
        report = Report()
        with db.world():
            for item in items:
                if not item.settled:
                    item.reaction = self._reaction_to(item)
                    await self._set_aside(item, "delivery-limit", "the broker delivered it too often", report)
        self._count(report)

    async def _suspects(self, items: Sequence[Item]) -> list[Item]:
        """Of redelivered events, those whose outcome was not committed: one of them may have killed the process."""
        again = [i for i in items if i.redelivered and not i.taken_before]
        if not again:
            return []
        keys = {i: k for i in again if (k := i.key())}
        async with self.database.pool.acquire() as connection:
            seen = await inbox.seen(connection, list(keys.values()))  # type: ignore[arg-type]
        return [i for i in again if keys.get(i) not in seen]

    def _count(self, report: Report) -> None:
        for (reaction, outcome), n in report.counts.items():
            self.telemetry.count(reaction, outcome, n)

    # --- what is run again ------------------------------------------------------------------------------------------

    async def retry_waiting(self, limit: int = 100) -> int:
        """Runs the waiting events whose turn it is; gives how many there were. Raises WorldAway."""
        with db.world():
            async with self.database.pool.acquire() as connection:
                due = await keep.due(connection, self.clock(), limit)  # type: ignore[arg-type]
        if due:
            self.telemetry.again("waiting", len(due))
            items = [_again(row, "waiting", waiting=row) for row in due]
            try:
                await self.process(items)
            except db.WorldAway:
                await self._give_back(items)
                raise
        return len(due)

    async def _give_back(self, items: Sequence[Item]) -> None:
        """A deadlock, or a connection that was lost: what waited need not wait for the minute for which it was ours."""
        with contextlib.suppress(db.WorldAway), db.world():
            waiting = [i.waiting.id for i in items if i.waiting is not None and not i.settled]
            await keep.try_now(self.database.pool, waiting, self.clock())

    async def replay(self, ids: Sequence[int]) -> Report:
        """Runs set-aside events again, through their own reaction alone. Raises WorldAway."""
        with db.world():
            async with self.database.pool.acquire() as connection:
                rows = await keep.set_aside_rows(connection, ids)  # type: ignore[arg-type]
        return await self.process([_again(row, row.queue, replayed=row.id) for row in rows])

    async def retry_replays(self) -> int:
        """Runs the events that the operator asked to run again; gives how many there were. Raises WorldAway."""
        ran = 0
        while True:
            with db.world():
                row = await dead.take_replay(self.database.pool, self.clock())
            if row is None:
                return ran
            self.telemetry.again("replay", 1)
            await self.replay([row])
            ran += 1

    async def replay_pausing(self) -> None:
        """Runs what was set aside just before a pause: it was no fault of those events. Raises WorldAway."""
        with db.world():
            ids = await keep.pausing(self.database.pool)
        if ids:
            await self.replay(ids)


def _again(
    kept: Waiting | keep.SetAside, queue: str, *, waiting: Waiting | None = None, replayed: int | None = None
) -> Item:
    tried_out = isinstance(kept, keep.SetAside) and kept.sandbox
    event = keep.read_again(kept)
    return Item(event, kept.origin, kept.partner, queue, waiting=waiting, replayed=replayed, sandbox=tried_out)


def _news_of(item: Item, cause: str, tx: Tx) -> EventSetAside:
    """For staff: that this cause is new. Nothing of what the event held."""
    return EventSetAside(
        service=tx.service,
        reaction=item.label,
        cause=cause,
        event_type=item.type if item.received else None,
        partner=item.partner,
        at=tx.now,
    )


def _named(item: Item) -> dict[str, str | None]:
    """An event, in the log."""
    return {"reaction": item.label, "event_id": item.event.id, "trace": trace_id(item.event.traceparent)}


def _where(error: BaseException) -> str:
    """The last place of our own code in a traceback, but for the one through which all statements go: the same fault in the
    same place is one cause."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f.filename.startswith(_HOUSE) and "site-packages" not in f.filename[len(_HOUSE) :]]
    ours = [f for f in ours if f.filename != transaction.__file__] or ours
    return f" at {ours[-1].name}:{ours[-1].lineno}" if ours else ""
