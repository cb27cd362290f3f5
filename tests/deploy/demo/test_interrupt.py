import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local.stack import DEMO

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def test_ctrl_c_in_the_middle_leaves_nothing_running():
    """Whatever it was doing, every process that it started is gone, and the exit code says that it was interrupted."""
    burenbus = Path(sys.executable).with_name("burenbus")
    demo = subprocess.Popen([burenbus, "demo"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert demo.stdout is not None
    while "partners" not in (line := demo.stdout.readline()):
        assert line, "the demo ended before it was interrupted"
    pids = [one["number"] for one in json.loads((DEMO / "stack.json").read_text("utf-8"))["pids"].values()]
    assert all(psutil.pid_exists(pid) for pid in pids)
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=120)
    assert demo.returncode == 130
    assert "Er draait niets meer" in said
    assert not any(psutil.pid_exists(pid) for pid in pids)
    left = [
        p.info for p in psutil.process_iter(["pid", "cmdline"]) if any(str(DEMO) in a for a in p.info["cmdline"] or ())
    ]
    assert left == []
