"""The AsyncAPI 3.0 document of the bus, made from the contract's classes and the topology; checked in beside the schemas.

Its operations are those of who is connected: a partner sends to `in` and receives from its feedback queue; a service sends
the facts that it owns. The schemas are those of `shared.events.schema`, said in the draft (07) that AsyncAPI's tools read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.events import catalogue, schema
from shared.events.base import PARTNER, PREFIX, Event
from shared.events.catalogue import by_type
from shared.events.envelope import BATCH_JSON, BATCH_LIMIT, EVENT_JSON, EVENT_LIMIT_BYTES, MESSAGE_LIMIT_BYTES
from shared.events.problems import DOCUMENTATION
from shared.events.schema import EXAMPLES, schema_of

from . import topology

FILE = Path(schema.__file__).with_name("asyncapi.json")
VERSION = "1.0.0"
"""Of the form of the document; what it describes carries its version in the name of each type."""

_BINDING = "0.3.0"
_SERVER = "#/servers/broker"
_BINARY = "application/json"
_PARTNER_ALONE = {"$ref": "#/components/parameters/partner"}


def document() -> dict[str, Any]:
    """The whole document, as a JSON object."""
    sent = [kind for kind in by_type().values() if kind.owner == PARTNER]
    facts = [kind for kind in by_type().values() if kind.owner in topology.SERVICES]
    return {
        "asyncapi": "3.0.0",
        "id": "urn:burenbus:bus",
        "info": _info(),
        "defaultContentType": EVENT_JSON,
        "servers": {"broker": _server()},
        "channels": {
            **{_intake(kind): _intake_channel(kind) for kind in sent},
            "feedback": _feedback_channel(),
            **{_fact(kind): _fact_channel(kind) for kind in facts},
        },
        "operations": {
            **{f"send.{kind.type}": _sending(kind) for kind in sent},
            "receive.feedback": _receiving(),
            **{f"say.{kind.type}": _saying(kind) for kind in facts},
        },
        "components": {
            "securitySchemes": {
                "login": {
                    "type": "userPassword",
                    "description": "A broker user with its password, by SASL PLAIN over TLS. A partner has `<name>.1` and, while "
                    "a password is being rotated, `<name>.2`; either may write its own routing keys and read its own feedback.",
                }
            },
            "parameters": {
                "partner": {
                    "description": f"The partner's name on the bus: {topology.PARTNER_NAME.pattern}",
                    "examples": ["omzien"],
                }
            },
            "messages": dict(_messages(sent, facts)),
            "schemas": dict(_schemas()),
        },
    }


def text() -> str:
    """The document as it is checked in."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def _info() -> dict[str, Any]:
    return {
        "title": "Burenbus",
        "version": VERSION,
        "description": (
            "The event bus of communities that care. Operations are those of who is connected: a partner sends events to "
            "exchange `in` and receives an answer to each from its own feedback queue; a service sends the facts it owns to "
            "exchange `events`, which partners cannot read.\n\n"
            f"Events are CloudEvents 1.0 as JSON: alone ({EVENT_JSON}), or as a list of 1 to {BATCH_LIMIT} of one type "
            f"({BATCH_JSON}); binary mode is understood from partners. An event is at most {EVENT_LIMIT_BYTES // 1024} KB, a "
            f"message {MESSAGE_LIMIT_BYTES // 1024} KB. Publish persistent, and with publisher confirms."
        ),
        "license": {"name": "EUPL-1.2", "url": "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12"},
        "externalDocs": {
            "description": "The same contract as pages, in Dutch and English; every refusal code explained at /contract/problems.",
            "url": DOCUMENTATION.removesuffix("/problems"),
        },
        "tags": [
            {"name": "partner", "description": "What partners send, and what they are answered."},
            *({"name": s, "description": f"What {s} takes from partners, or says."} for s in topology.SERVICES),
        ],
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "pathname": "/{vhost}",
        "protocol": "amqps",
        "protocolVersion": "0-9-1",
        "description": "RabbitMQ; boarding tells the address.",
        "variables": {
            "host": {"default": "localhost", "description": "As told at boarding."},
            "port": {"default": "5671", "description": "5671 with TLS; 5672 (amqp) within one machine."},
            "vhost": {"default": "burenbus"},
        },
        "security": [{"$ref": "#/components/securitySchemes/login"}],
    }


