"""The platform in containers: one for all tests, from `.env`, on ports and under a name of its own."""

import os
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from deploy.local.process import free_ports

from .platform import DEPLOY, Compose, Partner, run

BODY_S = 5
"""Within which a body must have come: another time than the default, so that the setting is seen to get through."""


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def compose(engine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """The platform, up and healthy, from an `.env` as deploy/new-env makes it."""
    env = tmp_path_factory.mktemp("compose") / "env"
    http, amqp, mail = free_ports(3)
    own = {
        "BURENBUS_PUBLIC_URL": f"http://127.0.0.1:{http}",
        "BURENBUS_HTTP_ADDRESS": f"127.0.0.1:{http}",
        "BURENBUS_AMQP_PORT": f"127.0.0.1:{amqp}",
        "BURENBUS_PARTNER_AMQP_URL": f"amqp://127.0.0.1:{amqp}/",
        "BURENBUS_MAILBOX_ADDRESS": f"127.0.0.1:{mail}",
        "BURENBUS_VERSION": "test",
        "BURENBUS_DOOR_BODY_S": str(BODY_S),
    }
    kept = [line for line in run("sh", DEPLOY / "new-env").splitlines() if line.split("=")[0] not in own]
    env.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in own.items())]) + "\n")
    env.chmod(0o600)
    platform = Compose(engine, env, f"burenbus-test-{secrets.token_hex(3)}", f"http://127.0.0.1:{http}")
    try:
        run("docker", "build", "-q", "-t", "burenbus:test", "-f", DEPLOY / "Dockerfile", ".", env=engine)
        run("docker", "build", "-q", "-t", "burenbus-proxy:test", DEPLOY / "proxy", env=engine)
        missing = [] if os.environ.get("BURENBUS_DOCKER_SETUP") is None else ["--pull", "never"]
        platform("up", "--detach", "--wait", "--wait-timeout", "480", *missing)
        yield platform
    finally:
        platform("down", "--volumes", "--remove-orphans")


@pytest.fixture(scope="session")
def partner(compose: Compose) -> Partner:
    """A partner that tries things out."""
    return compose.board("proefnet")
