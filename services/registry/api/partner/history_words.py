"""Outcomes and kinds of events, in Dutch."""

from collections.abc import Mapping

from services.registry.store import history

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


def outcome_of(kind: str, outcome: str) -> str:
    """What became of an event of this kind."""
    if outcome == "changed" and kind == "initiative-withdrawn.v1":
        return "afgemeld"
    return OUTCOMES.get(outcome, outcome)
