"""What is asked of the history on its page: the part that is meant, and every fault in the question."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from services.registry.store.history import Wanted
from shared import dutch
from shared.events.base import PREFIX
from shared.events.problems import CODES

from .history_words import KINDS, OUTCOMES
from .showing import plain

_LONGEST = 300
FILTERS = ("van", "tot", "soort", "uitkomst", "code", "nummer")
_OTHERS = frozenset({*FILTERS, "na"})
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
    unknown: tuple[str, ...] = ()
    """Names in the address that mean nothing here."""

    @property
    def errors(self) -> dict[str, str]:
        """What is no day, what is not among the choices, and what nobody asks."""
        wrong = "Geef een dag, zoals 2026-09-14."
        found = {name: wrong for name in ("van", "tot") if getattr(self, name) and _day(getattr(self, name)) is None}
        for name, known in (("soort", KINDS), ("uitkomst", OUTCOMES), ("code", CODES)):
            said = getattr(self, name)
            if said and said not in known:
                found[name] = f"‘{plain(said)}’ bestaat niet. Kies uit: {', '.join(known)}."
        if self.unknown:
            found["van"] = f"Zoeken op {plain(dutch.listing(self.unknown))} kan niet. Wel op: {', '.join(FILTERS)}."
        return found

    def wanted(self) -> Wanted:
        """The part of the history that is meant."""
        until = _day(self.tot)
        return Wanted(
            since=_midnight(_day(self.van)),
            until=_midnight(until + timedelta(days=1) if until and until < date.max else None),
            event_type=PREFIX + self.soort if self.soort in KINDS else None,
            outcome=self.uitkomst if self.uitkomst in OUTCOMES else None,
            code=self.code if self.code in CODES else None,
            subject=whole(self.nummer),
        )

    def query(self, **more: str) -> str:
        """The same question, for an address."""
        said = {name: getattr(self, name) for name in FILTERS} | more
        return urlencode({name: value for name, value in said.items() if value})


def asked_of(
    request: Request,
    van: Text = "",
    tot: Text = "",
    soort: Text = "",
    uitkomst: Text = "",
    code: Text = "",
    nummer: Text = "",
) -> Asked:
    """The question in an address."""
    unknown = tuple(sorted(set(request.query_params) - _OTHERS))
    return Asked(van, tot, soort, uitkomst, code, nummer.strip(), unknown)


AskedDep = Annotated[Asked, Depends(asked_of)]


def whole(text: str) -> str | None:
    """What could be an id; nothing for what is none, and for what no database takes."""
    return text.strip() if text.strip() and text.isprintable() else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), dutch.HERE) if day and day.year > 1 else None
