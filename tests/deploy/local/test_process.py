"""Processes are found again by number and start time, and go with everything that they started."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.local import process
from deploy.local.process import Pid

PARENT = """
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
signal.signal(signal.SIGTERM, signal.SIG_IGN) if sys.argv[1] == "stubborn" else None
print(child.pid, flush=True)
signal.pause()
"""


def _start(tmp_path: Path, *arguments: str) -> Pid:
    command = [sys.executable, "-c", *arguments]
    return process.start(command, log=tmp_path / "log", env=dict(os.environ), cwd=tmp_path)


@pytest.mark.parametrize(("manner", "timeout_s"), [("willing", 10), ("stubborn", 0.2)])
def test_stopping_takes_the_children_along(tmp_path: Path, manner: str, timeout_s: float) -> None:
    """Who does not listen within the time is killed, and so are the children that are left."""
    pid = _start(tmp_path, PARENT, manner)
    process.wait_until(
        lambda: (tmp_path / "log").read_text().endswith("\n"), what="x", pid=pid, log=tmp_path / "log", timeout_s=10
    )
    child = Pid.of(int((tmp_path / "log").read_text()))
    process.stop([pid], timeout_s=timeout_s)
    assert not pid.alive
    assert not child.alive


def test_a_number_that_was_given_out_again_is_not_taken_for_ours() -> None:
    """Only number and start time together are a process; the other one is left alone."""
    mine = Pid.of(os.getpid())
    assert mine.alive
    stale = replace(mine, started_at=mine.started_at - 60)
    assert not stale.alive
    process.stop([stale])
    process.kill(stale)
    assert mine.alive


def test_a_zombie_is_gone() -> None:
    """It runs no more, though nobody has asked for its exit code."""
    child = subprocess.Popen(["true"])
    pid = Pid.of(child.pid)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not pid.alive
    child.wait()


def test_a_process_that_ends_at_once_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    """Nobody has to look for the log to see why."""
    pid = _start(tmp_path, "print('no such setting'); raise SystemExit(78)")
    with pytest.raises(DeployError, match=r"(?s)Dienst x is meteen weer gestopt.*no such setting"):
        process.wait_until(lambda: False, what="Dienst x", pid=pid, log=tmp_path / "log", timeout_s=30)


def test_a_process_that_is_never_ready_is_told(tmp_path: Path) -> None:
    """Waiting has an end."""
    pid = _start(tmp_path, "import signal; signal.pause()")
    with pytest.raises(DeployError, match="nog niet klaar"):
        process.wait_until(lambda: False, what="Dienst x", pid=pid, log=tmp_path / "log", timeout_s=0.1)
    process.stop([pid])


def test_free_ports_are_different_and_free() -> None:
    """Nobody listens on any of them."""
    ports = process.free_ports(20)
    assert len(set(ports)) == 20
    assert not any(map(process.listens, ports))


def test_no_outgoing_connection_gets_a_free_port() -> None:
    """Between finding a port and listening at it, Linux (32768 to 60999 by default) may give it to one who connects."""
    assert max(process.free_ports(200)) < 32_768
