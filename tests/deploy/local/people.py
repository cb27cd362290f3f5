"""Being somebody else for a moment."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can pretend to be somebody else")


def as_nobody(
    command: Sequence[str], *, cwd: Path = ROOT, hide: Sequence[str] = ()
) -> "subprocess.CompletedProcess[str]":
    """Run a command as the user nobody with a bare environment; the directories in `hide` look empty to it."""
    hidden = "".join(f"mount -t tmpfs none {directory}; " for directory in hide)
    script = f'{hidden} exec setpriv --reuid nobody --regid nogroup --clear-groups "$@"'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *command],
        cwd=cwd,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
