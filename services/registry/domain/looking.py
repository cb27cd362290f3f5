"""What of an answer a person should look at, in words that hold nothing of what was sent."""

import re

from shared.events.partner import InitiativeReported, InitiativeWithdrawn
from shared.events.problems import Problem

NO_NEWS = frozenset({"sandbox", "superseded", "more"})
"""Remarks that ask nothing of anyone."""
ABOUT_ONE = frozenset({InitiativeReported.wire_type(), InitiativeWithdrawn.wire_type()})
"""Types of which a later event about the same thing takes the place of an earlier one."""
LONGEST = 100

_INDEX = re.compile(r"/\d+(?=/|$)")


def about(event_type: str | None, subject: str | None, event_id: str | None, sha256: str | None) -> str:
    """How the partner finds it: by its own id of the thing; where that may stand for many events, by the event's id too."""
    if event_type in ABOUT_ONE and subject:
        return subject[:LONGEST]
    name = event_id or (f"sha256:{sha256[:16]}" if sha256 else "?")
    return f"{subject} ({name})"[:LONGEST] if subject else name[:LONGEST]


def pointer(problem: Problem) -> str:
    """Where the fault is, whichever of a list it is in."""
    return _INDEX.sub("", problem.pointer)


def words(problem: Problem) -> tuple[str, str]:
    """The text in Dutch and English without the value that was sent: it may hold anything, and the mail goes over the bus."""
    return _without(problem.nl, problem.value), _without(problem.en, problem.value)


def _without(text: str, value: object) -> str:
    if value is None or not str(value).strip():
        return text
    return re.sub(rf"(?<!\w){re.escape(str(value))}(?!\w)", "…", text)
