"""A service as a process of its own, which scenarios kill, stop, start again and replace."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import httpx

from tests.shared.bus.broker import port

PATIENCE_S = 90


class Process:
    """One replica of a service. Started again it listens at another port; what it says goes on in the same log."""

    def __init__(self, service: str, environment: Mapping[str, str], log: Path) -> None:
        self.service, self.log = service, log
        self.environment = dict(environment)
        self.port = 0
        self.deaths = 0
        self._process: asyncio.subprocess.Process | None = None
        self._log: IO[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, *, wait: bool = True, sabotage: str = "") -> None:
        assert not self.running
        self.port = port()
        self._log = self._log or self.log.open("ab")
        module = ["tests.faults.sabotage", self.service] if sabotage else [f"services.{self.service}"]
        outer = {k: v for k, v in os.environ.items() if not k.startswith("BURENBUS_")}
        mine = {**self.environment, "BURENBUS_HTTP_PORT": str(self.port), "BURENBUS_SABOTAGE": sabotage}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *module, env=outer | mine, stdout=self._log, stderr=self._log
        )
        if wait:
            await self.until_ready()

    async def until_ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while await self.troubles() != []:
                assert self.running, f"{self.service} stopped with {self.code}; see {self.log}"
                await asyncio.sleep(0.1)

    async def troubles(self) -> list[str] | None:
        """What /health/ready says is wrong; None if it does not answer."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            try:
                answer = await client.get(f"http://127.0.0.1:{self.port}/health/ready")
            except httpx.TransportError:
                return None
        found: list[str] = answer.json()["troubles"] if answer.status_code == 503 else []
        return found

    @property
    def code(self) -> int | None:
        return self._process.returncode if self._process else None

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        await self.wait()

    async def stop(self) -> int | None:
        """As an operator stops it; gives its exit code."""
        self.signal(signal.SIGTERM)
        return await self.wait()

    async def wait(self) -> int | None:
        if self._process is not None:
            async with asyncio.timeout(PATIENCE_S):
                await self._process.wait()
            self.deaths += self._process.returncode == -signal.SIGKILL
        return self.code

    async def keep_alive(self, *, sabotage: str = "") -> None:
        """Starts it again whenever it has died, as an operator's supervisor does, until cancelled."""
        while True:
            await self.wait()
            await self.start(wait=False, sabotage=sabotage)

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None
