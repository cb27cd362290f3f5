"""What is measured on: private servers, and services as processes of their own, each on a database made for the figure."""

import asyncio
import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from deploy import broker, databases
from deploy.databases import ROOT, SERVICES, Database
from deploy.local import process
from deploy.local.packages import Say
from deploy.local.process import LOOPBACK, Pid
from deploy.local.servers import Servers
from shared.bus import topology

VAR = ROOT / "var" / "bench"
VHOST = "burenbus-bench"
READY_S = 60.0


def source_of(partner: str) -> str:
    """The source under which a partner of the benchmark speaks."""
    return f"urn:burenbus:partner:{partner}"


@dataclass
class Rig:
    """The servers while they run. Databases made with `database` are dropped at the end, running processes stopped."""

    servers: Servers
    passwords: Mapping[str, str]
    management: broker.Management
    quick: bool = False
    home: Path = VAR
    _made: int = 0
    _databases: list[str] = field(default_factory=list)
    _pids: list[Pid] = field(default_factory=list)

    @property
    def amqp_url(self) -> str:
        """The broker for its administrator."""
        node = self.servers.rabbitmq
        return broker.amqp_url(node.amqp_url, user="admin", password=node.node.password, vhost=VHOST)

    @property
    def admin_dsn(self) -> str:
        return self.servers.postgres.dsn

    def server_pids(self) -> dict[str, Pid | None]:
        """The two servers, for what they cost."""
        return {"postgres": self.servers.postgres.pid, "rabbitmq": self.servers.rabbitmq.pid}

    # --- databases ------------------------------------------------------------------------------------------------

    async def database(self, service: str, *, template: str = "") -> str:
        """A fresh, migrated database of this service, or a copy of the named one; gives its address for the service."""
        self._made += 1
        name = f"bench_{service}_{self._made}"
        await databases.drop(self.admin_dsn, name)
        one = Database(service, self.passwords[service], name)
        if template:
            await databases.clone(self.admin_dsn, Database(service, one.password, template), name)
        else:
            await databases.prepare_and_migrate(self.admin_dsn, one)
        self._databases.append(name)
        return one.dsn(self.admin_dsn)

    async def bare_database(self, schema: str) -> str:
        """An empty database with this schema, for a yardstick."""
        self._made += 1
        name = f"bench_bare_{self._made}"
        await databases.drop(self.admin_dsn, name)
        async with self.connection(self.admin_dsn) as admin:
            await admin.execute(f'CREATE DATABASE "{name}"')
        self._databases.append(name)
        dsn = databases.address(self.admin_dsn, database=name)
        async with self.connection(dsn) as inside:
            await inside.execute(schema)
        return dsn

    @contextlib.asynccontextmanager
    async def connection(self, dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()

    async def checkpoint(self) -> None:
        """What was written before is not paid for during what comes."""
        async with self.connection(self.admin_dsn) as admin:
            await admin.execute("CHECKPOINT")

    # --- the broker -----------------------------------------------------------------------------------------------

    async def board(self, *partners: str) -> None:
        """The queues of these partners. Who they are stands in each database (`know`)."""
        for name in partners:
            await broker.board(self.management, name, {name: self.passwords["survey"]})

    async def know(self, dsn: str, *partners: str) -> None:
        """Tells a service's database who these partners are."""
        async with self.connection(dsn) as connection:
            await connection.executemany(
                "INSERT INTO bus.partner VALUES ($1, 1, $1, $2, '{}', 'active', false) ON CONFLICT DO NOTHING",
                [(name, [source_of(name)]) for name in partners],
            )

    async def purge(self) -> None:
        """Empties every queue."""
        await self.management.purge()

    # --- processes ------------------------------------------------------------------------------------------------

    async def service(self, name: str, dsn: str, **settings: str) -> "Running":
        """A service as an operator runs it, ready to work. `settings` beside the usual, without their prefix."""
        [port] = process.free_ports(1)
        mine = {
            "AMQP_URL": broker.amqp_url(
                self.servers.rabbitmq.amqp_url, user=name, password=self.passwords[name], vhost=VHOST
            ),
            "DATABASE_URL": dsn,
            "HTTP_HOST": LOOPBACK,
            "HTTP_PORT": str(port),
            "PUBLIC_URL": "http://burenbus.example",
            "LINK_SECRET": self.passwords[name],
            "LOG_FORMAT": "json",
            **(
                {"SMTP_HOST": LOOPBACK, "SMTP_PORT": "9", "MAIL_FROM": "bench@burenbus.example"}
                if name == "notify"
                else {}
            ),
            **{key.upper(): value for key, value in settings.items()},
        }
        env = {k: v for k, v in os.environ.items() if not k.startswith("BURENBUS_")}
        env |= {f"BURENBUS_{key}": value for key, value in mine.items()}
        log = self.home / "logs" / f"{name}.log"
        pid = process.start([sys.executable, "-m", f"services.{name}"], log=log, env=env, cwd=ROOT)
        self._pids.append(pid)
        running = Running(name, pid, f"http://{LOOPBACK}:{port}", log)
        await asyncio.to_thread(process.wait_until, running.ready, what=name, pid=pid, log=log, timeout_s=READY_S)
        return running

    async def program(self, module: str, *arguments: str) -> "Running":
        """One of the benchmark's own programs; ready once it has written that into its log."""
        log = self.home / "logs" / f"{module.rpartition('.')[2]}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("")
        pid = process.start([sys.executable, "-m", module, *arguments], log=log, env=dict(os.environ), cwd=ROOT)
        self._pids.append(pid)

        def ready() -> bool:
            return "ready" in log.read_text()

        await asyncio.to_thread(process.wait_until, ready, what=module, pid=pid, log=log, timeout_s=READY_S)
        return Running(module, pid, "", log)

    async def stop(self, *running: "Running") -> None:
        """Ends processes, in order."""
        await asyncio.to_thread(process.stop, [one.pid for one in running])

    async def close(self) -> None:
        """Nothing is left running or lying about, but for what is kept to be used again."""
        await asyncio.to_thread(process.stop, self._pids, timeout_s=10)
        self._pids.clear()
        await self.purge()
        for name in self._databases:
            await databases.drop(self.admin_dsn, name)
        self._databases.clear()


@dataclass(frozen=True)
class Running:
    """One process."""

    name: str
    pid: Pid
    url: str
    log: Path

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False


@contextlib.asynccontextmanager
async def rig(*, quick: bool, say: Say, home: Path = VAR) -> AsyncIterator[Rig]:
    """Servers of our own under `home`, durable as in production, stopped at the end. The broker is new each time; of the
    database that stays what can be used again."""
    servers = Servers(home / "servers")
    await asyncio.to_thread(servers.stop)  # those of a run that was broken off
    shutil.rmtree(servers.rabbitmq.home, ignore_errors=True)
    servers = Servers(home / "servers")
    await asyncio.to_thread(servers.start, say=say)
    try:
        passwords = {service: secrets.token_urlsafe(32) for service in SERVICES}
        async with broker.Management(servers.rabbitmq.api_url, VHOST) as management:
            await broker.apply(management, passwords)
            one = Rig(servers, passwords, management, quick, home)
            await _sweep(one)
            try:
                yield one
            finally:
                await one.close()
    finally:
        await asyncio.to_thread(servers.stop)


async def _sweep(one: Rig) -> None:
    """Databases that a run left that was broken off."""
    async with one.connection(one.admin_dsn) as admin:
        names = await admin.fetch(r"SELECT datname FROM pg_database WHERE datname ~ '^bench_[a-z]+_[0-9]+$'")
    for row in names:
        await databases.drop(one.admin_dsn, row["datname"])


def bare_queues(names: Iterable[str]) -> topology.Topology:
    """Queues as the platform's own, each bound to the exchange `bare` by its name."""
    queues = [
        topology.Queue(name, {"x-queue-type": "quorum", "x-delivery-limit": 100, "x-overflow": "reject-publish"})
        for name in names
    ]
    return topology.Topology(
        {"bare": ("topic", {})}, queues, [topology.Binding("bare", queue.name, queue.name) for queue in queues]
    )
