"""The AsyncAPI 3.0 document of the bus, made from the contract's classes and the topology; checked in beside the schemas.

Its operations are those of who is connected: a partner sends to `in` and receives from its feedback queue; a service sends
the facts that it owns. The schemas are those of `shared.events.schema`, said in the draft (07) that AsyncAPI's tools read.
"""

import json
from pathlib import Path
from typing import Any

from shared.bus import topology
from shared.events import schema
from shared.events.base import ANY_SERVICE, PARTNER
from shared.events.catalogue import by_type
from shared.events.envelope import BATCH_JSON, BATCH_LIMIT, EVENT_JSON, EVENT_LIMIT_BYTES, MESSAGE_LIMIT_BYTES
from shared.events.problems import DOCUMENTATION

from . import channels, messages
from .messages import example

__all__ = ["FILE", "VERSION", "document", "example", "text"]

FILE = Path(schema.__file__).with_name("asyncapi.json")
VERSION = "1.0.0"
"""Of the form of the document; what it describes carries its version in the name of each type."""


def document() -> dict[str, Any]:
    """The whole document, as a JSON object."""
    sent = [kind for kind in by_type().values() if kind.owner == PARTNER]
    facts = [kind for kind in by_type().values() if kind.owner in (*topology.SERVICES, ANY_SERVICE)]
    return {
        "asyncapi": "3.0.0",
        "id": "urn:burenbus:bus",
        "info": _info(),
        "defaultContentType": EVENT_JSON,
        "servers": {"broker": _server()},
        "channels": {
            **{channels.intake(kind): channels.intake_channel(kind) for kind in sent},
            "feedback": channels.feedback_channel(),
            **{channels.fact(kind): channels.fact_channel(kind) for kind in facts},
        },
        "operations": {
            **{f"send.{kind.type}": channels.sending(kind) for kind in sent},
            "receive.feedback": channels.receiving(),
            **{f"say.{kind.type}": channels.saying(kind) for kind in facts},
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
            "messages": dict(messages.messages(sent, facts)),
            "schemas": dict(messages.schemas()),
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
