"""A campaign: one run of a questionnaire in a period, given in the local time of the Netherlands."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from shared import dutch
from shared.events.questionnaire import versions

AMSTERDAM = dutch.HERE
CLOSING_SOON = timedelta(days=7)
"""How long before closing the campaign is said to be closing soon."""

Status = Literal["scheduled", "open", "closed"]
Step = Literal["open", "closing-soon", "close"]

_SLUG = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")


class NotPossible(Exception):
    """What was asked cannot be done with this campaign; the text says why, in Dutch, for the staff member."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """`opens` is inclusive, `closes` exclusive; `status` is what has been said of it, and follows the clock."""

    id: str
    version: int
    title: str
    questionnaire: str
    opens: datetime
    closes: datetime
    status: Status
    closing_soon_said: bool = False

    def is_open(self, at: datetime) -> bool:
        """Whether what is received at `at` counts, whether or not the opening has been announced yet."""
        return self.opens <= at < self.closes

    def due(self, now: datetime) -> Step | None:
        """The next thing to say about it, now that it is `now`."""
        if self.status == "scheduled" and now >= self.opens:
            return "open"
        if self.status == "open" and now >= self.closes:
            return "close"
        if self.status == "open" and not self.closing_soon_said and now >= self.closes - CLOSING_SOON:
            return "closing-soon"
        return None

    def after(self, step: Step) -> "Campaign":
        """Its next state."""
        version = self.version + 1
        match step:
            case "open":
                return replace(self, version=version, status="open")
            case "closing-soon":
                return replace(self, version=version, closing_soon_said=True)
            case "close":
                return replace(self, version=version, status="closed")

    def opened_at(self, now: datetime) -> "Campaign":
        """The same campaign, opening now instead of when it was planned. Raises NotPossible."""
        if self.status != "scheduled":
            raise NotPossible(f"Inventarisatie {self.id} is al open geweest.")
        if now >= self.closes:
            raise NotPossible(
                f"Inventarisatie {self.id} is al voorbij: de sluiting was {dutch.date_and_time(self.closes)}."
            )
        return replace(self, opens=min(now, self.opens))

    def closed_at(self, now: datetime) -> "Campaign":
        """The same campaign, closing now instead of when it was planned. Raises NotPossible."""
        if self.status != "open":
            raise NotPossible(f"Inventarisatie {self.id} is niet open.")
        return replace(self, closes=min(now, self.closes))


def plan(campaign_id: str, *, title: str, questionnaire: str, opens: str, closes: str) -> Campaign:
    """A new campaign. Raises NotPossible with the first thing that makes no sense."""
    if not _SLUG.match(campaign_id):
        raise NotPossible("Geef de inventarisatie een korte naam van kleine letters, cijfers en streepjes, zoals 2026.")
    if not 1 <= len(title.strip()) <= 200:
        raise NotPossible("Geef een titel van 1 tot en met 200 tekens.")
    if questionnaire not in versions():
        raise NotPossible(f"Vragenlijst {questionnaire} bestaat niet. Kies uit: {', '.join(versions())}.")
    first, last = opening(opens), closing(closes)
    if last <= first:
        raise NotPossible("De sluiting moet na de opening liggen.")
    return Campaign(campaign_id, 1, title.strip(), questionnaire, first, last, "scheduled")


def opening(text: str) -> datetime:
    """The moment that a local date (its first moment) or local date and time stands for. Raises NotPossible."""
    return _moment(text, fold=0)


def closing(text: str) -> datetime:
    """As `opening`; a date means up to and including that day, an hour that comes twice means the second time."""
    day = _date(text)
    return _moment((day + timedelta(days=1)).isoformat() if day else text, fold=1)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _moment(text: str, *, fold: Literal[0, 1]) -> datetime:
    day = _date(text)
    try:
        said = datetime.combine(day, time()) if day else datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotPossible(f"{text} is geen datum of tijd. Schrijf 2026-09-14 of 2026-09-14T09:00.") from None
    if said.tzinfo is not None:
        raise NotPossible(f"{text}: geef de Nederlandse tijd, zonder tijdzone.")
    local = said.replace(tzinfo=AMSTERDAM, fold=fold)
    moment = local.astimezone(UTC)
    if moment.astimezone(AMSTERDAM).replace(tzinfo=None) != said:
        raise NotPossible(f"{text} bestaat niet: dan gaat de zomertijd in.")
    return moment


def until_in_words(closes: datetime) -> str:
    """Until when one can answer: "tot en met 31 oktober 2026", or with the time where it is not midnight."""
    if closes.astimezone(AMSTERDAM).time() == time():
        return f"tot en met {dutch.last_date(closes)}"
    return f"tot {dutch.date_and_time(closes)}"
