"""The registry as it runs, with pages and broker, for clients that we did not write; and node with its packages."""

import asyncio
import hashlib
import os
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from deploy import boarding
from deploy.local import packages, process
from services.registry.app import build
from services.registry.settings import Settings
from tests.conftest import MakeDatabase, VHost
from tests.room import SECRET
from tests.servers import VAR
from tests.serving import serving

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "deploy" / "examples"
PATIENCE_S = 90


@dataclass(frozen=True)
class Ran:
    """How a client ended, and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Partner:
    """A partner that was just taken on: what its clients read from the environment."""

    name: str
    environment: Mapping[str, str]

    async def run(self, *command: str | Path, cwd: Path = EXAMPLES, **environment: str) -> Ran:
        """A client of this partner, as a process that knows nothing else."""
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            cwd=cwd,
            env={"PATH": os.environ["PATH"], **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            out, err = await process.communicate()
            pytest.fail(f"{command[0]} did not end: {out.decode()}{err.decode()}")
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())


Board = Callable[..., Awaitable[Partner]]


@pytest_asyncio.fixture
async def board(database: MakeDatabase, vhost: VHost) -> AsyncIterator[Board]:
    """`await board()`: a new partner of a registry that runs, with its broker user, its source and its token;
    `sandbox=True` for one that tries things out."""
    users: list[str] = []
    [port] = process.free_ports(1)
    settings = Settings(
        amqp_url=vhost.url("registry"),
        database_url=await database("registry"),
        http_port=port,
        public_url=f"http://127.0.0.1:{port}",
        link_secret=SECRET,
        log_level="WARNING",
    )
    service = build(settings)

    async def make(*, sandbox: bool = False) -> Partner:
        name = f"p-{secrets.token_hex(4)}"
        assert service.database
        async with service.database.transaction() as tx:
            done, login = await boarding.take_on(tx, vhost.management, name, title="Netwerk De Proef", sandbox=sandbox)
        assert login
        users.append(login.user)
        return Partner(
            name,
            {
                "BURENBUS_AMQP_URL": vhost.url(login.user, login.password),
                "BURENBUS_PARTNER": name,
                "BURENBUS_SOURCE": done.now.sources[0],
                "BURENBUS_URL": settings.public_url,
                "BURENBUS_TOKEN": login.token,
            },
        )

    async def ready() -> bool:
        return not await service.troubles()

    async with serving(service.web, port=port, ready=ready):
        yield make
    for user in users:
        await vhost.management.delete_user(user)


NodeFolder = Callable[[Path], Path]


@pytest.fixture(scope="session")
def node() -> NodeFolder:
    """`node(folder)`: a copy of a folder with a package-lock.json under var/, with exactly those packages installed.

    Installs node and npm of the distribution where they are missing; without them there is no test, so it fails.
    """
    if missing := [name for name, command in (("nodejs", "node"), ("npm", "npm")) if shutil.which(command) is None]:
        packages.install(*missing)

    def prepare(folder: Path) -> Path:
        digest = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()[:12]
        made = VAR / "node" / f"{folder.name}-{digest}"
        if not (made / "node_modules" / ".package-lock.json").exists():
            made.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, made / name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(command, cwd=made, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        for program in folder.glob("*.mjs"):
            shutil.copy(program, made / program.name)
        return made

    return prepare
