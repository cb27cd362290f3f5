"""What of an initiative's own words can stand in the registry."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from shared.events.partner import InitiativeReported

_FIELDS = frozenset(
    {
        "name", "otherNames", "kind", "phase", "legalForm", "founded", "place", "postcode", "municipality", "website",
        "themes", "targetGroups", "activities", "locationPrecision",
    }
)  # fmt: skip


def usable(said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are of the registry and of the right form; the rest is left to what others say."""
    fields = {k: v for k, v in said.items() if k in _FIELDS and v not in (None, "", [], ())}
    try:
        report = InitiativeReported.model_validate({"name": "onbekend", **fields, "externalId": "-"})
    except ValidationError as error:
        wrong = {str(e["loc"][0]) for e in error.errors(include_url=False) if e["loc"]}
        fields = {k: v for k, v in fields.items() if k not in wrong}
        report = InitiativeReported.model_validate({"name": "onbekend", **fields, "externalId": "-"})
    kept = {k: v for k, v in report.wire().items() if k in fields}
    memberships = said.get("memberships")
    if isinstance(memberships, list | tuple) and (named := [m for m in memberships if isinstance(m, str)]):
        kept["memberships"] = named
    return kept
