"""Broker, database, mail server and services of a scenario; and what there is in the end."""

import asyncio
import contextlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg

from deploy import broker, databases
from deploy.broker import Management
from deploy.databases import Database
from deploy.demo.platform import Platform
from deploy.demo.quiet import AWAY, LOOKS, Watch
from deploy.local.servers import Servers
from services.notify.store import staff
from services.registry.actions import boarding
from services.survey import admin as campaigns
from services.survey.settings import Settings as SurveySettings
from shared.bus import topology
from shared.clock import system_clock
from shared.transaction import Tx, connect
from tests.room import SECRET
from tests.servers import VAR
from tests.services.notify.mailserver import MailServer

from . import state
from .partner import Partner
from .process import Process
from .state import State
from .workload import CAMPAIGN, PARTNERS, STAFF, Workload

VHOST = "faults"
OBSERVER = "tests.facts"
MINUTE_S = float(os.environ.get("BURENBUS_FAULTS_MINUTE", "4"))
SCALE = float(os.environ.get("BURENBUS_FAULTS_SCALE", "1"))
SERVICES = ("registry", "survey", "notify", "reporting")
USUAL = ("registry", "survey", "notify")
"""What most scenarios start: reporting hears what all others hear, and takes its time."""
KNOBS = {
    "pause_s": 1,
    "world_away_s": 5,
    "smtp_timeout_s": 10,
    "mails_at_once": 100_000,
    "smtp_connections": 4,
    "log_level": "INFO",
}
"""Shorter than an operator has them, so that a scenario lasts seconds."""


