"""Cells that name one or more of a list, however they spell it."""

import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from shared.events.codelists import Label

from .cells import EMPTY, Reading, is_nothing, plain, text_of
from .model import Cell

Choices = Mapping[str, Label]

SURE, PERHAPS, APART = 90, 72, 5
"""Likeness (0-100) from which a misspelled choice is taken, from which it is asked, and how far the next one must be."""
LONGEST_WORDS = 300
"""Characters of what may be a choice or a date; what is longer is not looked at with patterns, which could take long."""


def one_of(cell: Cell, choices: Choices) -> Reading:
    """A code by its label in either language, or by itself."""
    return EMPTY if is_nothing(cell) else _choice(text_of(cell).strip(), choices)


def many_of(cell: Cell, choices: Choices) -> tuple[Reading, ...]:
    """Codes divided by semicolons, line ends, bars, commas or slashes."""
    if is_nothing(cell):
        return ()
    text = text_of(cell).strip()
    if exact(text, choices) is not None:
        return (_choice(text, choices),)
    parts = [p for part in divided(text, commas=True) for p in _joined_by_and(part, choices)]
    return tuple(_choice(part, choices) for part in parts)


def _joined_by_and(text: str, choices: Choices) -> Sequence[str]:
    """ "zorg en welzijn" is two choices, if it is not one itself and both are known."""
    if len(text) > LONGEST_WORDS:
        return [text]
    parts = re.split(r"\s+(?:en|and|&|\+)\s+", text, flags=re.IGNORECASE)
    two = len(parts) > 1 and exact(text, choices) is None and all(exact(p, choices) for p in parts)
    return parts if two else [text]


def divided(text: str, *, commas: bool) -> Sequence[str]:
    """The parts of a list in one cell; commas and slashes divide only where nothing stronger does."""
    parts = re.split(r"[;|\r\n]+", text)
    if len(parts) == 1 and commas:
        parts = re.split(r"[,/•]+", text)
    return [part.strip(" \t•*") for part in parts if part.strip(" \t•*")]


def exact(text: str, choices: Choices) -> str | None:
    """The code that a text names, by itself or a label, however it is spelled; None when it names none."""
    if text in choices:
        return text
    wanted = plain(text) if len(text) <= LONGEST_WORDS else ""
    return (
        next((code for code, label in choices.items() if wanted in _spellings(code, label)), None) if wanted else None
    )


def _spellings(code: str, label: Label) -> tuple[str, str, str]:
    return plain(code), plain(label.nl), plain(label.en)


def _choice(text: str, choices: Choices) -> Reading:
    """The code; when nothing is quite the same, what is nearly the same if only one is; else the text as it stands."""
    if (code := exact(text, choices)) is not None:
        return Reading(code)
    said = plain(text[:LONGEST_WORDS])[:100]
    likeness = sorted(
        ((max(fuzz.ratio(said, s) for s in _spellings(c, label)), c) for c, label in choices.items()), reverse=True
    )
    if not likeness or not said:
        return Reading(text)
    best, code = likeness[0]
    next_best = likeness[1][0] if len(likeness) > 1 else 0
    if best >= SURE and best - next_best >= APART and len(said) >= 6:
        return Reading(code, read_as=choices[code])
    if best < PERHAPS:
        return Reading(text, meant=_with_word(text, choices))
    return Reading(text, meant=choices[code].nl)


def _with_word(text: str, choices: Choices) -> str | None:
    """The only choice that has this word in it, or begins with it: "energie" of "energie en duurzaamheid"."""
    said = plain(text[:LONGEST_WORDS])
    if len(said) < 4:
        return None
    having = [label.nl for label in choices.values() if any(w.startswith(said) for w in map(plain, label.nl.split()))]
    return having[0] if len(having) == 1 else None


def nearest(text: str, known: Mapping[str, str]) -> str | None:
    """The value of the key of `known` (as `plain` gives it) that a text resembles."""
    found = process.extractOne(plain(text[:LONGEST_WORDS])[:100], known.keys(), scorer=fuzz.ratio, score_cutoff=78)
    return known[found[0]] if found else None
