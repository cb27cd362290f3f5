"""The whole platform in containers, from `.env`, on RabbitMQ 4: it comes up healthy, and the demo's journey passes."""

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import stamina

from deploy.local.process import free_ports

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]
ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def run(*words: str | Path, **more: object) -> str:
    """Runs a command; its output. What went wrong is shown."""
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, cwd=ROOT, **more)  # type: ignore[call-overload]
    if done.returncode:
        pytest.fail(f"{shlex.join(map(str, words))}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return str(done.stdout)


@pytest.fixture(scope="module")
def engine() -> dict[str, str]:
    """A Docker engine that answers; BURENBUS_DOCKER_SETUP is run first where it is set. Gives the environment for it."""
    environment = dict(os.environ)
    setup = os.environ.get("BURENBUS_DOCKER_SETUP")
    if setup:
        run(*shlex.split(setup))
    if shutil.which("docker") is None:
        pytest.fail("there is no Docker engine; set BURENBUS_DOCKER_SETUP to a command that starts one")
    if not run("docker", "info", "--format", "{{.ServerVersion}}").strip():
        pytest.fail("the Docker engine does not answer")
    if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode:
        environment["DOCKER_BUILDKIT"] = "0"
    return environment


@pytest.fixture(scope="module")
def compose(engine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator["Compose"]:
    """The platform, up and healthy, from an `.env` as deploy/new-env makes it; on ports and under a name of its own."""
    env = tmp_path_factory.mktemp("compose") / "env"
    http, amqp, mail = free_ports(3)
    own = {
        "BURENBUS_PUBLIC_URL": f"http://127.0.0.1:{http}",
        "BURENBUS_HTTP_ADDRESS": f"127.0.0.1:{http}",
        "BURENBUS_AMQP_PORT": f"127.0.0.1:{amqp}",
        "BURENBUS_MAILBOX_ADDRESS": f"127.0.0.1:{mail}",
        "BURENBUS_VERSION": "test",
    }
    kept = [line for line in run("sh", DEPLOY / "new-env").splitlines() if line.split("=")[0] not in own]
    env.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in own.items())]) + "\n")
    env.chmod(0o600)
    platform = Compose(engine, env, f"burenbus-test-{secrets.token_hex(3)}", f"http://127.0.0.1:{http}")
    try:
        run("docker", "build", "-q", "-t", "burenbus:test", "-f", DEPLOY / "Dockerfile", ".", env=engine)
        run("docker", "build", "-q", "-t", "burenbus-proxy:test", DEPLOY / "proxy", env=engine)
        missing = [] if os.environ.get("BURENBUS_DOCKER_SETUP") is None else ["--pull", "never"]
        platform("up", "--detach", "--wait", "--wait-timeout", "240", *missing)
        yield platform
    finally:
        platform("down", "--volumes", "--remove-orphans")


class Compose:
    """`docker compose` on this platform."""

    def __init__(self, environment: dict[str, str], env_file: Path, project: str, url: str) -> None:
        self.environment, self.env_file, self.project, self.url = environment, env_file, project, url

    def __call__(self, *words: str) -> str:
        head = ("docker", "compose", "-f", DEPLOY / "compose.yaml", "--env-file", self.env_file, "-p", self.project)
        return run(*head, *words, env=self.environment)

    def container(self, service: str) -> dict:
        [found] = json.loads(run("docker", "inspect", self("ps", "-q", service).strip()))
        inspected: dict = found
        return inspected


def test_the_bus_keeps_its_promises_on_rabbitmq_4(engine: dict[str, str], postgres: str) -> None:
    """Every test of the bus against a real broker, poison messages among them, passes on RabbitMQ 4 as well."""
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
        servers = {
            "BURENBUS_TEST_POSTGRES": postgres,
            "BURENBUS_TEST_AMQP": f"amqp://admin:{password}@127.0.0.1:{amqp}/",
            "BURENBUS_TEST_RABBITMQ_API": url,
        }
        tests = (
            "tests/shared/bus/test_broker.py",
            "tests/shared/bus/test_relay.py",
            "tests/shared/bus/test_service.py",
        )
        run(sys.executable, "-m", "pytest", "-q", *tests, env={**engine, **servers})
    finally:
        run("docker", "rm", "--force", "--volumes", container, env=engine)


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


def test_the_proxy_leads_where_the_table_says(compose: Compose) -> None:
    """nginx.conf and routes.json are the same table."""
    assert compose.url
    table = json.loads((DEPLOY / "proxy" / "routes.json").read_text("utf-8"))
    lines = re.findall(r"~\^(/\S*?)\(/\|\$\)\s+(\w+);", (DEPLOY / "proxy" / "nginx.conf").read_text("utf-8"))
    said = {path: service for path, service in lines if service in ("registry", "survey", "notify", "reporting")}
    assert {**said, "/": "reporting", "/static/reporting": "reporting"} == table["routes"]


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
