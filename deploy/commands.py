"""How a command of ours is typed where the reader is: a text that names one can be copied and run."""

import os
import shlex
import shutil
import sys
from pathlib import Path


def runnable(arguments: str) -> str:
    """`burenbus …`; with the path of this installation in front when the shell would not find it, or find another."""
    script = Path(sys.executable).with_name("burenbus")
    found = shutil.which("burenbus")
    if not script.exists() or (found and Path(found).samefile(script)):
        return f"burenbus {arguments}"
    here = Path.cwd()
    path = os.path.relpath(script, here) if script.is_relative_to(here) else str(script)
    return f"{shlex.quote(path)} {arguments}"
