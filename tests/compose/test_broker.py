"""RabbitMQ 4, of which the tests elsewhere run the 3.10 of the distribution: the bus and the administrator can rely on it."""

import secrets
import sys
from collections.abc import Iterator

import httpx
import pytest
import stamina

from deploy.local.process import free_ports

from .platform import DEPLOY, run

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def rabbitmq_4(engine: dict[str, str], postgres: str) -> Iterator[dict[str, str]]:
    """A broker of its own, controlled through its management API and by `rabbitmqctl` in its container; gives the environment
    in which tests use it."""
    amqp, api = free_ports(2)
    password = secrets.token_hex(16)
    container = run(
        *("docker", "run", "--detach", "--pull", "missing" if "BURENBUS_DOCKER_SETUP" not in engine else "never"),
        *("-p", f"127.0.0.1:{amqp}:5672", "-p", f"127.0.0.1:{api}:15672"),
        *("-e", "RABBITMQ_DEFAULT_USER=admin", "-e", f"RABBITMQ_DEFAULT_PASS={password}"),
        *("-v", f"{DEPLOY / 'rabbitmq.conf'}:/etc/rabbitmq/conf.d/20-burenbus.conf:ro", "rabbitmq:4-management"),
        env=engine,
    ).strip()
    url = f"http://admin:{password}@127.0.0.1:{api}"
    try:
        for attempt in stamina.retry_context(on=httpx.HTTPError, attempts=60, wait_max=2, timeout=120):
            with attempt:
                httpx.get(f"{url}/api/overview", timeout=5).raise_for_status()
        yield {
            **engine,
            "BURENBUS_TEST_POSTGRES": postgres,
            "BURENBUS_TEST_AMQP": f"amqp://admin:{password}@127.0.0.1:{amqp}/",
            "BURENBUS_TEST_RABBITMQ_API": url,
            "BURENBUS_TEST_RABBITMQCTL": f"docker exec -i {container} rabbitmqctl",
        }
    finally:
        run("docker", "rm", "--force", "--volumes", container, env=engine)


def test_the_bus_keeps_its_promises(rabbitmq_4: dict[str, str]) -> None:
    """Every test of the bus against a real broker, poison messages among them."""
    tests = ("strange_messages", "nothing_lost", "permissions", "facts_heard", "relay", "service")
    run(sys.executable, "-m", "pytest", "-q", *(f"tests/shared/bus/test_{name}.py" for name in tests), env=rabbitmq_4)


def test_partners_are_boarded_through_the_management_api(rabbitmq_4: dict[str, str]) -> None:
    """Topology, users, permissions, limits, rotation, standing still and removal."""
    tests = ("test_administration.py", "test_boarding.py", "test_broker.py")
    chosen = ("-m", "stack or not stack", "-k", "not rabbitmqctl")
    run(sys.executable, "-m", "pytest", "-q", *chosen, *(f"tests/deploy/{name}" for name in tests), env=rabbitmq_4)


def test_partners_are_boarded_by_rabbitmqctl(rabbitmq_4: dict[str, str]) -> None:
    """Made, stood still and removed by the command in its container, where there is no management API. The rest of what is
    asked through it is tested on 3.10; each call takes seconds."""
    chosen = ("-m", "stack or not stack", "-k", "rabbitmqctl and (what_is_made or may_not_publish or removed_partner)")
    run(sys.executable, "-m", "pytest", "-q", *chosen, "tests/deploy/test_administration.py", env=rabbitmq_4)
