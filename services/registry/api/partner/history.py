"""What this partner sent by whatever way, when, and what became of it: to look through, to look into, and to take along."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.registry.store import history
from services.registry.store.history import Answered, Wanted
from shared import dutch
from shared.events.base import PARTNER, PREFIX
from shared.events.catalogue import by_type
from shared.events.problems import CODES
from shared.transaction import Database
from shared.web import DatabaseDep

from .session import VisitorDep, partner_page
from .showing import harmless, plain

LINES, CSV_LINES, CSV_MOST = 50, 500, 100_000
PATH = "/partner/geschiedenis"
OUTCOMES: Mapping[str, str] = {
    "new": "nieuw",
    "changed": "gewijzigd",
    "unchanged": "niets veranderd",
    "recorded": "opgenomen",
    "replaced": "in plaats van een eerdere",
    "duplicate": "was al eerder ontvangen",
    "refused": "geweigerd",
    "delayed": "vertraagd door ons",
    history.UNDERWAY: "onderweg, nog geen antwoord",
}
KINDS: Mapping[str, str] = {
    "initiative-reported.v1": "Initiatief gemeld",
    "initiative-withdrawn.v1": "Initiatief afgemeld",
    "match-answered.v1": "Antwoord op mogelijk dubbel",
    "survey-response-submitted.v1": "Vragenlijst ingestuurd",
    "signal-reported.v1": "Signaal gemeld",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 300

router = APIRouter(prefix="/partner", include_in_schema=False)
Text = Annotated[str, Query(max_length=_LONGEST)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was filled in above the list, and the faults in that. Days are those of Europe/Amsterdam; `tot` counts."""

    van: str = ""
    tot: str = ""
    soort: str = ""
    uitkomst: str = ""
    code: str = ""
    nummer: str = ""

    @property
    def errors(self) -> dict[str, str]:
        """What is no day."""
        wrong = "Geef een dag, zoals 2026-09-14."
        return {name: wrong for name in ("van", "tot") if getattr(self, name) and _day(getattr(self, name)) is None}

    def wanted(self) -> Wanted:
        """The part of the history that is meant."""
        until = _day(self.tot)
        return Wanted(
            since=_midnight(_day(self.van)),
            until=_midnight(until + timedelta(days=1) if until and until < date.max else None),
            event_type=PREFIX + self.soort if self.soort in KINDS else None,
            outcome=self.uitkomst if self.uitkomst in OUTCOMES else None,
            code=self.code if self.code in CODES else None,
            subject=_whole(self.nummer),
        )

    def query(self, **more: str) -> str:
        """The same question, for an address."""
        said = {name: getattr(self, name) for name in self.__slots__} | more
        return urlencode({name: value for name, value in said.items() if value})


@router.get("/geschiedenis")
async def lines(
    request: Request,
    database: DatabaseDep,
    visitor: VisitorDep,
    van: Text = "",
    tot: Text = "",
    soort: Text = "",
    uitkomst: Text = "",
    code: Text = "",
    nummer: Text = "",
    na: Text = "",
) -> Response:
    """The newest first; `na` is the last line of the page before."""
    asked = Asked(van, tot, soort, uitkomst, code, nummer.strip())
    async with database.transaction() as tx:
        found = await history.page(tx, visitor.partner, replace(asked.wanted(), after=_place(na)), LINES + 1)
    return partner_page(
        request,
        "geschiedenis.html",
        visitor,
        asked=asked,
        errors=asked.errors,
        kinds=list(KINDS.items()),
        outcomes=[(o, dutch.capital(text)) for o, text in OUTCOMES.items()],
        codes=sorted(CODES),
        lines=[line(one) for one in found[:LINES]],
        onward=asked.query(na=_mark(found[LINES - 1])) if len(found) > LINES else None,
        first=asked.query() if na else None,
        query=asked.query(),
        status_code=400 if asked.errors else 200,
    )


@router.get("/geschiedenis/gebeurtenis")
async def of_event(request: Request, database: DatabaseDep, visitor: VisitorDep, id: Text, bron: Text = "") -> Response:  # noqa: A002
    """One event: everything that was answered to it, with every problem and what to do."""
    async with database.transaction() as tx:
        wanted = Wanted(event_id=_whole(id), source=_whole(bron))
        found = await history.page(tx, visitor.partner, wanted, LINES) if wanted.event_id else []
    if not found:
        raise HTTPException(404)
    return partner_page(request, "gebeurtenis.html", visitor, lines=[line(one) for one in found])


@router.get("/geschiedenis.csv")
async def as_csv(
    database: DatabaseDep,
    visitor: VisitorDep,
    van: Text = "",
    tot: Text = "",
    soort: Text = "",
    uitkomst: Text = "",
    code: Text = "",
    nummer: Text = "",
) -> Response:
    """The same list as a file for a spreadsheet, in which nothing runs as a formula."""
    asked = Asked(van, tot, soort, uitkomst, code, nummer.strip())
    return StreamingResponse(
        _csv(database, visitor.partner, asked.wanted()),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="geschiedenis.csv"', "Cache-Control": "no-store"},
    )


def line(one: Answered) -> dict[str, Any]:
    """One answer, as people read it. What came over the wire is shown harmlessly; links carry it as it is."""
    kind = (one.event_type or "").removeprefix(PREFIX)
    refused = one.outcome == "refused"
    return {
        "received": dutch.date_and_time(one.received_at),
        "answered": dutch.date_and_time(one.answered_at) if one.answered_at else "nog niet",
        "kind": KINDS.get(kind) or plain(kind) or "onleesbaar",
        "description": by_type()[kind].nl if kind in by_type() and by_type()[kind].owner == PARTNER else "",
        "subject": plain(one.event_subject or ""),
        "outcome": _outcome(kind, one.outcome),
        "outcome_code": one.outcome,
        "refused": refused,
        "codes": list(dict.fromkeys(one.codes)),
        "problems": [
            {
                "code": p.code,
                "where": plain(p.pointer),
                "text": harmless(p.nl),
                "documentation": f"/contract/problems#{p.code}",
            }
            for p in one.problems
        ],
        "initiative": one.initiative_id,
        "id": plain(one.event_id or ""),
        "source": plain(one.event_source or ""),
        "link": urlencode({"id": one.event_id, "bron": one.event_source or ""}) if one.event_id else None,
    }


def _outcome(kind: str, outcome: str) -> str:
    if outcome == "changed" and kind == "initiative-withdrawn.v1":
        return "afgemeld"
    return OUTCOMES.get(outcome, outcome)


async def _csv(database: Database, partner: str, wanted: Wanted) -> AsyncIterator[bytes]:
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
                _outcome(kind, one.outcome),
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


def _whole(text: str) -> str | None:
    """What could be an id; nothing for what is none, and for what no database takes."""
    return text.strip() if text.strip() and text.isprintable() else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), dutch.HERE) if day and day.year > 1 else None


def _mark(one: Answered) -> str:
    return f"{one.received_at.isoformat()} {one.id}"


def _place(mark: str) -> tuple[datetime, str] | None:
    moment, _, id_ = mark.partition(" ")
    try:
        at = datetime.fromisoformat(moment) if moment else None
    except ValueError:
        return None
    return (at, id_) if at and at.tzinfo and id_.isprintable() else None