@dataclass
class World:
    """Everything that runs. `reset` makes it as new; `start` starts services."""

    servers: Servers
    directory: Path
    passwords: dict[str, str]
    management: Management
    mail: MailServer = field(default_factory=MailServer)
    processes: list[Process] = field(default_factory=list)
    amqp: str = ""
    """Another way to the broker than the direct one, if a scenario set one (`amqp://…@host:port/`)."""
    postgres: str = ""
    undisturbed: State | None = None
    _said: Workload | None = None
    _partners: list[Partner] = field(default_factory=list)

    # --- addresses --------------------------------------------------------------------------------------------------

    @property
    def admin_dsn(self) -> str:
        return self.servers.postgres.dsn

    def dsn(self, service: str) -> str:
        return Database(service, self.passwords[service]).dsn(self.admin_dsn)

    def database(self, service: str) -> str:
        """The name of a service's database."""
        return Database(service, self.passwords[service]).database

    @property
    def admin_amqp(self) -> str:
        node = self.servers.rabbitmq.node
        return broker.amqp_url(self.servers.rabbitmq.amqp_url, user="admin", password=node.password, vhost=VHOST)

    def environment(self, service: str, **knobs: Any) -> dict[str, str]:
        given = {
            "amqp_url": broker.amqp_url(
                self.amqp or self.servers.rabbitmq.amqp_url, user=service, password=self.passwords[service], vhost=VHOST
            ),
            "database_url": Database(service, self.passwords[service]).dsn(self.postgres or self.admin_dsn),
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
            started.append(Process(service, self.environment(service, **knobs), log))
        self.processes += started
        await asyncio.gather(*(one.start(wait=wait, sabotage=sabotage) for one in started))
        return started

    def of(self, service: str) -> Process:
        return next(one for one in self.processes if one.service == service)

    async def halt(self) -> None:
        """Ends every service, in no order."""
        await asyncio.gather(*(one.kill() for one in self.processes))
        for one in self.processes:
            one.close()
        self.processes.clear()

    # --- beginning --------------------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Once: the platform with two partners, a campaign that is open and a member of staff; kept to start from."""
        await self.management.create_vhost()
        await broker.apply(self.management, self.passwords)
        for name in SERVICES:
            await databases.prepare_and_migrate(self.admin_dsn, Database(name, self.passwords[name]))
        for partner in PARTNERS:
            await broker.board(self.management, partner, {partner: self.passwords["survey"]})
        await self._observe()
        await self.mail.start()
        async with self.transaction("registry") as tx:
            for partner in PARTNERS:
                await boarding.board(tx, partner, title=partner.title(), contact_mail=f"beheer@{partner}.example")
        async with self.transaction("notify") as tx:
            els, _ = await staff.add(
                tx, STAFF, name="Els", role=None, digest_at=system_clock().time(), working_hours_only=False
            )
            await staff.follow(tx, els.id, [staff.Subscription("bottleneck", "NL", "at-once")])
        async with self.transaction("survey") as tx:
            today = tx.now.date()
            await campaigns.plan(
                tx,
                CAMPAIGN,
                title="Zorgzame gemeenschappen",
                questionnaire="2026.1",
                opens=today.isoformat(),
                closes=(today + timedelta(weeks=7)).isoformat(),
            )
            settings = {k.removeprefix("BURENBUS_").lower(): v for k, v in self.environment("survey").items()}
            await campaigns.open_now(tx, CAMPAIGN, SurveySettings.model_validate({**settings, "http_port": 1}))
        await self.start(*SERVICES)
        async with self.watch() as watch:
            await watch.until_quiet()
        await self.halt()
        for name in SERVICES:
            await databases.drop(self.admin_dsn, f"{name}_base")
            await databases.clone(self.admin_dsn, Database(name, self.passwords[name]), f"{name}_base")

    async def _observe(self) -> None:
        """A queue that hears every fact."""
        connection = await aio_pika.connect(self.admin_amqp)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(OBSERVER, durable=True, arguments={"x-queue-type": "quorum"})
            await queue.bind(topology.EVENTS, "#")

    async def reset(self) -> None:
        """As it was after `prepare`."""
        await self.halt()
        self.amqp = self.postgres = ""
        self._partners, self._said = [], None
        await asyncio.to_thread(self.servers.start)
        await self.mail.stop()
        self.mail = MailServer()
        await self.mail.start()
        await self.management.purge()
        for name in SERVICES:
            one = Database(name, self.passwords[name])
            await databases.drop(self.admin_dsn, one.database)
            await databases.clone(self.admin_dsn, Database(name, one.password, f"{name}_base"), one.database)

    # --- middle -----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def transaction(self, service: str) -> AsyncIterator[Tx]:
        database = await connect(self.dsn(service), service=service, max_size=1)
        try:
            async with database.transaction() as tx:
                yield tx
        finally:
            await database.close()

    async def publish(self, said: Workload) -> None:
        """All partners say their part; returns when the broker has confirmed all of it, whatever that takes."""
        if self._said is None:
            self._said = Workload(())
        self._said = Workload((*self._said.said, *said.said))
        if not self._partners:
            url = broker.amqp_url(self.servers.rabbitmq.amqp_url, user="x", password="x", vhost=VHOST)
            for name in PARTNERS:
                own = broker.amqp_url(url, user=name, password=self.passwords["survey"], vhost=VHOST)
                partner = Partner(name, own)
                await partner.__aenter__()
                self._partners.append(partner)
        await asyncio.gather(*(partner.say(said) for partner in self._partners))

    async def rows(self, service: str, question: str) -> int:
        connection = await asyncpg.connect(self.dsn(service), timeout=5)
        try:
            found: int = await connection.fetchval(question)
            return found
        finally:
            await connection.close()

    async def until(self, ready: Callable[[], Awaitable[Any]], what: str, within_s: float = 90) -> None:
        """Waits until `await ready()` is true; a server that is away for a moment is not ready."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    with contextlib.suppress(*AWAY):
                        if await ready():
                            return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"not within {within_s} s: {what}") from None

    async def worked(self, number: int, service: str = "survey") -> None:
        """Waits until that many events have their outcome in this service."""

        async def enough() -> bool:
            return await self.rows(service, "SELECT count(*) FROM bus.inbox") >= number

        await self.until(enough, f"{number} events in the inbox of {service}")

    # --- end --------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Watch]:
        """The demo's watch, on this world; its own connections go the direct way."""
        platform = Platform({}, self.servers.rabbitmq.amqp_url, self.servers.rabbitmq.api_url, VHOST, "", Path(), "")
        queues = [q["name"] for q in await self.management.queues()]
        here = {one.service for one in self.processes}
        queues = [name for name in queues if name.partition(".")[0] in here]
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(await aio_pika.connect_robust(self.admin_amqp))
            pools = {}
            for name in sorted(here):
                pool = asyncpg.create_pool(self.dsn(name), min_size=0, max_size=2)
                pools[name] = await stack.enter_async_context(pool)
            yield Watch(platform, pools, connection, queues)

    async def end(self) -> State:
        """Waits until all is quiet and everything was answered, and gives what there is. Raises when it stands still."""
        async with self.watch() as watch:
            await watch.until_quiet(also=lambda: sum(p.unanswered for p in self._partners))
            found = await state.databases(watch.databases)
            home = await state.homes(watch.databases["survey"])
        found.answers = state.answers(answer for p in self._partners for answer in p.received.values())
        found.facts = state.facts(await self._heard(), home)
        found.mails.update(
            # The subject names the initiative if notify has heard of it before the invitation, and it need not have.
            (mail["X-RcptTo"], mail["X-Burenbus-Kind"])
            for mail in self.mail.mails
        )
        for partner in self._partners:
            await partner.__aexit__(None, None, None)
        self._partners = []
        return found

    async def _heard(self) -> list[dict[str, Any]]:
        heard: dict[str, dict[str, Any]] = {}
        connection = await aio_pika.connect(self.admin_amqp)
        async with connection:
            channel = await connection.channel()
            queue = await channel.get_queue(OBSERVER, ensure=False)
            empty = 0
            while empty < LOOKS:  # a quorum queue may say that it is empty a moment too early
                message = await queue.get(fail=False, no_ack=True)
                empty = 0 if message else empty + 1
                if message:
                    heard.update((event["id"], event) for event in state.read(message.body))
                else:
                    await asyncio.sleep(0.1)
        return list(heard.values())

    async def as_undisturbed(self) -> State:
        """The end state, which is that of the undisturbed run. Raises AssertionError with what differs."""
        found = await self.end()
        assert self.undisturbed is not None
        if "reporting" not in {one.service for one in self.processes}:
            found.tallies = self.undisturbed.tallies
        differs = found.differences(self.undisturbed)
        if differs:
            with (self.directory / "differs.log").open("a") as file:
                file.write(f"{differs}\n")
        assert not differs, differs
        return found

    # --- mails ------------------------------------------------------------------------------------------------------

    async def hurry_mails(self) -> None:
        """The pauses between tries, and the lease of what was abandoned, are minutes long: here they are over at once."""
        async with self.transaction("notify") as tx:
            await tx.execute("UPDATE delivery SET due_at = $1 WHERE state = 'due' AND due_at > $1", tx.now)
            await tx.execute(
                """
                UPDATE delivery SET claimed_at = claimed_at - interval '1 hour'
                WHERE state = 'sending' AND claimed_at < $1::timestamptz - interval '12 seconds'
                """,
                tx.now,
            )

    async def duplicates_are_marked(self, *, most: int, least: int = 1) -> None:
        """All is as undisturbed, but that some mails may have come twice: under one Message-ID, the second time marked."""

        async def settled() -> bool:
            await self.hurry_mails()
            return not await self.rows("notify", "SELECT count(*) FROM delivery WHERE state IN ('due', 'sending')")

        await self.until(settled, "all mails have left")
        found = await self.end()
        assert self.undisturbed
        by_id: dict[str, list[bool]] = {}
        for mail in self.mail.mails:
            by_id.setdefault(mail["Message-ID"], []).append(mail["X-Burenbus-Possible-Duplicate"] == "yes")
        twice = [marks for marks in by_id.values() if len(marks) > 1]
        assert all(marks == [False, True] for marks in twice), twice
        assert least <= len(twice) <= most
        assert set(found.mails) == set(self.undisturbed.mails)
        assert len(by_id) == sum(self.undisturbed.mails.values())
        found.mails, found.tallies = self.undisturbed.mails, self.undisturbed.tallies
        differs = found.differences(self.undisturbed)
        assert not differs, differs


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """A world with private servers, that ends with everything in it."""
    directory = VAR / f"test-faults-{os.getpid()}"
    (directory / "logs").mkdir(parents=True)
    servers = Servers(directory / "servers", durable=False)
    await asyncio.to_thread(servers.start)
    passwords = {name: secrets.token_urlsafe(16) for name in SERVICES}
    try:
        async with Management(servers.rabbitmq.api_url, VHOST) as management:
            one = World(servers, directory, passwords, management)
            try:
                yield one
            finally:
                await one.halt()
                await one.mail.stop()
    finally:
        servers.rabbitmq.kill()
        await asyncio.to_thread(servers.stop)
        shutil.rmtree(servers.home, ignore_errors=True)
        (directory / "servers").unlink(missing_ok=True) if (directory / "servers").is_symlink() else None
