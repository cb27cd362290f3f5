"""A private RabbitMQ node of the distribution's `rabbitmq-server`, beside any that runs already.

Its own name, cookie, port mapper (epmd), ports and state; bound to the loopback address; run as an unprivileged user.
The distribution's wrapper in /usr/sbin would switch user and use the system's state, so it is passed by.
"""

import hashlib
import json
import os
import secrets
import shlex
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from deploy.errors import DeployError
from deploy.local import packages, process
from deploy.local.account import Account, unprivileged
from deploy.local.process import LOOPBACK, Pid

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
CONTROL = SERVER.with_name("rabbitmqctl")
EPMD = Path("/usr/bin/epmd")
ADMIN = "admin"
MAX_MESSAGE_BYTES = 1024 * 1024
CONSUMER_TIMEOUT_MS = 30 * 60 * 1000
START_TIMEOUT_S = 90.0

CONFIG = f"""\
listeners.tcp.1 = {LOOPBACK}:{{amqp}}
management.tcp.ip = {LOOPBACK}
management.tcp.port = {{http}}
default_user = {ADMIN}
default_pass = {{password}}
max_message_size = {MAX_MESSAGE_BYTES}
consumer_timeout = {CONSUMER_TIMEOUT_MS}
vm_memory_high_watermark.absolute = 1GiB
raft.wal_max_size_bytes = 67108864
log.console = false
log.file = rabbit.log
log.file.level = info
"""

ERLANG = (
    # Two schedulers that sleep when idle: the machine is shared with the services and the database.
    "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none "
    # Node-to-node traffic, that we do not use, on the loopback address only.
    "-kernel inet_dist_use_interface {127,0,0,1}"
)


def ensure_installed(say: packages.Say = print) -> None:
    """Install the distribution's package if it is not there. Raises DeployError with what to do."""
    if not SERVER.exists():
        packages.install(
            "rabbitmq-server", services=("rabbitmq-server.service", "epmd.socket", "epmd.service"), say=say
        )
    if not SERVER.exists():
        raise DeployError(f"Het pakket rabbitmq-server is geïnstalleerd, maar {SERVER} ontbreekt.")


