"""Logs say what failed, and not about whom."""

import subprocess
import sys

import pytest

PROGRAM = """
from shared import logs
logs.configure("survey", log_format={format!r})
def fails(person):
    raise RuntimeError("it failed")
try:
    fails("secretaris@stadsdorp.example")
except RuntimeError:
    logs.get_logger("x").exception("a handler failed", trace="abc")
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_in_the_log_has_no_values_of_variables(log_format: str) -> None:
    """An event at hand when something fails may hold personal data: the log names the place, not the data."""
    program = PROGRAM.format(format=log_format)
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr
    assert "it failed" in out
    assert "fails" in out
    assert "stadsdorp.example" not in out.replace('fails("secretaris@stadsdorp.example")', "")
