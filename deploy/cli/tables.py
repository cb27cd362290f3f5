"""Lists on a screen: the column that the next command needs is always whole, the others fold; in a pipe nothing is cut."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 10_000
"""Columns where nobody looks at a screen: a program that reads the list has no use for lines that are folded."""


def screen() -> Console:
    """Where tables go: as wide as the terminal, or as wide as they are when there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


def show(rows: Iterable[Sequence[str]], *columns: str, key: str) -> None:
    """A table of plain texts; `key` is the column that people copy into their next command."""
    kept = [[Text(cell) for cell in row] for row in rows]
    table = Table()
    for place, heading in enumerate(columns):
        if heading == key:  # without a least width, a table that is too wide takes from this column too
            widest = max((cell_len(row[place].plain) for row in kept), default=0)
            table.add_column(heading, no_wrap=True, min_width=widest)
        else:
            table.add_column(heading, overflow="fold")
    for row in kept:
        table.add_row(*row)
    screen().print(table)
