"""Real servers for every test that asks for them: a database of its own per test, a vhost per run, emptied per test."""

import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest
import pytest_asyncio
import stamina
from hypothesis import settings

from deploy import broker, databases
from deploy.broker import Management
from deploy.databases import SERVICES, Database
from tests.room import room_of
from tests.servers import RabbitServer, TestServers, test_servers

PASSWORD = "only-for-tests"
os.environ["COLUMNS"] = "250"  # no line of a command is broken for the width of a terminal
settings.register_profile("thorough", deadline=None, max_examples=2000)  # pytest --hypothesis-profile=thorough

__all__ = ["room_of"]  # a fixture

MakeDatabase = Callable[[str], Awaitable[str]]


@pytest.fixture(scope="session")
def servers() -> Iterator[TestServers]:
    """PostgreSQL and RabbitMQ, once per run."""
    with test_servers() as servers:
        yield servers


@pytest.fixture(scope="session")
def postgres(servers: TestServers) -> str:
    """The administrator's address of PostgreSQL."""
    return servers.postgres


@pytest.fixture(scope="session")
def rabbitmq(servers: TestServers) -> RabbitServer:
    """The administrator's addresses of RabbitMQ: AMQP, and the management API."""
    return servers.rabbitmq


@pytest.fixture(scope="session")
def template(postgres: str) -> Callable[[str], Awaitable[Database]]:
    """The migrated database of a service, to clone from: made once for each content of its migrations."""
    ready: dict[str, Database] = {}

    async def make(service: str) -> Database:
        if service not in ready:
            digest = hashlib.sha256()
            for directory in databases.migrations(service):
                for file in sorted(directory.glob("*.sql")):
                    digest.update(file.name.encode() + file.read_bytes())
            template = Database(service, PASSWORD, f"burenbus_{service}_template_{digest.hexdigest()[:12]}")
            await databases.prepare_and_migrate(postgres, template)
            ready[service] = template
        return ready[service]

    return make


@pytest_asyncio.fixture
async def database(postgres: str, template: Callable[[str], Awaitable[Database]]) -> AsyncIterator[MakeDatabase]:
    """`await database("survey")`: the address, as the service's own role, of a fresh database with its migrations."""
    made: list[Database] = []

    async def make(service: str) -> str:
        name = f"burenbus_{service}_test_{secrets.token_hex(6)}"
        source = await template(service)
        # Another run that shares the server may be in the template for a moment.
        async for attempt in stamina.retry_context(on=asyncpg.ObjectInUseError, timeout=30):
            with attempt:
                one = await databases.clone(postgres, source, name)
        made.append(one)
        return one.dsn(postgres)

    yield make
    for one in made:
        await databases.drop(postgres, one.database)


@dataclass(frozen=True)
class VHost:
    """A vhost with the platform's topology in it, and how to get in."""

    name: str
    server: RabbitServer
    management: Management

    @property
    def admin_url(self) -> str:
        """The administrator's address: may do everything, services' queues included."""
        parts = urlsplit(self.server.amqp_url)
        return broker.amqp_url(
            self.server.amqp_url,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            vhost=self.name,
        )

    def url(self, user: str, password: str = PASSWORD) -> str:
        """The address for a service, or for a partner's user."""
        return broker.amqp_url(self.server.amqp_url, user=user, password=password, vhost=self.name)

    async def board(self, partner: str) -> str:
        """Make a partner's queues and its user `<partner>.1`; returns that user's address.

        Users belong to the broker and not to the vhost: take a name of the test's own where runs may share a server.
        """
        await broker.board(self.management, partner, {f"{partner}.1": PASSWORD})
        return self.url(f"{partner}.1")


@pytest_asyncio.fixture(scope="session")
async def whole_vhost(rabbitmq: RabbitServer) -> AsyncIterator[VHost]:
    """One vhost for this run, with the topology applied; use `vhost`, that empties it first."""
    name = f"test-{secrets.token_hex(6)}"
    async with Management(rabbitmq.api_url, name) as management:
        await broker.apply(management, dict.fromkeys(SERVICES, PASSWORD))
        yield VHost(name, rabbitmq, management)
        await management.delete_vhost()


@pytest_asyncio.fixture
async def vhost(whole_vhost: VHost) -> VHost:
    """The run's vhost, with every queue empty."""
    await whole_vhost.management.purge()
    return whole_vhost
