"""The servers that the tests run against: shared ones from the environment, or a pair of this run's own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.servers import Servers

VAR = Path(__file__).resolve().parent.parent / "var"
VARIABLES = ("BURENBUS_TEST_POSTGRES", "BURENBUS_TEST_AMQP", "BURENBUS_TEST_RABBITMQ_API")
CONTROL = "BURENBUS_TEST_RABBITMQCTL"


@dataclass(frozen=True)
class RabbitServer:
    """A broker, as its administrator sees it."""

    amqp_url: str
    api_url: str
    rabbitmqctl: str
    """The command by which the node's owner controls it."""


@dataclass(frozen=True)
class TestServers:
    """Both servers, as their administrator sees them."""

    __test__ = False

    postgres: str
    rabbitmq: RabbitServer


@contextmanager
def test_servers() -> Iterator[TestServers]:
    """The servers that the environment names; without those, private ones that last as long as the run.

    `python -m deploy.local.servers up --dir DIR` starts a pair that several runs can share.
    """
    given = [os.environ.get(name, "") for name in VARIABLES]
    if all(given):
        yield TestServers(given[0], RabbitServer(given[1], given[2], os.environ.get(CONTROL, "")))
        return
    if any(given):
        raise RuntimeError(f"set all of {', '.join(VARIABLES)}, or none")
    directory = VAR / f"test-{os.getpid()}"
    servers = Servers(directory, durable=False)
    try:
        servers.start(say=print)
        rabbitmq = servers.rabbitmq
        server = RabbitServer(rabbitmq.amqp_url, rabbitmq.api_url, rabbitmq.rabbitmqctl)
        yield TestServers(servers.postgres.dsn, server)
    finally:
        servers.rabbitmq.kill()  # an orderly stop takes seconds, and nothing of it is kept
        servers.stop()
        shutil.rmtree(servers.home)
        directory.unlink(missing_ok=True) if directory.is_symlink() else None
