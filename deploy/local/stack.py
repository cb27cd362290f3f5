"""The whole platform on one's own machine: servers, databases, topology, the four services, a mailbox and a gateway.

Every process runs in a session of its own and is found again by `var/stack.json`: `up` may end, and `down`, `status`,
`kill` and `restart` may come from another command or a test.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from deploy import broker, health
from deploy.databases import ROOT, SERVICES, Database, prepare_and_migrate
from deploy.errors import DeployError
from deploy.local import environment, process, rows
from deploy.local.packages import Say
from deploy.local.servers import Servers
from deploy.local.state import State

VAR = ROOT / "var"
DEMO = VAR / "demo"
SERVERS = ("postgres", "rabbitmq")
PROCESSES = ("mailbox", *SERVICES, "doorkeeper", "gateway")
VHOST = "burenbus"
READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 25.0


def _quiet(_: str) -> None:
    """Say nothing."""


class Stack:
    """One local stack with its state in a directory."""

    def __init__(self, directory: Path = VAR, *, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: environment variables for every service beside its own, kept for later restarts."""
        self.directory = directory
        self.mail = directory / "mail"
        self._file = directory / "stack.json"
        self.state = State.load(self._file)
        if settings is not None:
            self.state.settings = dict(settings)

    # -- addresses

    @property
    def url(self) -> str:
        """Where a browser goes: the gateway."""
        return environment.address(self.state, "gateway")

    @property
    def mail_url(self) -> str:
        """Where the mail can be read."""
        return environment.address(self.state, "mailbox")

    @property
    def runs(self) -> bool:
        """Whether any of its processes does."""
        return any(pid.alive for pid in self.state.pids.values())

    def service_url(self, service: str) -> str:
        """A service itself, past the gateway: its health and its figures."""
        return environment.address(self.state, service)

    def amqp_url(self, user: str, password: str) -> str:
        """The broker's address for a partner or a service."""
        return environment.amqp_url(self.state, user, password)

    def log(self, name: str) -> Path:
        """Where a process writes what it has to say."""
        return self.directory / "logs" / f"{name}.log"

    def admin_environment(self) -> dict[str, str]:
        """What the administrator's commands read (`burenbus migrate`, `burenbus broker apply`)."""
        return environment.of_admin(self.state)

    def environment(self, service: str) -> dict[str, str]:
        """What a service reads, and what an administrator's command on its behalf reads."""
        return environment.of_service(self.state, service)

    # -- the whole

    def up(self, say: Say = _quiet) -> None:
        """Start what is not running, and return when all of it is healthy.

        When it fails, what this call started is stopped again. Raises DeployError.
        """
        with self._alone():
            before = set(self.state.pids)
            try:
                self._choose_servers()
                self._start_servers(say)
                say("Databases, migraties en wachtrijen klaarzetten")
                asyncio.run(self._prepare())
                self._choose_ports()
                say("Diensten starten: " + ", ".join(PROCESSES))
                self._start_all(PROCESSES)
            except BaseException:
                if not before:
                    self._down(say)
                raise

    def down(self, say: Say = _quiet) -> None:
        """Stop everything that is ours; nothing is left running. Doing it again changes nothing."""
        with self._alone():
            self._down(say)

    def wipe(self) -> None:
        """Remove the state of a stack that is down: data, mail, logs and secrets."""
        with self._alone():
            servers = self.directory / "servers"
            shutil.rmtree(servers.resolve(), ignore_errors=True)
            if servers.is_symlink():
                servers.unlink()
            for folder in (self.mail, self.directory / "logs"):
                shutil.rmtree(folder, ignore_errors=True)
            self._file.unlink(missing_ok=True)
            self.state = State.load(self._file)

    def status(self) -> list[rows.Row]:
        """How every process is, the servers first."""
        with ThreadPoolExecutor() as pool:
            servers = self._servers() if self.state.database_url else None
            own = pool.map(partial(rows.of_server, self.state, servers), SERVERS)
            return [*own, *pool.map(partial(rows.of_process, self.state), PROCESSES)]

    @contextlib.contextmanager
    def running(self, say: Say = _quiet) -> Iterator["Stack"]:
        """The stack for as long as the block lasts; interrupted or told to end, everything still goes down.

        Raises KeyboardInterrupt in the block on SIGINT, SIGTERM and SIGHUP. Main thread only.
        """

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.signal(each, interrupt) for each in signals]
        try:
            self.up(say)
            yield self
        finally:
            for each in signals:
                signal.signal(each, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
            try:
                self.down(say)
            finally:
                for each, handler in zip(signals, before, strict=True):
                    signal.signal(each, handler)

    # -- one process

    def kill(self, name: str) -> None:
        """End one process or server as a crash would."""
        if name in SERVERS:
            self._private(name)
            getattr(self._servers(), name).kill()
        else:
            pid = self.state.pids.get(name)
            if pid is None:
                raise DeployError(f"{name} draait niet.")
            process.kill(pid)

    def restart(self, name: str) -> None:
        """Stop one process or server, if it still runs, and start it on the same port; returns when it is healthy."""
        with self._alone():
            if name in SERVERS:
                self._private(name)
                server = getattr(self._servers(), name)
                server.stop()
                server.start()
            else:
                process.stop(filter(None, [self.state.pids.get(name)]), timeout_s=STOP_TIMEOUT_S)
                self._start_all((name,))

    # -- inside

    def _servers(self) -> Servers:
        return Servers(self.directory / "servers")

    def _private(self, name: str) -> None:
        if not getattr(self.state, f"private_{name}"):
            raise DeployError(f"{name} is niet van ons: die is opgegeven met een adres en blijft ongemoeid.")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One command at a time changes a stack."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "stack.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = self.state.settings
            self.state = State.load(self._file) if self._file.exists() else self.state
            self.state.settings = kept or self.state.settings
            yield

    def _choose_servers(self) -> None:
        state, env = self.state, os.environ
        state.private_postgres = not env.get("BURENBUS_DATABASE_URL")
        state.private_rabbitmq = not env.get("BURENBUS_AMQP_URL")
        if not state.private_rabbitmq and not env.get("BURENBUS_RABBITMQ_API_URL"):
            raise DeployError(
                "BURENBUS_AMQP_URL is gezet, maar BURENBUS_RABBITMQ_API_URL niet. Zet ook het adres van de beheer-API, "
                "met naam en wachtwoord van de beheerder: http://naam:wachtwoord@adres:15672"
            )
        state.database_url = env.get("BURENBUS_DATABASE_URL", "")
        state.amqp_url = env.get("BURENBUS_AMQP_URL", "")
        state.rabbitmq_api_url = env.get("BURENBUS_RABBITMQ_API_URL", "")
        state.vhost = env.get("BURENBUS_VHOST", VHOST)

    def _start_servers(self, say: Say) -> None:
        servers, state = self._servers(), self.state
        wanted = [name for name in SERVERS if getattr(state, f"private_{name}")]
        if wanted:
            servers.start(wanted, say)
        if state.private_postgres:
            state.database_url = servers.postgres.dsn
        if state.private_rabbitmq:
            state.amqp_url, state.rabbitmq_api_url = servers.rabbitmq.amqp_url, servers.rabbitmq.api_url
        state.save(self._file)

    async def _prepare(self) -> None:
        state = self.state
        databases = [Database(service, password) for service, password in state.passwords.items()]
        await asyncio.gather(*(prepare_and_migrate(state.database_url, each) for each in databases))
        async with broker.Management(state.rabbitmq_api_url, state.vhost) as management:
            await broker.apply(management, state.passwords)

    def _choose_ports(self) -> None:
        ports = self.state.ports
        mine = {name for name, pid in self.state.pids.items() if pid.alive}
        mine |= {"smtp"} if "mailbox" in mine else set()
        for name in (*PROCESSES, "smtp"):
            if name not in mine and (name not in ports or process.listens(ports[name])):
                [ports[name]] = process.free_ports(1)
        self.state.save(self._file)

    def _start_all(self, names: tuple[str, ...]) -> None:
        for name in names:
            pid = self.state.pids.get(name)
            if pid is None or not pid.alive:
                command, env = environment.command(self.state, name, self.mail)
                self.state.pids[name] = process.start(command, log=self.log(name), env=env, cwd=ROOT)
                self.state.save(self._file)
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._wait, names))

    def _wait(self, name: str) -> None:
        process.wait_until(
            lambda: health.ask(environment.address(self.state, name))[0],
            what=f"Dienst {name}",
            pid=self.state.pids[name],
            log=self.log(name),
            timeout_s=READY_TIMEOUT_S,
        )

    def _down(self, say: Say) -> None:
        if self.state.pids:
            say("Diensten stoppen")
        process.stop(self.state.pids.values(), timeout_s=STOP_TIMEOUT_S)
        self.state.pids = {}
        if self._file.exists():
            self.state.save(self._file)
        if (self.directory / "servers").exists():
            servers = self._servers()
            if servers.pids:
                say("Eigen servers stoppen")
            servers.stop()