def answers(api_url: str) -> bool:
    """Whether a broker's management API lets its administrator in."""
    try:
        return httpx.get(f"{api_url}/api/whoami", timeout=5, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


@dataclass(frozen=True)
class Node:
    """What was chosen for this node when its state was made; a restart uses the same."""

    name: str
    amqp_port: int
    http_port: int
    dist_port: int
    epmd_port: int
    password: str


class RabbitMQ:
    """One private node with its state in a directory that its user can reach."""

    def __init__(self, home: Path, account: Account | None = None) -> None:
        self.home = home
        self.account = account or unprivileged()
        self.log = home / "log" / "rabbit.log"
        self._node_file = home / "node.json"
        self._pid_file = home / "pids.json"
        self._pids: dict[str, Pid] = {}
        if self._pid_file.exists():
            self._pids = {name: Pid(*pid) for name, pid in json.loads(self._pid_file.read_text()).items()}

    @property
    def node(self) -> Node:
        """Names, ports and password of this node, chosen once."""
        if not self._node_file.exists():
            short = hashlib.sha256(str(self.home).encode()).hexdigest()[:8]
            self._choose(f"burenbus-{short}@localhost", secrets.token_urlsafe(24))
        return Node(**json.loads(self._node_file.read_text()))

    @property
    def amqp_url(self) -> str:
        """The administrator's address, default vhost."""
        return f"amqp://{ADMIN}:{self.node.password}@{LOOPBACK}:{self.node.amqp_port}/"

    @property
    def api_url(self) -> str:
        """The management API, with the administrator's name and password in it."""
        return f"http://{ADMIN}:{self.node.password}@{LOOPBACK}:{self.node.http_port}"

    @property
    def rabbitmqctl(self) -> str:
        """The command that controls this node, as its owner with its cookie: what `BURENBUS_RABBITMQCTL` takes."""
        account = self.account
        owner = ("setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups")
        env = {
            "HOME": str(self.home),  # where the cookie is
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.node.epmd_port),
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "env.conf"),
        }
        given = (f"{name}={value}" for name, value in env.items())
        command = ("env", "-i", "-C", "/", *given, str(CONTROL), "-n", self.node.name)
        return shlex.join((*(owner if account.switch else ()), *command))

    @property
    def pid(self) -> Pid | None:
        """The node's process (the Erlang machine), if it was started."""
        return self._pids.get("beam")

    @property
    def pids(self) -> list[Pid]:
        """Every process that was started for this node."""
        return list(self._pids.values())

    @property
    def running(self) -> bool:
        """Whether the node's process lives."""
        return self.pid is not None and self.pid.alive

    def healthy(self) -> bool:
        """Whether clients can connect and the management API answers for our administrator."""
        return process.listens(self.node.amqp_port) and answers(self.api_url)

    def start(self) -> None:
        """Start the node, or leave it be when it runs, and wait until it takes connections."""
        if not self.running:
            self._launch()
        assert self.pid is not None
        process.wait_until(self.healthy, what="RabbitMQ", pid=self.pid, log=self.log, timeout_s=START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop the node in good order, then its port mapper; nothing of it is left running."""
        names = ("beam", "epmd")
        for name in names:
            if pid := self._pids.get(name):
                process.stop([pid], timeout_s=30)
        self._pid_file.unlink(missing_ok=True)
        self._pids = {}

    def kill(self) -> None:
        """End the node as a crash would. Its state stays; `start` brings it back on the same port.

        Tried on 3.10.8: a quorum queue declared in the last five seconds comes back without a leader and stays so,
        because the node writes that down every five seconds (Ra's meta.dets).
        """
        if self.pid:
            process.stop([self.pid], how=signal.SIGKILL)

    def _choose(self, name: str, password: str) -> None:
        amqp, http, dist, epmd = process.free_ports(4)
        self.account.write(self._node_file, json.dumps(asdict(Node(name, amqp, http, dist, epmd, password))))

    def _launch(self) -> None:
        if any(map(process.listens, (self.node.amqp_port, self.node.http_port, self.node.dist_port))):
            self.stop()  # somebody else took a port while we were away; what is left of ours listens on old ones
            self._choose(self.node.name, self.node.password)
        node = self.node
        account = self.account
        account.own(self.home, deep=True)
        logs = account.own(self.home / "log")
        account.write(self.home / ".erlang.cookie", secrets.token_hex(20), mode=0o400)
        account.write(self.home / "enabled_plugins", "[rabbitmq_management].\n")
        account.write(self.home / "env.conf", "")
        config = CONFIG.format(amqp=node.amqp_port, http=node.http_port, password=node.password)
        account.write(self.home / "rabbitmq.conf", config)
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "ERL_EPMD_PORT": str(node.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_CRASH_DUMP_SECONDS": "0",
            "ERL_MAX_PORTS": "16384",
            # Read by the start script: run the Erlang machine itself, no shell in between that would need signals.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(logs),
            "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"),
            "RABBITMQ_NODENAME": node.name,
            "RABBITMQ_DIST_PORT": str(node.dist_port),
            "RABBITMQ_SCHEDULER_BIND_TYPE": "u",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
        }
        output = self.home.parent / f"{self.home.name}-start.log"
        if "epmd" not in self._pids or not self._pids["epmd"].alive:
            # In the foreground, so that it is ours to stop; the node would start a detached one.
            command = (str(EPMD), "-port", str(node.epmd_port), "-address", LOOPBACK)
            self._pids["epmd"] = process.start(command, log=output, env=env, cwd=self.home, account=account)
        self._pids["beam"] = process.start([str(SERVER)], log=output, env=env, cwd=self.home, account=account)
        account.write(self._pid_file, json.dumps({name: (p.number, p.started_at) for name, p in self._pids.items()}))
