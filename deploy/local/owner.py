"""Who uses a stack for as long as it runs itself: `burenbus demo`. Whoever is gone, however it ended, owns nothing."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from deploy.errors import DeployError
from deploy.local.process import Pid


def owner(directory: Path) -> int | None:
    """The number of the living process that owns the stack in this directory."""
    try:
        pid = Pid(**json.loads(_file(directory).read_text("utf-8")))
    except FileNotFoundError:
        return None
    return pid.number if pid.alive else None


def how_to_stop(number: int) -> str:
    """What to tell somebody who is in the way of the owner."""
    return f"Stop die met Ctrl-C in het venster waar die draait, of met: kill {number}"


@contextlib.contextmanager
def owned(directory: Path) -> Iterator[None]:
    """The stack in this directory is ours for as long as the block lasts. Raises DeployError when it is another's."""
    directory.mkdir(parents=True, exist_ok=True)
    file = _file(directory)
    with (directory / "owner.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (other := owner(directory)) is not None:
            raise DeployError(f"Er draait al een demo (proces {other}). {how_to_stop(other)}")
        new = file.with_suffix(".new")
        new.write_text(json.dumps(asdict(Pid.of(os.getpid()))), encoding="utf-8")
        new.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _file(directory: Path) -> Path:
    return directory / "owner.json"
