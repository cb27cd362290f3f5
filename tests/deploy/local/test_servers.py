"""The private servers: beside what runs already, crash-proof, and gone when told to stop."""

import os
import secrets
import shutil
from collections.abc import Iterator

import aio_pika
import asyncpg
import psutil
import pytest

from deploy.local.process import LOOPBACK, Pid
from deploy.local.servers import Servers
from tests.servers import VAR

pytestmark = pytest.mark.stack

STANDARD_PORTS = {5432, 5672, 15672, 4369, 25672}


@pytest.fixture(scope="module")
def pair() -> Iterator[Servers]:
    """A durable pair, as the local stack starts it."""
    servers = Servers(VAR / f"test-pair-{secrets.token_hex(4)}")
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(servers.home)


def _family(servers: Servers) -> list[psutil.Process]:
    parents = [psutil.Process(pid.number) for pid in servers.pids]
    return parents + [child for parent in parents for child in parent.children(recursive=True)]


def test_they_listen_on_the_loopback_address_and_on_no_standard_port(pair: Servers) -> None:
    """A server on the standard ports is neither used nor in the way, and nobody outside gets in."""
    listening = {
        connection.laddr
        for each in _family(pair)
        for connection in each.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(listening) >= 4
    assert {address.ip for address in listening} <= {LOOPBACK, "::1"}
    assert not {address.port for address in listening} & STANDARD_PORTS


def test_they_do_not_run_as_root(pair: Servers) -> None:
    """As root we start them as the system user burenbus, else as ourselves."""
    users = {each.username() for each in _family(pair)}
    assert users == {"burenbus" if os.geteuid() == 0 else psutil.Process().username()}


def test_starting_what_runs_changes_nothing(pair: Servers) -> None:
    """The same processes go on."""
    before = pair.pids
    pair.start()
    assert pair.pids == before


async def test_a_killed_broker_comes_back_on_the_same_port_with_its_messages(pair: Servers) -> None:
    """What was confirmed is there after kill -9.

    The queue is not brand-new: the broker may lose one that was declared within five seconds of the crash. An orderly
    restart writes it down.
    """
    url = pair.rabbitmq.amqp_url
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
    pair.rabbitmq.stop()
    pair.rabbitmq.start()
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        message = aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, "kept")
    pair.rabbitmq.kill()
    assert not pair.rabbitmq.running
    pair.rabbitmq.start()
    assert pair.rabbitmq.amqp_url == url
    connection = await aio_pika.connect(url)
    async with connection:
        queue = await (await connection.channel()).get_queue("kept")
        assert (await queue.get()).body == b"kept"


@pytest.mark.parametrize("stopped_before", [False, True])
async def test_a_killed_database_comes_back_on_the_same_port_with_its_rows(pair: Servers, stopped_before: bool) -> None:
    """What was committed is there after kill -9, whether or not `stop` was called on what was dead."""
    dsn = pair.postgres.dsn
    connection = await asyncpg.connect(dsn)
    await connection.execute("create table if not exists kept (id int)")
    before = await connection.fetchval("select count(*) from kept")
    await connection.execute("insert into kept values (1)")
    pair.postgres.kill()
    assert not pair.postgres.running
    if stopped_before:
        pair.postgres.stop()
    pair.postgres.start()
    assert pair.postgres.dsn == dsn
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("select count(*) from kept") == before + 1
    await connection.close()


def test_secrets_are_readable_by_the_servers_user_alone(pair: Servers) -> None:
    """Passwords and the cookie stand in files of mode 0600 or less, in directories of 0700."""
    for home in (pair.rabbitmq.home, pair.postgres.home):
        assert home.stat().st_mode & 0o077 == 0
        for file in home.glob("*"):
            if file.suffix in {".json", ".conf", ".cookie"}:
                assert file.stat().st_mode & 0o077 == 0, file


def test_stopping_leaves_nothing_running_and_can_be_done_again(pair: Servers) -> None:
    """The Erlang machine, its helpers and its port mapper, the postmaster and its backends: all gone, by pid."""
    family = [Pid.of(each.pid) for each in _family(pair)]
    assert len(family) > 8
    pair.stop()
    assert [pid for pid in family if pid.alive] == []
    pair.stop()
    assert pair.pids == []
