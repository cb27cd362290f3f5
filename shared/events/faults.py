"""From pydantic's errors to the problems of the contract: every fault, with our code, at its JSON Pointer."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .base import Event
from .codelists import Label
from .problems import CODES, LIST, NUMBER, OBJECT, TEXT, YES_OR_NO, Problem, kind_of, problem

_CODE = {
    "missing": "missing",
    "string_too_short": "too-short",
    "string_too_long": "too-long",
    "too_long": "too-long",
    "too_short": "too-short",
    "greater_than": "too-small",
    "greater_than_equal": "too-small",
    "less_than": "too-big",
    "less_than_equal": "too-big",
    "int_parsing": "number",
    "int_from_float": "number",
    "int_parsing_size": "too-big",
    "float_parsing": "decimal",
    "string_pattern_mismatch": "format",
    "literal_error": "not-in-list",
    "enum": "not-in-list",
}
_MOMENT = Label("een tijdstip met tijdzone", "a time with an offset")
_EXPECTED = {
    "string": TEXT,
    "int": Label("een geheel getal", "a whole number"),
    "float": NUMBER,
    "finite": NUMBER,
    "bool": YES_OR_NO,
    "tuple": LIST,
    "list": LIST,
    "model": OBJECT,
    "dict": OBJECT,
    "mapping": OBJECT,
    "date": Label("een datum als 2026-09-14", "a date like 2026-09-14"),
    "datetime": _MOMENT,
    "timezone": _MOMENT,
}
_ANOTHER = Label("een andere waarde", "another value")
_UNREADABLE = {"date": "date", "datetime": "time", "timezone": "time"}
"""Text that was meant to be of this kind, and is not."""


def problems_of(error: ValidationError, model: type[Event], data: Any) -> list[Problem]:
    """Every fault that validation found in the data of an event of this type."""
    if not isinstance(data, dict):
        return [problem("type", "/data", expected=OBJECT, got=kind_of(data))]
    return [*(_problem(e, model) for e in error.errors(include_url=False)), *model.further_faults(data)]


def pointer(loc: tuple[int | str, ...]) -> str:
    """A pydantic location as a JSON Pointer below `/data`."""
    return "/data" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in loc)


def _problem(error: ErrorDetails, model: type[Event]) -> Problem:
    kind, loc, context = error["type"], error["loc"], error.get("ctx", {})
    personal = bool(loc) and str(loc[0]) in model.personal
    at = pointer(loc)
    value = None if isinstance(error.get("input"), dict | list) else error.get("input")
    if kind in CODES:
        return problem(kind, at, value=value, personal=personal, **{k: v for k, v in context.items() if k != "pointer"})
    code = _CODE.get(kind)
    if code is None:
        stem = kind.split("_")[0]
        code = _UNREADABLE.get(stem, "type") if isinstance(value, str) else "type"
        got, expected = kind_of(error.get("input")), _EXPECTED.get(stem, _ANOTHER)
        return problem(code, at, value=value, personal=personal, expected=expected, got=got)
    limit = next((v for k, v in context.items() if k in ("min_length", "max_length", "ge", "gt", "le", "lt")), None)
    limit = int(limit) if isinstance(limit, float) and limit.is_integer() else limit
    return problem(
        code,
        at,
        value=value,
        personal=personal,
        limit=limit,
        known=re.findall(r"'([^']*)'", str(context.get("expected", ""))),
        expected=context.get("pattern"),
    )


def unknown_fields(model: type[BaseModel], data: Any, at: str) -> Iterator[str]:
    """JSON Pointers of what the contract does not know: usually misspellings."""
    if not isinstance(data, Mapping):
        return
    shape = _shape(model)
    for key, value in data.items():
        if key not in shape:
            yield f"{at}/{str(key)[:100].replace('~', '~0').replace('/', '~1')}"
            continue
        inner = shape[key]
        if inner is None:
            continue
        if isinstance(value, list):
            for i, item in enumerate(value):
                yield from unknown_fields(inner, item, f"{at}/{key}/{i}")
        else:
            yield from unknown_fields(inner, value, f"{at}/{key}")


@cache
def _shape(model: type[BaseModel]) -> Mapping[str, type[BaseModel] | None]:
    return {
        name: _model_in(field.annotation)
        for field_name, field in model.model_fields.items()
        for name in {field_name, field.alias or field_name}
    }


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for arg in get_args(annotation) if (m := _model_in(arg))), None)
