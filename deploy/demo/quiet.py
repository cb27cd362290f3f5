"""Waiting until the platform is quiet: nothing on its way anywhere. By what broker and services hold, not by time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from time import monotonic

import aio_pika
import asyncpg
from aio_pika.abc import AbstractRobustConnection
from aio_pika.exceptions import AMQPError

from deploy.broker import BrokerError, Management
from deploy.demo.platform import Platform
from deploy.errors import DeployError
from shared.db import Pool

LOOKS = 3
"""How often in a row nothing may be found: between queue and database an event is in neither for a moment."""
PAUSE_S = 0.2

STUCK_S = 45
"""After so long without any change, something is broken."""

AWAY: tuple[type[BaseException], ...] = (
    OSError,
    RuntimeError,
    AMQPError,
    BrokerError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)

_SET_ASIDE = "SELECT cause, count(*) AS number FROM bus.set_aside GROUP BY cause"
_BUS = """
SELECT (SELECT count(*) FROM bus.outbox) AS outbox,
       (SELECT count(*) FROM bus.waiting) AS waiting,
       (SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle') AS busy
"""
_MAILS = """
SELECT (SELECT count(*) FROM delivery WHERE state = 'sending' OR state = 'due' AND due_at <= now())
     + (SELECT count(*) FROM notification WHERE delivery_id IS NULL AND due_at <= now())
"""


@dataclass(frozen=True)
class Watch:
    """Looks at every queue and every database."""

    platform: Platform
    databases: Mapping[str, Pool]
    broker: AbstractRobustConnection
    queues: list[str] = field(default_factory=list)
    """The queues of the services, asked for once: partners board before anything is watched."""

    async def look(self, *, waiting: bool = True) -> dict[str, int]:
        """What is still on its way, by where it is; empty when nothing is. `waiting`: events that wait count too.

        The queues are looked at only when the databases have nothing: asking for seventy queues is work for the broker.
        """
        counts = dict(await asyncio.gather(*(self._database(name) for name in self.databases)))
        found = {
            f"{service}.{what}": number
            for service, row in counts.items()
            for what, number in row.items()
            if number and (waiting or what != "waiting")
        }
        if mails := await self.databases["notify"].fetchval(_MAILS):
            found["notify.mails"] = mails
        return found or await self._queues()

    async def until_quiet(
        self,
        *,
        also: Callable[[], int] = lambda: 0,
        say: Callable[[Mapping[str, int]], None] = lambda _: None,
        waiting: bool = True,
        stuck_s: float = STUCK_S,
    ) -> None:
        """Returns when nothing has been found three times in a row. `also`: what others still expect.

        Raises DeployError with what is left, and what was set aside, when nothing moves any more.
        """
        before: Mapping[str, int] = {}
        since, quiet = monotonic(), 0
        while quiet < LOOKS:
            missing = also()
            found = {"antwoorden": missing} if missing else await self._look(waiting=waiting)
            quiet = 0 if found else quiet + 1
            say(found)
            if found != before:
                before, since = found, monotonic()
            if found and monotonic() > since + stuck_s:
                raise DeployError(f"Het platform staat stil. Nog onderweg: {found}. {await self._set_aside()}")
            await asyncio.sleep(PAUSE_S)

    async def _look(self, *, waiting: bool) -> dict[str, int]:
        """As `look`; where a server or a service is away for a moment, nothing is quiet."""
        try:
            return await self.look(waiting=waiting)
        except AWAY:
            return {"niet bereikbaar": 1}

    async def _set_aside(self) -> str:
        causes = {
            f"{service}: {row['cause']}": row["number"]
            for service, pool in self.databases.items()
            for row in await pool.fetch(_SET_ASIDE)
        }
        return f"Apart gezet: {causes}" if causes else "Er is niets apart gezet."

    async def _database(self, service: str) -> tuple[str, dict[str, int]]:
        row = await self.databases[service].fetchrow(_BUS)
        assert row is not None
        return service, dict(row)

    async def _queues(self) -> dict[str, int]:
        if not self.queues:
            async with Management(self.platform.rabbitmq_api_url, self.platform.vhost) as management:
                names = [queue["name"] for queue in await management.queues()]
            self.queues.extend(name for name in names if not name.startswith("feedback."))
        async with self.broker.channel() as channel:
            declared = [(await channel.declare_queue(name, passive=True)).declaration_result for name in self.queues]
        return {str(one.queue): one.message_count for one in declared if one.message_count}


@contextlib.asynccontextmanager
async def watch(platform: Platform) -> AsyncIterator[Watch]:
    """A watch with its connections."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(await aio_pika.connect_robust(platform.admin_amqp_url))
        databases = {}
        for name in platform.environments:
            url = platform.database_url(name)
            pool = asyncpg.create_pool(url, min_size=1, max_size=2, server_settings={"application_name": "demo"})
            databases[name] = await stack.enter_async_context(pool)
        yield Watch(platform, databases, broker)
