"""Channels and operations: where each type goes, who may send it, and what comes back."""

from collections.abc import Sequence
from typing import Any

from shared.bus import topology
from shared.events.base import ANY_SERVICE, Event

BINDING = "0.3.0"
"""Of the AMQP bindings."""
_SERVER = "#/servers/broker"
_PARTNER_ALONE = {"$ref": "#/components/parameters/partner"}


def intake(kind: type[Event]) -> str:
    return f"in.{kind.type}"


def fact(kind: type[Event]) -> str:
    return f"events.{kind.type}"


def intake_channel(kind: type[Event]) -> dict[str, Any]:
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


def feedback_channel() -> dict[str, Any]:
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
                "bindingVersion": BINDING,
            }
        },
    }


def fact_channel(kind: type[Event]) -> dict[str, Any]:
    return {
        "address": kind.type,
        "title": f"events: {kind.type}",
        "description": f"Routing key on exchange `{topology.EVENTS}`; said by {_who(kind)}.",
        "servers": [{"$ref": _SERVER}],
        "messages": {name: {"$ref": f"#/components/messages/{kind.type}.{name}"} for name in ("event", "batch")},
        "bindings": _exchange(topology.EVENTS),
    }


def sayers(kind: type[Event]) -> tuple[str, ...]:
    """The services that say this fact: its owner, or each of them."""
    return tuple(topology.SERVICES) if kind.owner == ANY_SERVICE else (kind.owner,)


def _who(kind: type[Event]) -> str:
    return "any service, of its own work" if kind.owner == ANY_SERVICE else f"{kind.owner} alone"


def _exchange(name: str) -> dict[str, Any]:
    return {
        "amqp": {
            "is": "routingKey",
            "exchange": {"name": name, "type": "topic", "durable": True, "autoDelete": False, "vhost": "burenbus"},
            "bindingVersion": BINDING,
        }
    }


def sending(kind: type[Event]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{intake(kind)}"},
        "title": kind.type,
        "summary": kind.en,
        "tags": [{"name": "partner"}, {"name": kind.taker}],
        "bindings": {"amqp": {"deliveryMode": 2, "bindingVersion": BINDING}},
        "messages": _of_channel(intake(kind), ("event", "batch", "binary")),
        "reply": {
            "channel": {"$ref": "#/channels/feedback"},
            "messages": _of_channel("feedback", ("batch",)),
        },
    }


def receiving() -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/feedback"},
        "title": "feedback",
        "summary": "What became of every event, and what else concerns this partner.",
        "tags": [{"name": "partner"}],
        "bindings": {"amqp": {"ack": True, "bindingVersion": BINDING}},
        "messages": _of_channel("feedback", ("batch",)),
    }


def saying(kind: type[Event]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{fact(kind)}"},
        "title": kind.type,
        "summary": kind.en,
        "tags": [{"name": service} for service in sayers(kind)],
        "bindings": {"amqp": {"deliveryMode": 2, "bindingVersion": BINDING}},
        "messages": _of_channel(fact(kind), ("event", "batch")),
    }


def _of_channel(channel: str, names: Sequence[str]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]
