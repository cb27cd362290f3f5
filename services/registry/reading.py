"""Sheets that partners upload are read in a process of their own: with a limit to time and memory, and without our secrets.

What goes in over stdin: the size of the first part, the request as JSON, and the file. What comes out: one line about the
sheet, and one with its rows, as JSON that the database takes as it is. A file that makes the reader fail, fails alone.
"""

import asyncio
import json
import os
import re
import resource
import struct
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from services.registry.domain.foresight import foreseen
from shared.events.envelope import dump_event
from shared.sheets import Fault, Plan, Row, Said, Sheet, SheetFault, envelopes, plan, read
from shared.sheets.cells import text_of

TIME_S, CPU_S = 45.0, 40
MEMORY_BYTES = 1536 * 1024 * 1024
AT_ONCE = 2
"""Sheets that one process of the registry has read at a time; whoever comes next waits."""
_ROOT = Path(__file__).parents[2]
_SIZE = struct.Struct(">Q")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ")


class CannotRead(Exception):
    """The sheet as a whole is of no use; the reasons, in Dutch."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be read: whose it is, when it was sent in, and what this partner said before by external id."""

    filename: str
    source: str
    run: str
    time: datetime
    said: Mapping[str, tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was read: what is known of the sheet as a whole, its rows as a JSON array, and the ids that are not in it any more."""

    sheet: dict[str, Any]
    rows: str
    vanished: list[str]


class Reader:
    """Has sheets read by child processes."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def read(self, request: Request, content: bytes, *, time_s: float = TIME_S) -> Outcome:
        """Reads one sheet and says what sending it would do. Raises CannotRead."""
        asked = json.dumps({**asdict(request), "time": request.time.isoformat()}).encode()
        async with self._turn:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                __name__,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,  # a traceback may hold what the sheet holds
                cwd=_ROOT,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                limit=2**26,
            )
            try:
                async with asyncio.timeout(time_s):
                    out, _ = await child.communicate(_SIZE.pack(len(asked)) + asked + content)
            except TimeoutError as error:
                raise CannotRead(
                    "Het lezen van dit bestand duurt te lang. Bewaar alleen het werkblad met uw lijst, als CSV."
                ) from error
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        head, _, rest = out.partition(b"\n")
        if child.returncode != 0 or not head:
            raise CannotRead("Dit bestand kunnen wij niet lezen. Bewaar het opnieuw als CSV of Excel (.xlsx).")
        said = json.loads(head)
        if said["faults"]:
            raise CannotRead(*said["faults"])
        return Outcome(said["sheet"], rest.decode(), said["vanished"])


# --- in the child ----------------------------------------------------------------------------------------------------


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    coming = sys.stdin.buffer
    (size,) = _SIZE.unpack(coming.read(_SIZE.size))
    asked = json.loads(coming.read(size))
    request = Request(**{**asked, "time": datetime.fromisoformat(asked["time"])})
    for line in answer(request, coming.read()):
        sys.stdout.write(line + "\n")


def answer(request: Request, content: bytes) -> list[str]:
    """The two lines that go back."""
    try:
        sheet = foreseen(read(content, request.filename), request.time)
    except SheetFault as fault:
        return [json.dumps({"faults": [p.nl for p in fault.problems]})]
    said = {key: Said(sha256, withdrawn) for key, (sha256, withdrawn) in request.said.items()}
    planned = plan(sheet, said)
    good = [row for row in sheet.rows if row.event is not None and row.repeats is None]
    events = envelopes([r.event for r in good if r.event], source=request.source, run=request.run, time=request.time)
    by_number = {row.number: event for row, event in zip(good, events, strict=True)}
    outlooks = {row.number: outlook for outlook, rows in _parts(planned) for row in rows}
    to_send = {row.number for row in planned.to_send}
    rows = [
        _row(row, sheet, outlooks[row.number], by_number.get(row.number) if row.number in to_send else None)
        for row in sheet.rows
    ]
    head = {"faults": [], "sheet": _sheet(sheet), "vanished": planned.vanished}
    return [json.dumps(head), json.dumps(_clean(rows))]


def _parts(planned: Plan) -> list[tuple[str, tuple[Row, ...]]]:
    return [(name, getattr(planned, name)) for name in ("new", "changed", "same", "refused", "repeated")]


def _sheet(sheet: Sheet) -> dict[str, Any]:
    made: dict[str, Any] = _clean(
        {
            "type": sheet.type,
            "columns": [asdict(column) for column in sheet.columns],
            "notes": [problem.model_dump(by_alias=True) for problem in sheet.notes],
            "keyless": sum(row.key is None for row in sheet.rows),
        }
    )
    return made


def _row(row: Row, sheet: Sheet, outlook: str, event: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "number": row.number,
        "external_id": row.key,
        "name": row.name,
        "outlook": outlook,
        "event_type": sheet.type,
        "event_id": event["id"] if event else None,
        "body": dump_event(event).decode() if event else None,
        "cells": [
            cell if cell is None or isinstance(cell, str | int | float | bool) else text_of(cell) for cell in row.cells
        ],
        "sources": {pointer: column.index for pointer, column in (row.sources or {}).items()},
        "problems": [_fault(fault) for fault in row.problems],
        "warnings": [_fault(fault) for fault in row.warnings],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "row": fault.row,
        "problem": fault.problem.model_dump(by_alias=True),
        "column": fault.column.index if fault.column else None,
        "meant": fault.meant,
        "advice": fault.advice,
    }


def _clean(value: Any) -> Any:
    """What no database takes as text (NUL, halves of characters), and no JSON as a number, made visible."""
    if isinstance(value, str):
        return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, float) and value - value != 0:  # infinity, or not a number
        return str(value)
    if isinstance(value, dict):
        return {_clean(k): _clean(v) for k, v in value.items()}
    return [_clean(v) for v in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    _main()
