"""Codes of faults and warnings for people: each in a few words of Dutch."""

import re
from collections.abc import Iterable

from shared.events.problems import CODES

_WORDS = {
    "inconsistent": "Twee gegevens spreken elkaar tegen",
    "missing": "Een verplicht veld ontbreekt",
    "missing-column": "Een verplichte kolom ontbreekt",
    "not-in-list": "Een waarde staat niet in de lijst",
    "type": "Iets anders dan hier hoort",
    "sandbox": "Uw aansluiting staat op proef",
    "read-as": "Een waarde is anders gelezen",
    "set-aside-value": "Een waarde was niet bruikbaar",
    "municipality": "Een gemeente die wij niet kennen",
    "merged-municipality": "Een vroegere gemeente",
    "unknown-postcode": "Een postcode die niet bestaat",
    "unknown-field": "Een veld dat wij niet kennen",
    "unknown-question": "Een vraag die niet in de vragenlijst staat",
    "unknown-initiative": "Een initiatief dat wij niet kennen",
    "date": "Geen bestaande datum",
    "time": "Geen bestaand tijdstip",
    "year": "Geen jaartal",
    "number": "Geen heel getal",
    "decimal": "Geen getal",
    "phone": "Geen telefoonnummer",
    "too-early": "Een datum die te vroeg is",
    "superseded": "Er is al een nieuwere opgave",
    "campaign-not-open": "De inventarisatie is nog niet open",
    "campaign-closed": "De inventarisatie is gesloten",
    "questionnaire-version": "Een andere versie van de vragenlijst",
    "not-applicable": "Een vraag die hier niet bij hoort",
    "column-twice": "Twee kolommen voor hetzelfde",
    "routing-key": "Een routing key die niet bij het type hoort",
    "content-encoding": "De inhoud is ingepakt",
    "no-region": "Geen gemeente te vinden",
    "parameter": "Een waarde die niet kan",
    "repeated": "Iets staat er twee keer",
}
"""Where the beginning of the text says too little without the value."""


def meaning(code: str) -> str:
    """A code in a few words; one that we do not know, as it is."""
    if code in _WORDS or code not in CODES:
        return _WORDS.get(code, code)
    first = re.split(r"(?<=[a-z0-9}])[.:;] |\.$", CODES[code].nl)[0]
    return re.sub(r" ?\(?\{\w+\}\)?", " …", first).strip(" ….:")


def choices(codes: Iterable[str]) -> list[tuple[str, str]]:
    """For a list to choose from, in the order of the alphabet."""
    return sorted(((code, f"{meaning(code)} ({code})") for code in codes), key=lambda pair: pair[1].casefold())
