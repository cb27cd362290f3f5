"""Rows of a file on a screen: what was recognised in it, what is refused and what is remarked, row by row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from shared.sheets import Fault, Sheet

SHOWN = 200
"""Faults of single rows that are shown on a screen; `validate --json` has them all."""
out = Console(highlight=False, soft_wrap=True)


def show_sheet(sheet: "Sheet") -> None:
    """Which columns fill what, and what is to be known of the file as a whole."""
    recognised = [f"{c.heading} ({c.letter})" for c in sheet.columns if c.pointer]
    out.print(f"Gelezen als {sheet.type}. Kolommen: {escape(', '.join(recognised))}")
    for note in sheet.notes:
        out.print(f"  [yellow]Let op:[/] {escape(note.nl)}")


def tell_refused(faults: "Sequence[Fault]", heading: str, unit: str = "rij") -> None:
    """What keeps rows from being taken, under a heading."""
    _tell(faults, heading, "red", unit)


def tell_remarks(faults: "Sequence[Fault]", heading: str, unit: str = "rij") -> None:
    """What is said of rows that are taken all the same, under a heading."""
    _tell(faults, heading, "yellow", unit)


def _tell(faults: "Sequence[Fault]", heading: str, colour: str, unit: str) -> None:
    """One fault a line, in the order of the rows, up to a screenful or so."""
    from shared.dutch import count

    if not faults:
        return
    rows = count(len({fault.row for fault in faults}), unit, f"{unit}en" if unit == "rij" else f"{unit}s")
    out.print(f"\n[bold]{heading}[/] ({rows}):")
    told: dict[str, None] = {}  # a date and a text may lack in one sentence
    for fault in sorted(faults, key=lambda f: (f.row, f.column.index if f.column else -1)):
        told[f"  [{colour}]{escape(where(fault, unit))}:[/] {escape(fault.nl)}"] = None
    for text in list(told)[:SHOWN]:
        out.print(text)
    if len(told) > SHOWN:
        out.print(f"  … en nog {len(told) - SHOWN}; met `burenbus validate --json` ziet u alles.")


def where(fault: "Fault", unit: str = "rij") -> str:
    """The place of a fault: its cell, its row, or in JSON Lines its line and field."""
    if fault.column:
        return fault.where
    row_itself = unit == "rij" and fault.problem.pointer == "/data"
    return f"{unit} {fault.row} {'' if row_itself else fault.problem.pointer}".rstrip()
