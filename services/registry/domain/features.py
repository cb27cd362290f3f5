"""What of a claim is compared, in comparing form, and the keys by which claims that may be the same find each other."""

from dataclasses import dataclass
from typing import Any

from shared.events.partner import InitiativeReported


@dataclass(frozen=True, slots=True)
class Features:
    """One claim in comparing form; empty means not known. Holds personal data: it is kept and erased with the claim."""

    names: tuple[str, ...]


def features(data: InitiativeReported) -> Features:
    """The comparing form of a claim. Never raises: what cannot be read counts as not known."""
    return Features(names=(data.name, *data.other_names))


def blocking_keys(one: Features) -> frozenset[str]:
    """The keys under which a claim is found by others that may be the same."""
    return frozenset(one.names)


def to_json(one: Features) -> dict[str, Any]:
    return {"names": list(one.names)}
