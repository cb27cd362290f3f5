"""`make` on a machine where something is missing."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.local.people import ROOT, as_nobody, root_only

ENSUREPIP = "/usr/lib/python3.11/ensurepip"
RABBITMQ = "/usr/lib/rabbitmq"


@pytest.fixture
def checkout() -> Iterator[Path]:
    """What `make` needs of a fresh clone, owned by the user nobody."""
    directory = Path(tempfile.mkdtemp())
    try:
        for name in ("Makefile", "pyproject.toml", "uv.lock", "deploy/local/bootstrap.sh"):
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, directory / name)
        for each in (directory, *directory.rglob("*")):
            shutil.chown(each, "nobody", "nogroup")
        directory.chmod(0o755)
        yield directory
    finally:
        shutil.rmtree(directory)


@root_only
def test_without_root_all_that_is_missing_is_told_at_once_with_the_command(checkout: Path) -> None:
    """Nothing is set up halfway: the reader installs both packages with one line and tries again."""
    done = as_nobody(["make", "demo"], cwd=checkout, hide=[ENSUREPIP, RABBITMQ])
    assert done.returncode != 0
    assert "sudo apt-get install --no-install-recommends python3-venv rabbitmq-server" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout / ".venv").exists()


@root_only
def test_what_a_target_does_not_need_is_not_asked_for(checkout: Path) -> None:
    """`make check` starts no servers, so RabbitMQ is not mentioned."""
    done = as_nobody(["make", "check"], cwd=checkout, hide=[ENSUREPIP, RABBITMQ])
    assert "sudo apt-get install --no-install-recommends python3-venv\n" in done.stderr


@root_only
def test_a_broker_of_ones_own_needs_no_package(checkout: Path) -> None:
    """With BURENBUS_AMQP_URL set only Python's own part is asked for."""
    command = ["env", "BURENBUS_AMQP_URL=amqp://elsewhere/", "make", "demo"]
    done = as_nobody(command, cwd=checkout, hide=[ENSUREPIP, RABBITMQ])
    assert "rabbitmq-server" not in done.stderr
    assert "python3-venv" in done.stderr


@root_only
def test_a_second_run_does_nothing(checkout: Path) -> None:
    """With the stamp newer than the lock file not even what is missing is looked for."""
    for program in (".venv/bin/python", "var/uv/bin/uv"):
        (checkout / program).parent.mkdir(parents=True)
        (checkout / program).touch()
        (checkout / program).chmod(0o755)
    (checkout / ".venv/.burenbus").touch()
    done = as_nobody(["make", "setup"], cwd=checkout, hide=[ENSUREPIP, RABBITMQ])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@root_only
def test_somebody_elses_directory_is_told(checkout: Path) -> None:
    """A clone made by root and used by another: one sentence."""
    shutil.chown(checkout, "root", "root")
    done = as_nobody(["make", "setup"], cwd=checkout)
    assert done.returncode != 0
    assert "mag je niet schrijven" in done.stderr


def test_help_is_what_make_says_first() -> None:
    """Every target that a reader may want is listed, with what it does."""
    import subprocess

    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in [
        "setup",
        "demo",
        "up",
        "down",
        "status",
        "test",
        "check",
        "test-demo",
        "test-compose",
        "test-browser",
        "clean",
    ]:
        assert f"make {target} " in shown
