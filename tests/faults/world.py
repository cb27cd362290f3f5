"""Broker, database, mail server and services of a scenario. How it begins and ends stands in `beginning` and `ending`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import aio_pika
import asyncpg

from deploy import broker
from deploy.broker import Management
from deploy.databases import Database
from deploy.local.servers import Servers
from shared.transaction import Tx, connect
from tests.room import SECRET
from tests.services.notify.mailserver import MailServer

from .partner import Partner
from .patience import OUTAGE_S, until
from .process import Process
from .state import State
from .workload import PARTNERS, Workload

VHOST = "faults"
USUAL = ("registry", "survey", "notify")
"""What most scenarios start: reporting hears what all others hear, and takes its time."""
CONNECTIONS = 4
"""To the mail server, of each notify: so many mails may be on their way at once."""
KNOBS = {
    "pause_s": 1,
    "world_away_s": 5,
    "smtp_timeout_s": 10,
    "mails_at_once": 100_000,
    "smtp_connections": CONNECTIONS,
    "log_level": "INFO",
}
"""Shorter than an operator has them, so that a scenario lasts seconds; it is tried again sooner, and not otherwise."""
NO_BROKER, NO_DATABASE = "the broker is away", "the database is away"
"""What a service that is not ready says of it."""


@dataclass
class World:
    """Everything that runs. `start` starts services; partners say the workload."""

    servers: Servers
    directory: Path
    passwords: dict[str, str]
    management: Management
    mail: MailServer = field(default_factory=MailServer)
    processes: list[Process] = field(default_factory=list)
    partners: list[Partner] = field(default_factory=list)
    amqp: str = ""
    """Another way to the broker than the direct one, if a scenario set one (`amqp://…@host:port/`)."""
    postgres: str = ""
    undisturbed: State | None = None
    handled: dict[str, int] = field(default_factory=dict)
    """How many events each service had in its inbox at the end of the undisturbed run."""

    # --- addresses --------------------------------------------------------------------------------------------------

    @property
    def admin_dsn(self) -> str:
        return self.servers.postgres.dsn

    def dsn(self, service: str) -> str:
        return self.database(service).dsn(self.admin_dsn)

    def database(self, service: str) -> Database:
        return Database(service, self.passwords[service])

    @property
    def admin_amqp(self) -> str:
        node = self.servers.rabbitmq.node
        return self.amqp_of("admin", node.password)

    def amqp_of(self, user: str, password: str) -> str:
        return broker.amqp_url(self.servers.rabbitmq.amqp_url, user=user, password=password, vhost=VHOST)

    def environment(self, service: str, **knobs: Any) -> dict[str, str]:
        way = self.amqp or self.servers.rabbitmq.amqp_url
        given = {
            "amqp_url": broker.amqp_url(way, user=service, password=self.passwords[service], vhost=VHOST),
            "database_url": self.database(service).dsn(self.postgres or self.admin_dsn),
            "public_url": "http://burenbus.example",
            "link_secret": SECRET,
            "smtp_host": "127.0.0.1",
            "smtp_port": self.mail.port,
            "mail_from": "burenbus@burenbus.example",
            **KNOBS,
            **knobs,
        }
        return {f"BURENBUS_{name.upper()}": str(value) for name, value in given.items()}

    # --- services ---------------------------------------------------------------------------------------------------

    async def start(
        self, *services: str, replicas: int = 1, wait: bool = True, sabotage: str = "", **knobs: Any
    ) -> list[Process]:
        """These services, or the usual."""
        started = []
        for service in (services or USUAL) * replicas:
            log = self.directory / "logs" / f"{service}-{len(self.processes)}.log"
            one = Process(service, self.environment(service, **knobs), log)
            started.append(one)
            self.processes.append(one)
        for one in started:
            await one.start(wait=False, sabotage=sabotage)
        if wait:
            await asyncio.gather(*(one.until_ready() for one in started))
        return started

    @property
    def running(self) -> set[str]:
        """The services of this scenario."""
        return {one.service for one in self.processes}

    def of(self, service: str) -> Process:
        return next(one for one in self.processes if one.service == service)

    async def halt(self) -> None:
        """Ends every service, in no order."""
        for one in self.processes:
            await one.kill()
        self.processes.clear()

    # --- partners ---------------------------------------------------------------------------------------------------

    async def publish(self, said: Workload) -> None:
        """All partners say their part; returns when the broker has confirmed all of it, whatever that takes."""
        if not self.partners:
            for name in PARTNERS:
                self.partners.append(Partner(name, self.amqp_of(name, self.passwords["survey"])))
            for partner in self.partners:
                await partner.__aenter__()
        await asyncio.gather(*(partner.say(said) for partner in self.partners))

    @asynccontextmanager
    async def flow(self, said: Workload) -> AsyncIterator["asyncio.Task[None]"]:
        """Partners say their part while the block lasts; leaving it waits for the last confirm."""
        publishing = asyncio.create_task(self.publish(said))
        try:
            yield publishing
            await publishing
        finally:
            publishing.cancel()

    @property
    def unanswered(self) -> int:
        """To how many events of partners there is no final answer yet."""
        return sum(partner.unanswered for partner in self.partners)

    # --- what there is ----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def transaction(self, service: str) -> AsyncIterator[Tx]:
        database = await connect(self.dsn(service), service=service, max_size=1)
        try:
            async with database.transaction() as tx:
                yield tx
        finally:
            await database.close()

    async def rows(self, service: str, question: str) -> int:
        connection = await asyncpg.connect(self.dsn(service), timeout=30)
        try:
            found: int = await connection.fetchval(question)
            return found
        finally:
            await connection.close()

    async def idle_in_transaction(self) -> int:
        """How many connections of the services ask nothing in a transaction that is open: only the administrator sees all."""
        admin = await asyncpg.connect(self.admin_dsn, timeout=30)
        try:
            found: int = await admin.fetchval(
                """SELECT count(*) FROM pg_stat_activity
                   WHERE application_name LIKE 'burenbus-%' AND state LIKE 'idle in%'"""
            )
            return found
        finally:
            await admin.close()

    async def inbox(self, service: str) -> int:
        return await self.rows(service, "SELECT count(*) FROM bus.inbox")

    async def queue(self, name: str) -> tuple[int, int]:
        """How many messages wait in a queue, and how many consume it."""
        connection = await aio_pika.connect(self.admin_amqp)
        async with connection:
            channel = await connection.channel()
            found = (await channel.declare_queue(name, passive=True)).declaration_result
        return found.message_count or 0, found.consumer_count or 0

    # --- waiting ----------------------------------------------------------------------------------------------------

    async def worked(self, part: float, service: str = "survey") -> None:
        """Waits until this part of a service's work is done; AssertionError if all of it is, and nothing left to disturb."""
        whole, found = self.handled[service], 0
        connection = await asyncpg.connect(self.dsn(service), timeout=30)

        async def enough() -> bool:
            nonlocal found
            found = int(await connection.fetchval("SELECT count(*) FROM bus.inbox"))
            return found >= part * whole

        try:
            await until(enough, f"{service} has done {part:.0%}", look_s=0.01)
        finally:
            await connection.close()
        assert found < whole, "the disturbance comes too late"

    async def works(self, service: str) -> None:
        """Waits until a service does more than it has done by now."""
        before = await self.inbox(service)

        async def more() -> bool:
            return await self.inbox(service) > before

        await until(more, f"{service} works", look_s=0.01)

    async def all_handled(self, *, but: int = 0) -> None:
        """Waits until every partner has its final answer to all that it said, but for so many events."""

        async def answered() -> bool:
            return self.unanswered == but

        await until(answered, f"all was answered but {but}")

    async def outage(self, noticed: Callable[[], Awaitable[Any]], what: str) -> None:
        """Waits until something is noticed of an outage, and OUTAGE_S at least."""
        begun = monotonic()

        async def over() -> bool:
            return await noticed() and monotonic() >= begun + OUTAGE_S

        await until(over, what)

    async def all_notice(self, trouble: str, *services: str) -> None:
        """Waits until these services, or all, say that they have this trouble; and OUTAGE_S at least."""
        affected = [one for one in self.processes if not services or one.service in services]

        async def noticed() -> bool:
            return all([trouble in (await one.troubles() or ()) for one in affected])

        await self.outage(noticed, f"all say: {trouble}")
