"""A service as a process of its own, which scenarios kill, stop, start again and replace.

The processes are forked from one that has loaded all services, and does nothing else: to load them takes seconds, and a
scenario starts several.
"""

import asyncio
import contextlib
import math
import multiprocessing
import os
import signal
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx

from deploy.local.process import free_ports

from .patience import PATIENCE_S, until

_context = multiprocessing.get_context("forkserver")


def load_services() -> None:
    """Once, before any is started."""
    _context.set_forkserver_preload(["tests.faults.sabotage"])


class Process:
    """One replica of a service. Started again it listens at another port; what it says goes on in the same log."""

    def __init__(self, service: str, environment: Mapping[str, str], log: Path) -> None:
        self.service, self.log = service, log
        self.environment = dict(environment)
        self.port = 0
        self.deaths = 0
        self._process: ForkServerProcess | None = None
        self._buried: ForkServerProcess | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.exitcode is None

    async def start(self, *, wait: bool = True, sabotage: str = "") -> None:
        assert not self.running
        [self.port] = free_ports(1)
        mine = {**self.environment, "BURENBUS_HTTP_PORT": str(self.port), "BURENBUS_SABOTAGE": sabotage}
        self._process = _context.Process(target=_run, args=(self.service, mine, str(self.log)), name=self.service)
        await asyncio.to_thread(self._process.start)
        if wait:
            await self.until_ready()

    async def until_ready(self) -> None:
        async def ready() -> bool:
            assert self.running, f"{self.service} stopped with {self.code}; see {self.log}"
            return await self.troubles() == []

        await until(ready, f"{self.service} is ready; see {self.log}")

    async def troubles(self) -> list[str] | None:
        """What /health/ready says is wrong; None if it does not answer."""
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=10) as client:
            try:
                answer = await client.get(f"http://127.0.0.1:{self.port}/health/ready")
            except httpx.TransportError:
                return None
        found: list[str] = answer.json()["troubles"] if answer.status_code == 503 else []
        return found

    def said(self, words: str) -> int:
        """How often its log has these words, in whatever case."""
        return self.log.read_text().lower().count(words.lower()) if self.log.exists() else 0

    @property
    def code(self) -> int | None:
        return self._process.exitcode if self._process else None

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            assert self._process.pid
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        await self.wait()

    async def stop(self) -> int | None:
        """As an operator stops it; gives its exit code."""
        self.signal(signal.SIGTERM)
        return await self.wait()

    async def wait(self, *, within_s: float = PATIENCE_S) -> int | None:
        """Until it has ended; gives its exit code."""

        async def ended() -> bool:
            return not self.running

        await until(ended, f"{self.service} ends; see {self.log}", within_s=within_s)
        if self._process is not self._buried:
            self._buried = self._process
            self.deaths += self.code == -signal.SIGKILL
        return self.code

    async def keep_alive(self, *, sabotage: str = "") -> None:
        """Starts it again whenever it has died, as an operator's supervisor does, until cancelled."""
        while True:
            await self.wait(within_s=math.inf)
            await self.start(wait=False, sabotage=sabotage)


def _run(service: str, environment: dict[str, str], log: str) -> None:
    """In the new process: its own environment, its own log, and then the service."""
    from . import sabotage

    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    for name in [name for name in os.environ if name.startswith("BURENBUS_")]:
        del os.environ[name]
    os.environ.update(environment)
    sabotage.run(service)
