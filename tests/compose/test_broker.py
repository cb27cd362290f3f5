"""RabbitMQ 4, of which the tests elsewhere run the 3.10 of the distribution: the bus and the administrator can rely on it."""

import re
import secrets
import sys
from collections.abc import Iterable, Iterator

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


def passed(*chosen: str, env: dict[str, str]) -> list[str]:
    """The tests that were run, as `file::name`; each of them passed, none was skipped."""
    said = run(sys.executable, "-m", "pytest", "-q", "-rpsxX", *chosen, env=env)
    outcomes = re.findall(r"^(PASSED|SKIPPED|XFAIL|XPASS) (\S+)", said, re.MULTILINE)
    assert {outcome for outcome, _ in outcomes} == {"PASSED"}, said
    return [test for _, test in outcomes]


def files(tests: Iterable[str]) -> set[str]:
    return {test.partition("::")[0] for test in tests}


def test_the_bus_keeps_its_promises(rabbitmq_4: dict[str, str]) -> None:
    """Every test of the bus against a real broker, poison messages among them."""
    names = ("strange_messages", "nothing_lost", "permissions", "facts_heard", "relay", "service")
    tests = {f"tests/shared/bus/test_{name}.py" for name in names}
    assert files(passed(*sorted(tests), env=rabbitmq_4)) == tests


def test_partners_are_boarded_through_the_management_api(rabbitmq_4: dict[str, str]) -> None:
    """Topology, users, permissions, limits, rotation, standing still and removal."""
    tests = {f"tests/deploy/test_{name}.py" for name in ("administration", "boarding", "broker")}
    chosen = ("-m", "stack or not stack", "-k", "not rabbitmqctl")
    assert files(passed(*chosen, *sorted(tests), env=rabbitmq_4)) == tests


def test_partners_are_boarded_by_rabbitmqctl(rabbitmq_4: dict[str, str]) -> None:
    """Made, stood still and removed by the command in its container, where there is no management API. The rest of what is
    asked through it is tested on 3.10; each call takes seconds."""
    names = ("what_is_made", "may_not_publish", "removed_partner")
    chosen = ("-m", "stack or not stack", "-k", f"rabbitmqctl and ({' or '.join(names)})")
    done = passed(*chosen, "tests/deploy/test_administration.py", env=rabbitmq_4)
    assert [name for name in names if not any(name in test for test in done)] == []
