"""One transaction: what a handler, a job, a page or an admin command reads, writes and says, all or nothing."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import asyncpg

from . import db, outbox
from .clock import Clock, system_clock
from .events.base import ANY_SERVICE, Event, Received
from .events.catalogue import told_to_partners
from .events.envelope import EVENT_LIMIT_BYTES, say_event
from .events.problems import Problem
from .events.tracing import child_of
from .outbox import Outgoing

EVENTS, FEEDBACK, RESTATE = "events", "feedback", "restate"

_told_to_partners = lru_cache(lambda: frozenset(told_to_partners()))
AcceptedAs = Literal["new", "changed", "unchanged", "recorded", "replaced"]


class Refused(Exception):
    """An event that can never succeed, with every reason. Raise it before the first write."""

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("a refusal gives its reasons")
        super().__init__("; ".join(f"{p.pointer}: {p.code}" for p in problems))
        self.problems = problems


class Waits(Exception):
    """An event that names something not heard of yet; refused with `problem` if that does not come in time."""

    def __init__(self, key: str, problem: Problem) -> None:
        super().__init__(key)
        self.key, self.problem = key, problem


@dataclass(frozen=True, slots=True)
class Accepted:
    outcome: AcceptedAs = "recorded"
    initiative_id: str | None = None
    warnings: tuple[Problem, ...] = ()


Verdict = Accepted | Refused | Waits


_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_WRITING = re.compile(
    r"\s*(insert|update|delete|merge|copy)\b"
    r"|\s*with\b.*\b(insert\s+into|delete\s+from|merge\s+into|(?<!for\s)(?<!key\s)update\s)",
    re.IGNORECASE | re.DOTALL,
)


@lru_cache(maxsize=2048)
def _writes(sql: str) -> bool:
    return bool(_WRITING.match(_COMMENTS.sub(" ", sql)))


@dataclass
class Tx:
    """A transaction on one connection. It is committed, and what it says relayed, by whoever opened it."""

    connection: Any
    now: datetime
    service: str
    outgoing: list[Outgoing] = field(default_factory=list)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    arrivals: set[str] = field(default_factory=set)
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    current: Received[Event] | None = None
    written: bool = False

    # --- reading and writing ---

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        self._mark(sql)
        return await self.connection.fetch(sql, *args)  # type: ignore[no-any-return]

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        self._mark(sql)
        return await self.connection.fetchrow(sql, *args)  # type: ignore[no-any-return]

    async def fetchval(self, sql: str, *args: Any) -> Any:
        self._mark(sql)
        return await self.connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        self._mark(sql)
        return await self.connection.execute(sql, *args)  # type: ignore[no-any-return]

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._mark(sql)
        await self.connection.executemany(sql, rows)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Writes many new rows: of all ways the one that costs both sides least."""
        self.written = True
        await self.connection.copy_records_to_table(table, columns=columns, records=rows)

    def _mark(self, sql: str) -> None:
        if not self.written and _writes(sql):
            self.written = True

    # --- saying ---

    def emit(self, fact: Event, *, because: Received[Any] | None = None, to: str | None = None) -> None:
        """Says a fact once this commits; `to` restates it to that service alone.

        The trace of `because` (by default the event at hand) goes on in it. Raises ValueError for a fact that is not
        this service's to say: the broker would refuse it, and with it all that this service says after it.
        """
        if fact.owner not in (self.service, ANY_SERVICE):
            raise ValueError(f"{fact.type} is {fact.owner}'s to say, not {self.service}'s")
        self.written = True
        exchange, key = (RESTATE, f"{to}.{fact.type}") if to else (EVENTS, fact.type)
        self._say(exchange, key, fact, because)

    def tell(self, partner: str, event: Event, *, because: Received[Any] | None = None) -> None:
        """Says something to one partner, in its feedback queue. Raises ValueError for what the contract does not list there."""
        if type(event) not in _told_to_partners():
            raise ValueError(f"{event.type} is not among what partners are told")
        self.written = True
        self._say(FEEDBACK, partner, event, because)

    def answer(self, partner: str, event: Event, *, traceparent: str | None, sequence: int) -> None:
        """The bus's answer to an event; handlers use accept, refuse and wait."""
        body = say_event(event, source=self.source, time=self.now, traceparent=child_of(traceparent), sequence=sequence)
        self.outgoing.append(Outgoing(FEEDBACK, partner, body))

    @property
    def source(self) -> str:
        return f"urn:burenbus:service:{self.service}"

    def _say(self, exchange: str, key: str, event: Event, because: Received[Any] | None) -> None:
        cause = because or self.current
        trace = child_of(cause.traceparent if cause else None)
        body = say_event(event, source=self.source, time=self.now, traceparent=trace)
        if len(body) > EVENT_LIMIT_BYTES:
            raise ValueError(f"{event.type} of {len(body)} bytes; an event has {EVENT_LIMIT_BYTES} at most")
        self.outgoing.append(Outgoing(exchange, key, body))

    # --- what becomes of an event ---

    def accept(
        self,
        event: Received[Any],
        outcome: AcceptedAs,
        *,
        initiative_id: str | None = None,
        warnings: Sequence[Problem] = (),
    ) -> None:
        """The answer to a partner's event; without it, the answer is "recorded"."""
        self.verdicts[id(event)] = Accepted(outcome, initiative_id, tuple(warnings))

    def refuse(self, event: Received[Any], *problems: Problem) -> None:
        """For handlers of batches: this one can never succeed; the others go on."""
        self.verdicts[id(event)] = Refused(*problems)

    def wait(self, event: Received[Any], key: str, problem: Problem) -> None:
        """For handlers of batches: this one waits for `key`; the others go on."""
        self.verdicts[id(event)] = Waits(key, problem)

    def arrived(self, *keys: str) -> None:
        """What events may be waiting for stands now: they are tried again after this commits."""
        self.arrivals.update(keys)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Runs `callback` once this has been committed; not if it is rolled back."""
        self.callbacks.append(callback)


class Database:
    """A service's own database: where transactions come from."""

    def __init__(self, pool: db.Pool, *, service: str, clock: Clock = system_clock) -> None:
        self.pool, self.service, self.clock = pool, service, clock
        self.wake_relay: Callable[[], None] | None = None
        """Set where relay and writer share a process; without it, a NOTIFY wakes the relay elsewhere."""
        self.wake_waiting: Callable[[], None] | None = None
        self.was_away = False
        """It could not be reached at first; who also works on it may not have heard yet that it is back."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A transaction that is committed on leaving, what it says included; an exception rolls all of it back."""
        async with self.pool.acquire() as connection:
            async with connection.transaction():
                tx = Tx(connection, self.clock(), self.service)
                yield tx
                await self.finish(tx)
            self.committed(tx)

    async def finish(self, tx: Tx) -> None:
        """The last writes of a transaction: who is waiting for what arrived, and what is to be said."""
        if tx.arrivals:
            # Their turn is now, also by a clock that is put back before it has come.
            await tx.connection.execute(
                "UPDATE bus.waiting SET next_try = 'epoch' WHERE key = ANY($1::text[])", sorted(tx.arrivals)
            )
        await outbox.write(tx.connection, tx.outgoing, tx.now)
        if tx.outgoing and self.wake_relay is None:
            await outbox.notify(tx.connection)

    def committed(self, tx: Tx) -> None:
        """Wakes whoever has something to do now."""
        if tx.outgoing and self.wake_relay is not None:
            self.wake_relay()
        if tx.arrivals and self.wake_waiting is not None:
            self.wake_waiting()
        for callback in tx.callbacks:
            callback()

    async def close(self) -> None:
        await self.pool.close()


async def connect(
    url: str,
    *,
    service: str,
    clock: Clock = system_clock,
    max_size: int = 8,
    handler_timeout_s: float | None = None,
    transaction_idle_s: float | None = None,
) -> Database:
    """A service's database. Raises WorldAway if it is away.

    A lock is waited for half as long as a handler may take: a replica that hangs with it is no fault of the event. It keeps
    its locks for `transaction_idle_s` at most (see `db.create_pool`).
    """
    lock_timeout_s = handler_timeout_s / 2 if handler_timeout_s else None
    pool = await db.create_pool(
        url,
        max_size=max_size,
        application=f"burenbus-{service}",
        lock_timeout_s=lock_timeout_s,
        transaction_idle_s=transaction_idle_s,
    )
    return Database(pool, service=service, clock=clock)
