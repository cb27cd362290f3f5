"""JSON Schemas of the contract, made from its classes; checked in under `schemas/`, so that nobody changes it by accident."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from .base import Event
from .catalogue import by_type

HERE = Path(__file__).parent
SCHEMAS, EXAMPLES = HERE / "schemas", HERE / "examples"
BASE_URL = "https://zorgzame-gemeenschappen.nl/contract/schemas"
"""Where the schemas are published; `/<type>.json` is appended. The optional `dataschema` of an event."""

_OF_NUMBERS = {"ge": "minimum", "le": "maximum"}
_OF_LISTS = {"minLength": "minItems", "maxLength": "maxItems"}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event of this type: the CloudEvents envelope with its data."""
    data = _bounds_named(kind.model_json_schema(by_alias=True, mode="validation", schema_generator=GenerateJsonSchema))
    definitions = data.pop("$defs", {})
    data.pop("title", None)
    data.pop("description", None)
    schema: dict[str, Any] = {
        "$schema": _DIALECT,
        "$id": f"{BASE_URL}/{kind.type}.json",
        "title": kind.type,
        "description": kind.en,
        "x-description-nl": kind.nl,
        "x-owner": kind.owner,
        **({"x-taker": kind.taker} if kind.taker else {}),
        **({"x-personal": sorted(kind.personal)} if kind.personal else {}),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "minLength": 1, "maxLength": 200},
            "source": {"type": "string", "minLength": 1, "maxLength": 300},
            "type": {"const": kind.wire_type()},
            "time": {"type": "string", "format": "date-time"},
            "subject": {"type": "string", "maxLength": 300},
            "dataschema": {"type": "string", "format": "uri"},
            "datacontenttype": {"const": "application/json"},
            "sequence": {"type": ["integer", "string"]},
            "traceparent": {"type": "string", "maxLength": 100},
            "data": data,
        },
    }
    if definitions:
        schema["$defs"] = definitions
    return schema


def _bounds_named(node: Any) -> Any:
    """Behind a validator that runs before, pydantic leaves `ge` and `le` as they are, and says of a list what belongs to
    a text: in JSON Schema such words mean nothing."""
    if isinstance(node, list):
        return [_bounds_named(item) for item in node]
    if not isinstance(node, dict):
        return node
    names = _OF_LISTS if node.get("type") == "array" else _OF_NUMBERS
    return {names.get(k, k) if isinstance(v, int | float) else k: _bounds_named(v) for k, v in node.items()}


def text_of(schema: Mapping[str, Any]) -> str:
    """A schema as it is checked in."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def generated() -> dict[str, str]:
    """Every schema, by its file name."""
    return {f"{name}.json": text_of(schema_of(kind)) for name, kind in by_type().items()}


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """What in `new` would hurt somebody who keeps to `old`: within a version only optional fields may be added.

    Looks at properties, what is required, codes, types and bounds, all the way down (references resolved by name).
    """
    yield from _required(old, new, at)
    yield from _values(old, new, at)
    for group in ("properties", "$defs"):
        for name, part in old.get(group, {}).items():
            if name not in new.get(group, {}):
                yield f"{at}/{name}: is gone"
            else:
                yield from breaking_changes(part, new[group][name], f"{at}/{name}")
    if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
        yield from breaking_changes(old["items"], new["items"], f"{at}[]")
    for n, (before, after) in enumerate(zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False)):
        yield from breaking_changes(before, after, f"{at}|{n}")
    if len(new.get("anyOf", ())) < len(old.get("anyOf", ())):
        yield f"{at}: a choice is gone"


def _values(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[str]:
    for key in ("type", "const", "$ref", "format", "pattern"):
        if old.get(key) != new.get(key):
            yield f"{at}: {key} {old.get(key)} became {new.get(key)}"
    lost = set(old.get("enum", ())) - set(new.get("enum", old.get("enum", ())))
    if lost:
        yield f"{at}: codes {sorted(lost)} are gone"
    for lower in ("minLength", "minimum", "minItems", "exclusiveMinimum"):
        if new.get(lower, float("-inf")) > old.get(lower, float("-inf")):
            yield f"{at}: {lower} went up"
    for upper in ("maxLength", "maximum", "maxItems", "exclusiveMaximum"):
        if new.get(upper, float("inf")) < old.get(upper, float("inf")):
            yield f"{at}: {upper} went down"


def _required(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[str]:
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield f"{at}/{name}: is required now"
    for name in old.get("required", ()):
        if name not in new.get("required", ()):
            yield f"{at}/{name}: is no longer certain to be there"
