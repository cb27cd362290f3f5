"""What the commands do to a demo that runs: one in use is left alone, the remains of one are cleaned up."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from deploy.cli import main
from deploy.commands import runnable
from deploy.errors import DeployError
from deploy.local import current as current_module
from deploy.local import stack as stack_module
from deploy.local.owner import owned, owner
from deploy.local.process import Pid
from deploy.local.stack import Stack
from deploy.settings import admin, service_environment

Run = Callable[..., int]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The directories of the platform and of the demo, both empty, and nothing in the environment."""
    var, demo = tmp_path / "var", tmp_path / "var" / "demo"
    demo.mkdir(parents=True)
    monkeypatch.setattr(stack_module, "VAR", var)
    monkeypatch.setattr(stack_module, "DEMO", demo)
    for name in ("DATABASE_URL", "LINK_SECRET", "PASSWORD_REGISTRY"):
        monkeypatch.delenv(f"BURENBUS_{name}", raising=False)
    current_module._tell.cache_clear()
    return var, demo


def _sleeping() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that does nothing."""
    with subprocess.Popen(["/bin/sleep", "600"]) as process:
        yield process
        process.kill()


sleeper = pytest.fixture(_sleeping)
other = pytest.fixture(_sleeping)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """`burenbus` with these arguments, and what is typed at it; gives its exit code."""

    def run(*arguments: str, typed: str = "") -> int:
        monkeypatch.setattr(sys, "argv", ["burenbus", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


def _started(directory: Path, process: "subprocess.Popen[bytes]") -> Stack:
    """A stack in this directory whose gateway is that process."""
    stack = Stack(directory)
    stack.state.pids["gateway"] = Pid.of(process.pid)
    stack.state.ports = dict.fromkeys(("registry", "gateway"), 9)
    stack.state.database_url = "postgresql://admin@127.0.0.1:9/postgres"
    stack.state.amqp_url, stack.state.rabbitmq_api_url = "amqp://127.0.0.1:9/", "http://127.0.0.1:9"
    stack.state.private_postgres = stack.state.private_rabbitmq = False
    stack.state.vhost = "burenbus"
    stack.state.save(directory / "stack.json")
    return stack


def _owned_by(directory: Path, pid: Pid) -> None:
    (directory / "owner.json").write_text(json.dumps(asdict(pid)), encoding="utf-8")


def test_a_second_demo_is_refused_while_the_first_is_in_use(
    places: tuple[Path, Path],
    sleeper: "subprocess.Popen[bytes]",
    run: Run,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing of the first is touched, and the sentence says how to stop it."""
    demo = _started(places[1], sleeper)
    _owned_by(places[1], Pid.of(sleeper.pid))
    assert run("demo") == 1
    assert f"kill {sleeper.pid}" in capsys.readouterr().err
    assert demo.runs
    assert owner(places[1]) == sleeper.pid


def test_a_demo_is_owned_until_its_command_ends(places: tuple[Path, Path], sleeper: "subprocess.Popen[bytes]") -> None:
    """However it ends; what an earlier one left, under the same number even, is in nobody's way."""
    _owned_by(places[1], Pid(sleeper.pid, started_at=1.0))
    with owned(places[1]):
        assert owner(places[1]) is not None
        with pytest.raises(DeployError, match="Er draait al een demo"), owned(places[1]):
            pass
    assert owner(places[1]) is None


def test_down_leaves_a_demo_in_use_and_stops_the_rest(
    places: tuple[Path, Path],
    sleeper: "subprocess.Popen[bytes]",
    other: "subprocess.Popen[bytes]",
    run: Run,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It says so; what was to be wiped is then not all wiped, with code 1, so that `make clean` goes no further. Once its
    command is gone the demo is stopped."""
    var, directory = places
    demo = _started(directory, sleeper)
    own = _started(var, other)
    with owned(directory):
        assert run("down", "--wipe", "--yes") == 1
    assert not own.runs
    assert not (var / "stack.json").exists()
    assert demo.runs
    assert "demo in gebruik" in capsys.readouterr().err
    with owned(directory):
        assert run("down") == 0
    shown = capsys.readouterr()
    assert "demo in gebruik" in shown.out
    assert shown.err == ""
    assert demo.runs
    assert run("down") == 0
    assert not demo.runs


@pytest.mark.parametrize("typed", ["", "n\n", "\n"])
def test_wiping_needs_a_yes(
    typed: str,
    places: tuple[Path, Path],
    sleeper: "subprocess.Popen[bytes]",
    run: Run,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without an answer, also because there is no terminal, nothing is stopped or wiped."""
    own = _started(places[0], sleeper)
    assert run("down", "--wipe", typed=typed) == 1
    assert own.runs
    assert (places[0] / "stack.json").exists()
    assert "--yes" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "typed"), [(("--yes",), ""), ((), "y\n")])
def test_a_yes_wipes(
    options: tuple[str, ...], typed: str, places: tuple[Path, Path], sleeper: "subprocess.Popen[bytes]", run: Run
) -> None:
    """Typed, or given beforehand as `make clean` does."""
    _started(places[0], sleeper)
    assert run("down", "--wipe", *options, typed=typed) == 0
    assert not (places[0] / "stack.json").exists()


def test_commands_are_about_a_demo_when_only_that_runs(
    places: tuple[Path, Path],
    sleeper: "subprocess.Popen[bytes]",
    other: "subprocess.Popen[bytes]",
    run: Run,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Those of the administrator, on behalf of a service, and `status`; stderr says so, once."""
    _started(places[0], sleeper).down()
    demo = _started(places[1], other)
    assert admin().passwords() == demo.state.passwords
    assert service_environment("registry")["BURENBUS_LINK_SECRET"] == demo.state.link_secret
    run("status")
    said = capsys.readouterr()
    assert said.err.count("dit gaat over de demo") == 1
    assert str(other.pid) in said.out


def test_the_own_platform_goes_before_a_demo(
    places: tuple[Path, Path], sleeper: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    """And then nothing is said about it."""
    own = _started(places[0], sleeper)
    _started(places[1], sleeper)
    assert admin().passwords() == own.state.passwords
    assert capsys.readouterr().err == ""


def test_a_command_in_a_text_can_be_typed_as_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With its path when the shell would not find this installation's; without when it does."""
    script = Path(sys.executable).with_name("burenbus")
    monkeypatch.chdir(script.parents[2])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert runnable("down") == f"{script.relative_to(script.parents[2])} down"
    monkeypatch.chdir(tmp_path)
    assert runnable("down") == f"{script} down"
    monkeypatch.setenv("PATH", str(script.parent))
    assert runnable("down") == "burenbus down"
    elsewhere = tmp_path / "burenbus"
    elsewhere.write_text("#!/bin/sh\n", encoding="utf-8")
    elsewhere.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert runnable("down") == f"{script} down"
