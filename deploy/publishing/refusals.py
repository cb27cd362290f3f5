"""What was refused, as a file beside the list: with its reasons, to mend and send. It holds what the list holds, contact
details among them, so it is for its owner alone."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from deploy.offline import lines
from shared.events.problems import Problem
from shared.sheets import Sheet, refused_as_csv, refused_as_xlsx

from .record import write_private


def place(file: Path, *, as_lines: bool) -> Path:
    """Where the refused part of a file is put."""
    as_csv = file.suffix.lower() in (".csv", ".txt", ".tsv")
    return file.with_name(f"{file.stem}.geweigerd.{'jsonl' if as_lines else 'csv' if as_csv else 'xlsx'}")


def write_rows(file: Path, sheet: Sheet, answered: Mapping[int, Sequence[Problem]]) -> Path:
    """The rows with faults, and those that the platform refused (`answered`)."""
    target = place(file, as_lines=False)
    made = refused_as_csv if target.suffix == ".csv" else refused_as_xlsx
    write_private(target, made(sheet, answered))
    return target


def write_lines(file: Path, content: bytes, numbers: Collection[int]) -> Path:
    """The lines with these numbers, as they stand."""
    target = place(file, as_lines=True)
    write_private(target, b"".join(line + b"\n" for number, line in lines(content) if number in numbers))
    return target


def forget(file: Path, *, as_lines: bool) -> None:
    """Nothing was refused: what an earlier run put there is no longer so."""
    place(file, as_lines=as_lines).unlink(missing_ok=True)
