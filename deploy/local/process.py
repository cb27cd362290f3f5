"""Starting a process that outlives us, watching it come up, and taking it down with everything that it started."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import DeployError
from deploy.local.account import Account

try:
    import psutil
except ModuleNotFoundError:  # of the extra `local`, which the image does not have
    raise DeployError(
        "Dit gaat over een platform dat op deze machine zelf draait, en dat kan deze installatie niet starten of vinden: "
        "wat daarvoor nodig is, zit er niet in. Draait het elders, zet dan alle instellingen van de beheerder."
    ) from None

LOOPBACK = "127.0.0.1"
PAUSE_S = 0.02
PORTS = range(20_000, 32_000)
"""Below those that Linux gives to outgoing connections: one of these could take a port before its owner listens."""


@dataclass(frozen=True)
class Pid:
    """A process, named so that a number that was given out again is never taken for it."""

    number: int
    started_at: float
    """Seconds since the epoch, as the kernel says."""

    @classmethod
    def of(cls, number: int) -> "Pid":
        """The process that has this number now. Raises psutil.NoSuchProcess."""
        return cls(number, psutil.Process(number).create_time())

    def find(self) -> psutil.Process | None:
        """The process itself, or None when it is gone (a zombie is gone)."""
        try:
            process = psutil.Process(self.number)
            # The kernel counts in ticks from boot: the same process may differ by one between two readings.
            if abs(process.create_time() - self.started_at) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            pass
        return None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.find() is not None


def free_ports(count: int) -> list[int]:
    """Ports on the loopback address that nobody listens on, all different, for a process that begins to listen later."""
    free: list[int] = []
    with contextlib.ExitStack() as stack:
        for port in random.SystemRandom().sample(PORTS, len(PORTS)):
            if len(free) == count:
                break
            with contextlib.suppress(OSError):
                stack.enter_context(socket.socket()).bind((LOOPBACK, port))
                free.append(port)
    return free


def listens(port: int) -> bool:
    """Whether somebody accepts connections on this port of the loopback address."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=0.5):
            return True
    except OSError:
        return False


def start(
    command: Iterable[str],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    account: Account | None = None,
) -> Pid:
    """Start a process in a session of its own, its output appended to `log`; it goes on when we end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            **(account.popen if account else {}),  # type: ignore[call-overload]
        )
    process.returncode = 0  # it is meant to outlive us: no warning when the object goes
    return Pid.of(process.pid)


def wait_until(ready: Callable[[], bool], *, what: str, pid: Pid, log: Path, timeout_s: float) -> None:
    """Wait until `ready` says so. Raises DeployError, with the end of the log, when the process ends or time is up."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        gone, late = not pid.alive, time.monotonic() > deadline
        if gone or late:
            why = "is meteen weer gestopt" if gone else f"was na {timeout_s:.0f} seconden nog niet klaar"
            raise DeployError(f"{what} {why}. Het einde van {log}:\n{tail(log)}")
        time.sleep(PAUSE_S)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for a message."""
    with contextlib.suppress(OSError):
        return "\n".join("  " + line for line in log.read_text("utf-8", "replace").splitlines()[-lines:])
    return "  (geen log)"


def stop(pids: Iterable[Pid], *, how: signal.Signals = signal.SIGTERM, timeout_s: float = 20) -> None:
    """Ask processes to stop, all at once, and end what is left of them and their children after `timeout_s`."""
    asked = [process for pid in pids if (process := pid.find())]
    family = list(asked)
    for process in asked:
        with contextlib.suppress(psutil.NoSuchProcess):
            family += process.children(recursive=True)
    for process in asked:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(how)
    _reap(asked, timeout_s)
    left = _reap(family, 1 if asked else 0)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    if still := _reap(left, 5):
        raise DeployError(f"Deze processen stoppen niet: {', '.join(str(p.pid) for p in still)}")


def working_in(directory: Path) -> list[Pid]:
    """The processes whose working directory this is."""
    found = []
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if each.cwd() == str(directory):
                found.append(Pid.of(each.pid))
    return found


def kill(pid: Pid) -> None:
    """End a process at once, as a crash would: it gets no chance to tidy up."""
    if process := pid.find():
        process.kill()
        _reap([process], 5)


def _reap(processes: list[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    """Wait for processes; the ones that still run. Children of ours are reaped, so that no zombie is left."""
    deadline = time.monotonic() + timeout_s
    while True:
        for process in processes:
            with contextlib.suppress(ChildProcessError, OSError):
                os.waitpid(process.pid, os.WNOHANG)
        left = [p for p in processes if _runs(p)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(PAUSE_S)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
