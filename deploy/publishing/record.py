"""What is remembered beside a file: the run that is underway, and what was said last of what the platform tells us nothing of.

The run gives every event its id and time, so that after an interruption the very same events are made again.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.errors import DeployError
from shared.events.envelope import new_id

SUFFIX = ".burenbus.json"
LONGEST_PAUSE = timedelta(hours=24)
_FORMAT = 1


@dataclass(frozen=True)
class Record:
    """`what` is the hash of all that decides which events a run makes; `said` holds hashes by partner and type, then by what
    each is about."""

    run: str = ""
    time: str = ""
    what: str = ""
    finished: bool = True
    said: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.time)


def beside(file: Path) -> Path:
    """Where the record of a file is."""
    return file.with_name(file.name + SUFFIX)


def load(file: Path) -> Record:
    """What is remembered of a file. Raises DeployError for a record that is not ours."""
    path = beside(file)
    if not path.exists():
        return Record()
    try:
        raw = json.loads(path.read_text("utf-8"))
        if raw.pop("format") != _FORMAT:
            raise ValueError("format")  # noqa: TRY301 - told as what cannot be read
        record = Record(**raw)
        if record.at.tzinfo is None:
            raise ValueError("time")  # noqa: TRY301
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DeployError(
            f"{path.name} is niet te lezen. Verwijder het: dan wordt het bestand met het platform vergeleken alsof u het voor het eerst stuurt."
        ) from error
    return record


def save(file: Path, record: Record) -> None:
    """Writes it. It holds hashes and no content."""
    write_private(
        beside(file), json.dumps({"format": _FORMAT, **asdict(record)}, indent=1, ensure_ascii=False).encode()
    )


def write_private(path: Path, content: bytes) -> None:
    """Writes it whole or not at all, for its owner alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
    draft.replace(path)


def begin(record: Record, now: datetime, *parts: bytes | str) -> Record:
    """The run that makes events of these: the one that was interrupted if it was about the same and not long ago, else a new
    one. An old run would speak of long ago, after what was said since."""
    what = hashlib.sha256(b"\0".join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()
    if not record.finished and record.what == what and now - record.at < LONGEST_PAUSE:
        return record
    return replace(record, run=new_id(), time=now.isoformat(), what=what, finished=False)


def finish(record: Record, about: str, said: Mapping[str, str]) -> Record:
    """The run is done, and this was said."""
    known: dict[str, Any] = {**record.said, about: {**record.said.get(about, {}), **said}}
    return replace(record, finished=True, said=known)
