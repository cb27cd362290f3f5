"""The whole platform in containers, from `.env`, on RabbitMQ 4: it comes up healthy, and the demo's journey passes."""

import json
import subprocess

import httpx
import pytest

from .platform import Compose

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]


def test_everything_is_healthy_and_as_small_as_can_be(compose: Compose) -> None:
    """Services run as an ordinary user, on a read-only file system, without capabilities; broker and database are not published."""
    for service in ("registry", "survey", "notify", "reporting"):
        container = compose.container(service)
        assert container["State"]["Health"]["Status"] == "healthy"
        assert container["Config"]["User"] == "10001"
        assert container["HostConfig"]["ReadonlyRootfs"]
        assert container["HostConfig"]["CapDrop"] == ["ALL"]
    assert compose.container("postgres")["HostConfig"]["PortBindings"] == {}


def test_the_broker_is_rabbitmq_4(compose: Compose) -> None:
    """The tests run on the distribution's RabbitMQ; this is the other one."""
    assert compose("exec", "-T", "rabbitmq", "rabbitmqctl", "version").startswith("4.")


def test_health_and_metrics_are_not_let_out(compose: Compose) -> None:
    """The proxy answers for pages only."""
    for path in ("/health/ready", "/metrics", "/health/../metrics"):
        assert httpx.get(compose.url + path).status_code == 404
    assert httpx.get(compose.url + "/kaart").status_code == 200


def test_the_journey_passes(compose: Compose) -> None:
    """The demo, run as the administrator inside, reaches the same bars on RabbitMQ 4 and PostgreSQL 17."""
    out = compose("run", "--rm", "-T", "admin", "sh", "-c", "burenbus demo --running --json /tmp/f >&2; cat /tmp/f")
    figures = json.loads(out)
    assert figures["matching"]["precision"] >= 0.995
    assert figures["matching"]["recall"] >= 0.97
    assert figures["responses"]["counted"] == 323
    assert figures["events"]["set_aside"] == 0
    assert figures["mails"]["invitation"] > 1000


def test_logs_are_json_and_follow_an_event(compose: Compose) -> None:
    """Every line of a service's log is a JSON object."""
    container = compose("ps", "-q", "registry").strip()
    logs = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=True)
    lines = (logs.stdout + logs.stderr).splitlines()
    assert lines
    assert [line for line in lines if not line.startswith("{")] == []
    assert {json.loads(line)["service"] for line in lines if line.strip()} == {"registry"}
