"""The closed lists of the contract: a Dutch code, ASCII with hyphens, and its label in Dutch and English.

The lists are data (`data/codelists.json`); a field names the list whose codes it takes: `kind: Kind`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, NamedTuple

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Label(NamedTuple):
    """How one code reads to people."""

    nl: str
    en: str


@cache
def _lists() -> Mapping[str, Mapping[str, Label]]:
    raw = json.loads(files("shared.events").joinpath("data/codelists.json").read_text("utf-8"))
    return {name: {row["code"]: Label(row["nl"], row["en"]) for row in rows} for name, rows in raw.items()}


def codelist(name: str) -> Mapping[str, Label]:
    """Every code of the list `name` with its labels, in the order in which people see them. Raises KeyError."""
    return _lists()[name]


def codelists() -> tuple[str, ...]:
    """The names of all lists."""
    return tuple(_lists())


def label(list_name: str, code: str, language: str = "nl") -> str:
    """The label of one code. Raises KeyError for a code that is not in the list."""
    return str(getattr(codelist(list_name)[code], language))


@dataclass(frozen=True)
class OneOf:
    """Says of a string field that it holds one code of the list `name`; the fault is `not-in-list`."""

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        known = codelist(self.name)

        def check(value: str) -> str:
            if value not in known:
                raise PydanticCustomError("not-in-list", "not in the list", {"known": list(known)})
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "enum": list(codelist(self.name)), "x-codelist": self.name}


Kind = Annotated[str, OneOf("kind")]
Phase = Annotated[str, OneOf("phase")]
LegalForm = Annotated[str, OneOf("legal-form")]
WorkingArea = Annotated[str, OneOf("working-area")]
TargetGroup = Annotated[str, OneOf("target-group")]
Theme = Annotated[str, OneOf("theme")]
ActivityCode = Annotated[str, OneOf("activity")]
Degree = Annotated[str, OneOf("degree")]
Institution = Annotated[str, OneOf("institution")]
Bottleneck = Annotated[str, OneOf("bottleneck")]
Severity = Annotated[str, OneOf("severity")]
SignalKind = Annotated[str, OneOf("signal")]
Purpose = Annotated[str, OneOf("purpose")]
WithdrawalReason = Annotated[str, OneOf("withdrawal")]
MatchAnswer = Annotated[str, OneOf("match")]
LocationPrecision = Annotated[str, OneOf("location-precision")]
Channel = Annotated[str, OneOf("channel")]
