"""The whole stack: up when it is healthy, back after a crash, and gone without a trace.

One stack for all tests, in this order; the second half uses its servers as servers from outside.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import httpx
import psutil
import pytest

from deploy.databases import SERVICES
from deploy.errors import DeployError
from deploy.local import process, rows
from deploy.local.process import Pid
from deploy.local.servers import Servers
from deploy.local.stack import PROCESSES, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]  # on a busy machine each start takes its time


@pytest.fixture
def outside(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stack, Servers]]:
    """Another stack, told by the environment to use servers that are not its own."""
    servers = Servers(stack.directory / "servers")
    servers.start()
    monkeypatch.setenv("BURENBUS_DATABASE_URL", servers.postgres.dsn)
    monkeypatch.setenv("BURENBUS_AMQP_URL", servers.rabbitmq.amqp_url)
    monkeypatch.setenv("BURENBUS_RABBITMQ_API_URL", servers.rabbitmq.api_url)
    other = Stack(stack.directory / "other", settings={"BURENBUS_LOG_LEVEL": "WARNING"})
    try:
        yield other, servers
    finally:
        other.down()
        other.wipe()
        (other.directory / "stack.lock").unlink()
        other.directory.rmdir()


def _unhealthy(stack: Stack) -> list[str]:
    return [row.name for row in stack.status() if not row.healthy]


def _is_ready(stack: Stack, name: str) -> bool:
    return rows.of_process(stack.state, name).healthy


def _family(stack: Stack) -> list[Pid]:
    parents = [psutil.Process(pid.number) for pid in (*stack.state.pids.values(), *stack._servers().pids)]
    return [Pid.of(each.pid) for parent in parents for each in (parent, *parent.children(recursive=True))]


def test_up_returns_when_everything_is_healthy(stack: Stack) -> None:
    """Both servers, the four services, the mailbox, the doorkeeper and the gateway, each in a session of its own."""
    rows = stack.status()
    assert [row.name for row in rows] == ["postgres", "rabbitmq", *PROCESSES]
    assert [row for row in rows if not row.healthy] == []
    assert all(os.getsid(pid.number) == pid.number for pid in stack.state.pids.values())


def test_the_pages_are_behind_one_address(stack: Stack) -> None:
    """The first page comes through the gateway; what is for operators does not."""
    with httpx.Client(base_url=stack.url, trust_env=False) as browser:
        assert browser.get("/").status_code == 200
        assert browser.get("/metrics").status_code == 404
    assert httpx.get(stack.mail_url, trust_env=False).status_code == 200


def test_secrets_are_for_the_owner_and_for_whom_they_concern(stack: Stack) -> None:
    """The state is readable by its owner alone; no service knows the administrator's password or another's.

    The doorkeeper alone is the broker's administrator, and looks into the registry's database.
    """
    assert (stack.directory / "stack.json").stat().st_mode & 0o777 == 0o600
    for name, pid in stack.state.pids.items():
        told = str(psutil.Process(pid.number).environ())
        assert stack._servers().postgres.cluster.password not in told
        assert (stack._servers().rabbitmq.node.password in told) == (name == "doorkeeper")
        knows = "registry" if name == "doorkeeper" else name
        for service in SERVICES:
            assert (stack.state.passwords[service] in told) == (service == knows)


def test_up_again_changes_nothing(stack: Stack) -> None:
    """What runs is left alone."""
    before = dict(stack.state.pids)
    stack.up()
    assert stack.state.pids == before


@pytest.mark.parametrize("name", ["survey", "gateway"])
def test_a_killed_process_is_seen_and_comes_back_on_its_port(stack: Stack, name: str) -> None:
    """Links to it stay right."""
    port = stack.state.ports[name]
    stack.kill(name)
    assert _unhealthy(stack) == [name]
    stack.restart(name)
    assert _unhealthy(stack) == []
    assert stack.state.ports[name] == port


@pytest.mark.parametrize("name", ["postgres", "rabbitmq"])
def test_services_survive_a_server_that_is_killed(stack: Stack, name: str) -> None:
    """They say that they are not ready, go on living, and are healthy again when it is back."""
    pids = dict(stack.state.pids)
    stack.kill(name)
    assert name in _unhealthy(stack)
    stack.restart(name)
    for service in SERVICES:
        log = stack.log(service)
        pid = stack.state.pids[service]
        process.wait_until(partial(_is_ready, stack, service), what=service, pid=pid, log=log, timeout_s=60)
    assert _unhealthy(stack) == []
    assert stack.state.pids == pids


def test_down_leaves_nothing_running_and_can_be_done_again(stack: Stack) -> None:
    """Every process that was started is gone, by pid, with its children.

    The services end by themselves, in good order, even when they have just lost their connections.
    """
    stack.restart("postgres")
    family = _family(stack)
    assert len(family) > 15
    stack.down()
    assert [pid for pid in family if pid.alive] == []
    for service in SERVICES:
        assert "Finished server process" in process.tail(stack.log(service), lines=3), process.tail(stack.log(service))
    stack.down()
    assert {row.health for row in stack.status()} == {"gestopt"}


def test_a_setting_that_makes_no_sense_is_told_and_nothing_is_left_running(outside: tuple[Stack, Servers]) -> None:
    """`up` fails with the service's own sentence, and stops what it had started."""
    other, servers = outside
    other.state.settings = {"BURENBUS_LOG_LEVEL": "NONSENSE"}
    with pytest.raises(DeployError, match="BURENBUS_LOG_LEVEL"):
        other.up()
    assert other.state.pids == {}
    assert servers.rabbitmq.running


def test_without_the_management_api_a_broker_from_outside_is_not_used(
    outside: tuple[Stack, Servers], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The topology could not be made; the sentence says which setting is missing."""
    monkeypatch.delenv("BURENBUS_RABBITMQ_API_URL")
    with pytest.raises(DeployError, match="BURENBUS_RABBITMQ_API_URL"):
        outside[0].up()


def test_interrupted_everything_of_ours_goes_down_and_servers_from_outside_stay(
    outside: tuple[Stack, Servers],
) -> None:
    """As in the demo: on SIGTERM the services go, in good order; servers that were given by address are untouched."""
    other, servers = outside
    before = servers.pids
    code = (
        "import signal, sys\nfrom pathlib import Path\nfrom deploy.local.stack import Stack\n"
        "with Stack(Path(sys.argv[1])).running():\n    print('up', flush=True)\n    signal.pause()\n"
    )
    command = [sys.executable, "-c", code, str(other.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline() == "up\n", demo.communicate()
        seen = Stack(other.directory)
        assert _unhealthy(seen) == []
        assert [row.health for row in seen.status()[:2]] == ["gezond (van buiten)"] * 2
        family = list(seen.state.pids.values())
        demo.send_signal(signal.SIGTERM)
        _, complaint = demo.communicate(timeout=120)
    assert complaint.splitlines()[-1] == "KeyboardInterrupt"
    assert [pid for pid in family if pid.alive] == []
    assert servers.pids == before
    assert all(pid.alive for pid in before)
    with pytest.raises(DeployError, match="niet van ons"):
        seen.kill("postgres")
