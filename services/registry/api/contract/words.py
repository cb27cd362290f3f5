"""What the pages of the contract say beside the contract itself, in Dutch and English."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

from shared.events.answers import EventAccepted, EventDelayed, EventRefused
from shared.events.partner import (
    InitiativeReported,
    InitiativeWithdrawn,
    MatchAnswered,
    SignalReported,
    SurveyResponseSubmitted,
)
from shared.events.problems import Code
from shared.events.registry import (
    InitiativeChanged,
    InitiativeClosed,
    InitiativeMerged,
    InitiativeRegistered,
    PossibleDuplicateFound,
)
from shared.events.survey import ResponseRecorded

Language = Literal["nl", "en"]

OWNERS: Mapping[str, tuple[str, str]] = {
    "partner": ("Partners sturen", "What partners send"),
    "taker": ("Partners krijgen antwoord", "What partners are answered"),
    "registry": ("Feiten van het register", "Facts of the registry"),
    "survey": ("Feiten van de inventarisatie", "Facts of the survey"),
    "notify": ("Feiten van de berichtgeving", "Facts of notification"),
    "reporting": ("Feiten van de rapportage", "Facts of reporting"),
    "service": ("Feiten van elke dienst over zijn eigen werk", "Facts of any service about its own work"),
}
"""Who says it; in the order in which the catalogue shows them."""

SERVICES: Mapping[str, tuple[str, str]] = {
    "registry": ("het register", "the registry"),
    "survey": ("de inventarisatie", "the survey"),
    "notify": ("de berichtgeving", "notification"),
    "reporting": ("de rapportage", "reporting"),
    "service": ("elke dienst", "any service"),
    "taker": ("de dienst die de gebeurtenis aanneemt", "the service that takes the event"),
    "partner": ("een partner", "a partner"),
}

OUTCOMES: Mapping[str, tuple[str, ...]] = {
    InitiativeReported.type: ("new", "changed", "unchanged"),
    InitiativeWithdrawn.type: ("changed", "unchanged"),
    MatchAnswered.type: ("recorded", "unchanged"),
    SurveyResponseSubmitted.type: ("recorded", "replaced"),
    SignalReported.type: ("recorded",),
}
"""What the taker of a type may say became of it; `duplicate` may be said of every type."""

OUTCOME_WORDS: Mapping[str, tuple[str, str]] = {
    "new": ("nieuw van u", "new from you"),
    "changed": ("veranderd sinds uw vorige opgave", "changed since your last report"),
    "unchanged": ("er verandert niets", "nothing changes"),
    "recorded": ("vastgelegd", "recorded"),
    "replaced": ("vervangt een eerdere", "replaces an earlier one"),
    "duplicate": ("al eerder van u ontvangen", "received from you before"),
}

_ANSWERS = (EventAccepted.type, EventRefused.type, EventDelayed.type)
_MORE: Mapping[str, tuple[str, ...]] = {
    InitiativeReported.type: (
        PossibleDuplicateFound.type,
        InitiativeRegistered.type,
        InitiativeChanged.type,
        InitiativeMerged.type,
    ),
    InitiativeWithdrawn.type: (InitiativeChanged.type, InitiativeClosed.type),
    MatchAnswered.type: (PossibleDuplicateFound.type, InitiativeMerged.type),
    SurveyResponseSubmitted.type: (ResponseRecorded.type,),
}
FOLLOW: Mapping[str, tuple[str, ...]] = {
    **{kind: (*_ANSWERS, *_MORE.get(kind, ())) for kind in OUTCOMES},
    PossibleDuplicateFound.type: (MatchAnswered.type,),
}
"""Which types may come as an answer to a type."""

WARNINGS = frozenset(
    {
        "became-date",
        "columns-together",
        "formula-error",
        "future-year",
        "macros",
        "merged-municipality",
        "no-consent",
        "no-consent-columns",
        "no-region",
        "outside-columns",
        "postcode-elsewhere",
        "read-as",
        "sandbox",
        "set-aside-value",
        "sum-row",
        "superseded",
        "unknown-column",
        "unknown-field",
        "unread-sheet",
    }
)
"""Codes that are said of what is accepted all the same."""

_BLANKS: Mapping[str, tuple[str, str]] = {
    "value": ("wat u stuurde", "what you sent"),
    "given": ("wat u stuurde", "what you sent"),
    "got": ("iets anders", "something else"),
    "field": ("veld", "field"),
    "detail": ("wat er mis is", "what is wrong"),
    "detail_nl": ("wat er precies is", "what exactly"),
    "detail_en": ("wat er precies is", "what exactly"),
    "expected": ("wat er hoort", "what is expected"),
    "known": ("wat kan", "what is possible"),
    "limit": ("grens", "limit"),
    "size": ("grootte", "size"),
    "count": ("aantal", "number"),
    "characters": ("tekens", "characters"),
    "seconds": ("aantal", "number of"),
    "now": ("wat het werd", "what it became"),
    "opens": ("datum", "date"),
    "closed": ("datum", "date"),
    "questionnaire": ("versie", "version"),
    "column": ("kolom", "column"),
    "rows": ("rijen", "rows"),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """One code, as the page explains it; what differs from fault to fault is marked."""

    code: str
    warning: bool
    nl: Markup
    en: Markup


def explained(code: Code) -> Explained:
    """The texts of a code without a fault to fill them in."""
    return Explained(code.code, code.code in WARNINGS, _marked(code.nl, 0), _marked(code.en, 1))


def _marked(text: str, language: int) -> Markup:
    def blank(match: re.Match[str]) -> str:
        return f"<var>{escape(_BLANKS.get(match[1], (match[1], match[1]))[language])}</var>"

    return Markup(re.sub(r"\{(\w+)\}", blank, str(escape(text))))  # noqa: S704 - escaped the line before