# --- channels and operations ---------------------------------------------------------------------------------------


def _intake(kind: type[Event]) -> str:
    return f"in.{kind.type}"


def _fact(kind: type[Event]) -> str:
    return f"events.{kind.type}"


def _intake_channel(kind: type[Event]) -> dict[str, Any]:
    return {
        "address": f"{{partner}}.{kind.type}",
        "title": f"in: {kind.type}",
        "description": f"Routing key on exchange `{topology.IN}`; its first part is the partner's own name, or the broker refuses.",
        "servers": [{"$ref": _SERVER}],
        "parameters": {"partner": _PARTNER_ALONE},
        "messages": {
            name: {"$ref": f"#/components/messages/{kind.type}.{name}"} for name in ("event", "batch", "binary")
        },
        "bindings": _exchange(topology.IN),
    }


def _feedback_channel() -> dict[str, Any]:
    return {
        "address": topology.feedback_queue("{partner}"),
        "title": "feedback",
        "description": (
            "The partner's own queue: an answer to every event it published, and facts that concern it. Each message is a list. "
            f"Kept for {topology.FEEDBACK_TTL_MS // 86_400_000} days and up to {topology.FEEDBACK_BYTES >> 20} MiB, oldest out first."
        ),
        "servers": [{"$ref": _SERVER}],
        "parameters": {"partner": _PARTNER_ALONE},
        "messages": {"batch": {"$ref": "#/components/messages/feedback"}},
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {
                    "name": topology.feedback_queue("{partner}"),
                    "durable": True,
                    "exclusive": False,
                    "autoDelete": False,
                    "vhost": "burenbus",
                },
                "bindingVersion": _BINDING,
            }
        },
    }


def _fact_channel(kind: type[Event]) -> dict[str, Any]:
    return {
        "address": kind.type,
        "title": f"events: {kind.type}",
        "description": f"Routing key on exchange `{topology.EVENTS}`; said by {kind.owner} alone.",
        "servers": [{"$ref": _SERVER}],
        "messages": {name: {"$ref": f"#/components/messages/{kind.type}.{name}"} for name in ("event", "batch")},
        "bindings": _exchange(topology.EVENTS),
    }


def _exchange(name: str) -> dict[str, Any]:
    return {
        "amqp": {
            "is": "routingKey",
            "exchange": {"name": name, "type": "topic", "durable": True, "autoDelete": False, "vhost": "burenbus"},
            "bindingVersion": _BINDING,
        }
    }


def _sending(kind: type[Event]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_intake(kind)}"},
        "title": kind.type,
        "summary": kind.en,
        "tags": [{"name": "partner"}, {"name": kind.taker}],
        "bindings": {"amqp": {"deliveryMode": 2, "bindingVersion": _BINDING}},
        "messages": _of_channel(_intake(kind), ("event", "batch", "binary")),
        "reply": {
            "channel": {"$ref": "#/channels/feedback"},
            "messages": _of_channel("feedback", ("batch",)),
        },
    }


def _receiving() -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/feedback"},
        "title": "feedback",
        "summary": "What became of every event, and what else concerns this partner.",
        "tags": [{"name": "partner"}],
        "bindings": {"amqp": {"ack": True, "bindingVersion": _BINDING}},
        "messages": _of_channel("feedback", ("batch",)),
    }


def _saying(kind: type[Event]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_fact(kind)}"},
        "title": kind.type,
        "summary": kind.en,
        "tags": [{"name": kind.owner}],
        "bindings": {"amqp": {"deliveryMode": 2, "bindingVersion": _BINDING}},
        "messages": _of_channel(_fact(kind), ("event", "batch")),
    }


def _of_channel(channel: str, names: Sequence[str]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]


# --- messages ------------------------------------------------------------------------------------------------------


def _messages(sent: Sequence[type[Event]], facts: Sequence[type[Event]]) -> Iterable[tuple[str, dict[str, Any]]]:
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
        "bindings": {"amqp": {"contentEncoding": "utf-8", "bindingVersion": _BINDING}},
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


# --- schemas -------------------------------------------------------------------------------------------------------


def _schemas() -> Iterable[tuple[str, dict[str, Any]]]:
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
