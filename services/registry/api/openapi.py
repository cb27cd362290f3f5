"""The description of the HTTP door (OpenAPI 3.1), made from the contract's classes; examples are those of the contract."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from shared.bus.topology import partner_types
from shared.events.base import Event
from shared.events.envelope import BATCH_JSON, BATCH_LIMIT, EVENT_JSON, EVENT_LIMIT_BYTES, MESSAGE_LIMIT_BYTES
from shared.events.schema import EXAMPLES, schema_of

from . import openapi_answers as answers

VERSION = "1.0.0"
_ATTRIBUTES: Mapping[str, str] = {
    "ce-specversion": "1.0",
    "ce-id": "Unique for the source; a UUID is advised. The same id and body again is one event.",
    "ce-source": "One of the sources (URN) that were registered for you.",
    "ce-type": "The type of the event.",
    "ce-time": "RFC 3339 with an offset: when it was logged.",
    "ce-subject": "What it is about.",
    "ce-dataschema": "The address of the schema.",
    "ce-sequence": "A whole number, counting up for each source: a gap is noticed.",
}
_DOOR = (
    "Events in CloudEvents 1.0 (NL GOV profile), in one of three forms: structured (`application/cloudevents+json`), batch "
    f"(`application/cloudevents-batch+json`, 1 to {BATCH_LIMIT} events, of several types if you like), or binary (`ce-*` "
    f"headers, the data as `application/json`). At most {EVENT_LIMIT_BYTES} bytes an event and {MESSAGE_LIMIT_BYTES} bytes a "
    "batch, not compressed. "
)
_RECEIVE = _DOOR + (
    "202 comes when the broker has stored the events; what became of each follows in the history (and in your feedback "
    "queue). Of a batch each event stands and falls alone: the answer says of each whether it was received or refused. Where "
    "nothing could be taken the answer is 400 (403 where the source is not yours), with every fault at once. What is refused "
    "here was not taken in: once mended it may keep its id. Sending the same request again is always safe."
)
_VALIDATE = _DOOR + (
    "Says what the answer would be as far as that can be told without knowing what came before. Nothing is published or kept."
)


def openapi(server: str) -> dict[str, Any]:
    """The whole document, with the address at which it is served."""
    return {**_document(), "servers": [{"url": server}]}


@cache
def _document() -> dict[str, Any]:
    events, parts = _event_schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Burenbus: the HTTP door for partners",
            "version": VERSION,
            "summary": "Publish events, ask what became of them.",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "security": [{"token": []}],
        "tags": [
            {"name": "events", "description": "Publish and check events."},
            {"name": "history", "description": "What became of them."},
        ],
        "paths": {
            "/events": {"post": _posting("receive", "Publish events", _RECEIVE, {"202": answers.RECEIVED})},
            "/events/validate": {
                "post": _posting("validate", "Check events, publish nothing", _VALIDATE, {"200": answers.VALIDATED})
            },
            **answers.PATHS,
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "The API token that you got on boarding."}
            },
            "schemas": {
                **answers.SCHEMAS,
                **parts,
                "Event": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in events]},
                "Batch": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": BATCH_LIMIT,
                    "items": {"$ref": "#/components/schemas/Event"},
                },
            },
        },
    }


def _posting(name: str, summary: str, text: str, well: Mapping[str, Any]) -> dict[str, Any]:
    examples = {kind.type: _example(kind) for kind in partner_types()}
    some = next(iter(examples.values()))
    return {
        "operationId": name,
        "tags": ["events"],
        "summary": summary,
        "description": text,
        "parameters": [
            *(_header(key, f"Binary form only. {what}") for key, what in _ATTRIBUTES.items()),
            _header("traceparent", "W3C trace context; goes on in events that carry none."),
        ],
        "requestBody": {
            "required": True,
            "content": {
                EVENT_JSON: {
                    "schema": {"$ref": "#/components/schemas/Event"},
                    "examples": {key: {"value": value} for key, value in examples.items()},
                },
                BATCH_JSON: {
                    "schema": {"$ref": "#/components/schemas/Batch"},
                    "examples": {"two": {"value": list(examples.values())[:2]}},
                },
                "application/json": {
                    "schema": {"type": "object", "description": "Binary form: the data; the attributes are headers."},
                    "examples": {"data": {"value": some["data"]}},
                },
            },
        },
        "responses": {**well, **answers.faults("400", "401", "403", "408", "413", "415", "429", "503")},
    }


def _header(name: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": text,
        "schema": {"type": "string", "maxLength": 300},
    }


def _example(kind: type[Event]) -> dict[str, Any]:
    example: dict[str, Any] = json.loads((EXAMPLES / f"{kind.type}.json").read_text("utf-8"))
    return example


def _event_schemas() -> tuple[list[str], dict[str, Any]]:
    """The names of the schemas of all events that partners send, and these with their parts under names of their own."""
    names, parts = [], dict[str, Any]()
    for kind in partner_types():
        schema = schema_of(kind)
        for key, part in schema.pop("$defs", {}).items():
            moved = _moved(part)
            if parts.setdefault(key, moved) != moved:
                raise ValueError(f"two parts are called {key}")
        for key in ("$schema", "$id"):
            schema.pop(key)
        parts[kind.type] = _moved(schema)
        names.append(kind.type)
    return names, parts


def _moved(node: Any) -> Any:
    """References lead to the components of the document."""
    if isinstance(node, list):
        return [_moved(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        k: v.replace("#/$defs/", "#/components/schemas/") if k == "$ref" and isinstance(v, str) else _moved(v)
        for k, v in node.items()
    }
