"""The history as a file for a spreadsheet, in which nothing runs as a formula."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace

from services.registry.store import history
from services.registry.store.history import Wanted
from shared import dutch
from shared.events.base import PREFIX
from shared.transaction import Database

from .history_words import KINDS, outcome_of

CSV_LINES, CSV_MOST = 500, 100_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def as_lines(database: Database, partner: str, wanted: Wanted) -> AsyncIterator[bytes]:
    """The lines of the file, as they are asked for."""
    yield "\ufeff".encode()  # tells Excel that it is UTF-8
    yield _row(
        "ontvangen", "beantwoord", "soort", "nummer", "uitkomst", "codes", "wat is er", "initiatief", "id", "bron"
    )
    given = 0
    while given < CSV_MOST:
        async with database.transaction() as tx:
            found = await history.page(tx, partner, wanted, CSV_LINES)
        for one in found:
            kind = (one.event_type or "").removeprefix(PREFIX)
            yield _row(
                one.received_at.astimezone(dutch.HERE).isoformat(timespec="seconds"),
                one.answered_at.astimezone(dutch.HERE).isoformat(timespec="seconds") if one.answered_at else "",
                KINDS.get(kind, kind),
                one.event_subject,
                outcome_of(kind, one.outcome),
                " ".join(one.codes),
                " ".join(p.nl for p in one.problems),
                one.initiative_id,
                one.event_id,
                one.event_source,
            )
        given += len(found)
        if len(found) < CSV_LINES:
            return
        wanted = replace(wanted, after=(found[-1].received_at, found[-1].id))


def _row(*cells: str | None) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow([_defused(cell or "") for cell in cells])
    return out.getvalue().encode("utf-8", "replace")


def _defused(cell: str) -> str:
    """A quote in front keeps a spreadsheet from running what was sent as a formula."""
    text = "".join(c if c.isprintable() else " " for c in cell)
    return f"'{text}" if cell.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
