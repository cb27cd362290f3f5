"""Packages are installed without starting what they bring, and only by root."""

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from deploy.local.packages import services_held_back
from tests.deploy.local.people import as_nobody, root_only


def test_while_installing_no_service_may_start(tmp_path: Path) -> None:
    """Debian asks policy-rc.d; 101 means no. Afterwards there is none, as before."""
    policy = tmp_path / "policy-rc.d"
    with services_held_back(policy):
        assert subprocess.run([policy, "rabbitmq-server", "start"], check=False).returncode == 101
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails", [False, True])
def test_a_policy_that_stood_there_stands_there_again(tmp_path: Path, fails: bool) -> None:
    """Somebody else's gate is put back, with its mode, when installing fails too."""
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 7\n")
    policy.chmod(0o755)
    with pytest.raises(ZeroDivisionError) if fails else nullcontext(), services_held_back(policy):
        assert subprocess.run([policy], check=False).returncode == 101
        assert 1 / (not fails)
    assert subprocess.run([policy], check=False).returncode == 7
    assert [each.name for each in tmp_path.iterdir()] == ["policy-rc.d"]


def test_a_gate_kept_by_an_installation_that_was_cut_off_is_put_back(tmp_path: Path) -> None:
    """Our own gate is never taken for somebody else's."""
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    (tmp_path / "policy-rc.d.before-burenbus").write_text("theirs")
    with services_held_back(policy):
        pass
    assert policy.read_text() == "theirs"


@root_only
def test_without_root_the_command_to_give_is_told() -> None:
    """One sentence, and the line to paste."""
    code = (
        "from deploy.errors import DeployError\nfrom deploy.local.packages import install\n"
        "try:\n    install('rabbitmq-server')\nexcept DeployError as error:\n    print(error)\n"
    )
    done = as_nobody([sys.executable if sys.executable.startswith("/usr") else "/usr/bin/python3", "-c", code])
    assert "sudo apt-get install --no-install-recommends rabbitmq-server" in done.stdout, done.stderr
