"""Messages with their examples, and the schemas in the draft that AsyncAPI's tools read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.events import catalogue
from shared.events.base import PREFIX, Event
from shared.events.catalogue import by_type
from shared.events.envelope import BATCH_JSON, BATCH_LIMIT, EVENT_JSON
from shared.events.schema import EXAMPLES, schema_of

from .channels import BINDING

_BINARY = "application/json"


def messages(sent: Sequence[type[Event]], facts: Sequence[type[Event]]) -> Iterable[tuple[str, dict[str, Any]]]:
    for kind in (*sent, *facts):
        one, item = example(kind), {"$ref": f"#/components/schemas/{kind.type}"}
        yield f"{kind.type}.event", _message(kind.type, kind.en, EVENT_JSON, item, one)
        batch = {"type": "array", "minItems": 1, "maxItems": BATCH_LIMIT, "items": item}
        yield f"{kind.type}.batch", _message(kind.type, f"A list of: {kind.en}", BATCH_JSON, batch, [one])
        if kind in sent:
            yield f"{kind.type}.binary", _binary(kind, one)
    answers = catalogue.told_to_partners()
    batch = {
        "type": "array",
        "minItems": 1,
        "items": {"oneOf": [{"$ref": f"#/components/schemas/{kind.type}"} for kind in answers]},
    }
    yield (
        "feedback",
        _message(
            "feedback",
            "A list of answers and facts, of any type among these.",
            BATCH_JSON,
            batch,
            [example(k) for k in answers],
        ),
    )


def _message(name: str, summary: str, content_type: str, payload: Mapping[str, Any], given: Any) -> dict[str, Any]:
    return {
        "name": name,
        "summary": summary,
        "contentType": content_type,
        "payload": payload,
        "bindings": {"amqp": {"contentEncoding": "utf-8", "bindingVersion": BINDING}},
        "examples": [{"name": name.partition(".")[0], "payload": given}],
    }


def _binary(kind: type[Event], one: Mapping[str, Any]) -> dict[str, Any]:
    """CloudEvents' binary mode: the attributes are AMQP headers, the body is the data alone."""
    attributes = schema_of(kind)["properties"]
    names = [name for name in attributes if name not in ("data", "datacontenttype")]
    required = [f"cloudEvents:{name}" for name in schema_of(kind)["required"] if name != "data"]
    properties = {f"cloudEvents:{name}": attributes[name] for name in names}
    message = _message(kind.type, kind.en, _BINARY, {"$ref": f"#/components/schemas/{kind.type}.data"}, one["data"])
    message["headers"] = {"type": "object", "required": required, "properties": properties}
    message["examples"][0]["headers"] = {f"cloudEvents:{name}": one[name] for name in names if name in one}
    return message


def example(kind: type[Event]) -> dict[str, Any]:
    """The checked-in example of an event of this type."""
    content: dict[str, Any] = json.loads((EXAMPLES / f"{kind.type}.json").read_text("utf-8"))
    return content


def schemas() -> Iterable[tuple[str, dict[str, Any]]]:
    """Every event and, once, every part that events share. Raises ValueError when two parts of one name differ."""
    parts: dict[str, dict[str, Any]] = {}
    for name, kind in by_type().items():
        whole = schema_of(kind)
        published = whole.pop("$id")
        del whole["$schema"]
        for part, content in whole.pop("$defs", {}).items():
            if parts.setdefault(part, _draft_07(content)) != _draft_07(content):
                raise ValueError(f"two parts of the contract are called {part}")
        yield f"{name}.data", _draft_07(whole["properties"]["data"])
        whole["properties"]["data"] = {"$ref": f"#/components/schemas/{name}.data"}
        yield name, {**_draft_07(whole), "externalDocs": {"description": f"{PREFIX}{name}", "url": published}}
    yield from parts.items()


def _draft_07(node: Any) -> Any:
    """Draft 2020-12, as far as the contract uses it, in draft 07: parts stand elsewhere, and a reference stands alone."""
    if isinstance(node, list):
        return [_draft_07(item) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {key: _draft_07(value) for key, value in node.items() if key != "$ref"}
    if not isinstance(node.get("$ref"), str):
        return rest if "$ref" not in node else {**rest, "$ref": _draft_07(node["$ref"])}
    reference = {"$ref": node["$ref"].replace("#/$defs/", "#/components/schemas/")}
    return {"allOf": [reference], **rest} if rest else reference
