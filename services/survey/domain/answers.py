"""What an initiative says of itself in its answers, for the registry; and the permissions that it gives with them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.events.partner import Consent
from shared.events.questionnaire import DO_NOT_KNOW

_FIELDS = {
    "A1": "name",
    "A2.postcode": "postcode",
    "A2.plaats": "place",
    "A2.gemeente": "municipality",
    "A3": "founded",
    "A4": "kind",
    "A5": "phase",
    "A6": "legalForm",
    "C": "themes",
}
"""Question code to field of `initiative-reported`."""

_EVERYBODY = "alle-inwoners"


def described(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `initiative-reported` that the answers fill; what is not known is left out."""
    known = {name: answers[code] for code, name in _FIELDS.items() if answers.get(code, DO_NOT_KNOW) != DO_NOT_KNOW}
    if answers.get("B1") == _EVERYBODY:
        known["targetGroups"] = [_EVERYBODY]
    elif answers.get("B2", DO_NOT_KNOW) != DO_NOT_KNOW:
        known["targetGroups"] = answers["B2"]
    if answers.get("D", DO_NOT_KNOW) != DO_NOT_KNOW:
        known["activities"] = [_activity(code, answers.get(f"D2.{code}", DO_NOT_KNOW)) for code in answers["D"]]
    return known


def _activity(code: str, degree: str) -> dict[str, str]:
    return {"activity": code} if degree == DO_NOT_KNOW else {"activity": code, "degree": degree}


class Permission(NamedTuple):
    """One permission, given or withheld, with its proof: when, to which text, through which channel."""

    purpose: str
    given: bool
    at: datetime
    text: str
    channel: str


def permissions(
    ticks: Mapping[str, bool], proofs: Iterable[Consent], *, at: datetime, text: str, channel: str
) -> list[Permission]:
    """All permissions of a response: the ticks of the questionnaire, and those that a partner sent with their proof.

    A proof stands above the tick for the same purpose. Of several proofs for one purpose the latest holds.
    """
    found = {purpose: Permission(purpose, given, at, text, channel) for purpose, given in ticks.items()}
    for proof in sorted(proofs, key=lambda p: p.at):
        found[proof.purpose] = Permission(proof.purpose, proof.given, proof.at, proof.text, proof.channel)
    return list(found.values())


def by_proof(permissions: Iterable[Permission]) -> dict[tuple[datetime, str, str], list[Permission]]:
    """Permissions that share one proof (when, text, channel), in order of time."""
    groups: defaultdict[tuple[datetime, str, str], list[Permission]] = defaultdict(list)
    for permission in permissions:
        groups[permission.at, permission.text, permission.channel].append(permission)
    return dict(sorted(groups.items()))
