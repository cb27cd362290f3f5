"""Distribution packages, installed without starting the services that they bring."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.errors import DeployError

POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian's gate (invoke-rc.d, deb-systemd-invoke): exit code 101 from this script means "do not start"."""

Say = Callable[[str], None]


@contextmanager
def services_held_back(policy: Path = POLICY) -> Iterator[None]:
    """No service starts while packages are installed; a gate that stood there before stands there after."""
    kept = policy.with_name(policy.name + ".before-burenbus")
    if policy.exists() and not kept.exists():  # it exists when an earlier run was cut off: then that is the old gate
        policy.rename(kept)
    try:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        yield
    finally:
        policy.unlink(missing_ok=True)
        if kept.exists():
            kept.rename(policy)


def _run(*command: str) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise DeployError(f"`{' '.join(command)}` is mislukt: {' / '.join(last) or f'code {done.returncode}'}")


def install(*packages: str, services: tuple[str, ...] = (), say: Say = print) -> None:
    """Install packages of the distribution, as root.

    `services` are the units that these packages would start now and at every boot: they are held back now and
    disabled for later, because only our own private node is wanted.

    Raises DeployError with the command to give when this is not root or not a Debian-like system.
    """
    if shutil.which("apt-get") is None:
        raise DeployError(f"Installeer eerst: {', '.join(packages)} (apt-get bestaat hier niet).")
    if os.geteuid() != 0:
        raise DeployError(
            f"{', '.join(packages)} ontbreekt en installeren kan alleen als root. Geef eenmalig dit commando:\n"
            f"  sudo apt-get install --no-install-recommends {' '.join(packages)}"
        )
    say(f"Installeren uit de distributie: {', '.join(packages)} (zonder de dienst van het systeem te starten)")
    lock = ("-o", "DPkg::Lock::Timeout=300")
    with services_held_back():
        _run("apt-get", *lock, "update", "-qq")
        _run("apt-get", *lock, "install", "-y", "-qq", "--no-install-recommends", *packages)
    if shutil.which("systemctl"):
        for service in services:
            subprocess.run(["systemctl", "disable", "--quiet", service], check=False, capture_output=True)
