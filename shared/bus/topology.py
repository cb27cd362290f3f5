"""Exchanges, queues, bindings, users and permissions, as data. `burenbus broker apply` puts them on a broker.

    partners ─▶ in ─▶ <service>.from.<partner>      facts: events ─▶ <service>.<type>      answers: feedback ─▶ feedback.<partner>
               └─ alternate exchange unroutable ─▶ registry.unroutable                              └─ registry.answers
    restate (direct) ─▶ each fact queue by its own name          dead (direct) ─▶ <service>.dead

Services connect with configure `^$`: nothing here is created by them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.events import registry
from shared.events.base import ANY_SERVICE, PARTNER, Event
from shared.events.catalogue import by_type, owned_by, taken_by

IN, EVENTS, FEEDBACK, RESTATE, DEAD, UNROUTABLE = "in", "events", "feedback", "restate", "dead", "unroutable"
ANSWERS_QUEUE, UNROUTABLE_QUEUE = "registry.answers", "registry.unroutable"
TAKERS = ("registry", "survey", "notify")
SERVICES = (*TAKERS, "reporting")

PARTNER_FACTS: tuple[type[registry.PartnerState], ...] = (
    registry.PartnerBoarded,
    registry.PartnerChanged,
    registry.PartnerSuspended,
)

PARTNER_NAME = re.compile(r"^[a-z0-9-]{2,30}$")
RESERVED = frozenset({*SERVICES, "burenbus", "feedback", "in"})

INTAKE_LENGTH = 20_000
"""Messages that a partner's intake queue holds at most; then the broker refuses more, to that partner alone."""
FEEDBACK_BYTES = 256 * 1024 * 1024
FEEDBACK_TTL_MS = 30 * 24 * 3600 * 1000
DELIVERY_LIMIT = 100


@dataclass(frozen=True)
class Queue:
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Binding:
    exchange: str
    queue: str
    routing_key: str


@dataclass(frozen=True)
class Permissions:
    """What a broker user may do; regular expressions. `topics` limits routing keys written to an exchange."""

    write: str
    read: str
    configure: str = "^$"
    topics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Topology:
    """What a broker holds; exchanges as name → (type, arguments)."""

    exchanges: Mapping[str, tuple[str, Mapping[str, Any]]]
    queues: Sequence[Queue]
    bindings: Sequence[Binding]


def intake_queue(service: str, partner: str) -> str:
    return f"{service}.from.{partner}"


def partner_of(queue: str) -> str | None:
    """Whose events come in by this queue; None for every other kind of queue."""
    return queue.partition(".from.")[2] or None


def feedback_queue(partner: str) -> str:
    return f"feedback.{partner}"


def partner_users(partner: str) -> tuple[str, str]:
    """The names of a partner's users: two, so that a new password can be there before the old one goes."""
    return f"{partner}.1", f"{partner}.2"


def fact_queue(service: str, kind: type[Event]) -> str:
    return f"{service}.{kind.type}"


def dead_queue(service: str) -> str:
    return f"{service}.dead"


def heard_facts(service: str, types: Iterable[type[Event]]) -> list[type[Event]]:
    """Of the types that a service reacts to, those that come as facts (not from partners, not as answers).

    Every taker hears of partners besides, to know who may speak; registry, who says it, knows.
    """
    heard = [t for t in types if t.owner in (*SERVICES, ANY_SERVICE)]
    if service in TAKERS and service != registry.OWNER:
        heard += [t for t in PARTNER_FACTS if t not in heard]
    return heard


def platform(hears: Mapping[str, Iterable[type[Event]]]) -> Topology:
    """The platform's own part; `hears` gives the event types that each service reacts to."""
    queues = [Queue(dead_queue(s), {"x-queue-type": "quorum"}) for s in SERVICES]
    bindings = [Binding(DEAD, dead_queue(s), s) for s in SERVICES]
    for queue, exchange in ((ANSWERS_QUEUE, FEEDBACK), (UNROUTABLE_QUEUE, UNROUTABLE)):
        queues.append(_durable(queue, "registry"))
        bindings.append(Binding(exchange, queue, "#"))
    for service, types in hears.items():
        for kind in heard_facts(service, types):
            name = fact_queue(service, kind)
            queues.append(_durable(name, service))
            bindings += [Binding(EVENTS, name, kind.type), Binding(RESTATE, name, name)]
    exchanges: dict[str, tuple[str, Mapping[str, Any]]] = {
        IN: ("topic", {"alternate-exchange": UNROUTABLE}),
        UNROUTABLE: ("topic", {}),
        EVENTS: ("topic", {}),
        FEEDBACK: ("topic", {}),
        RESTATE: ("direct", {}),
        DEAD: ("direct", {}),
    }
    return Topology(exchanges, queues, bindings)


def partner(name: str) -> Topology:
    """One partner's part: an intake queue at each taker, with bounds, and its feedback queue.

    Raises ValueError for a name that is not a partner's.
    """
    check_partner_name(name)
    queues = [_durable(intake_queue(s, name), s, {"x-max-length": INTAKE_LENGTH}) for s in TAKERS]
    bindings = [Binding(IN, intake_queue(s, name), f"{name}.{kind.type}") for s in TAKERS for kind in taken_by(s)]
    queues.append(
        Queue(
            feedback_queue(name),
            {
                "x-queue-type": "quorum",
                "x-message-ttl": FEEDBACK_TTL_MS,
                "x-max-length-bytes": FEEDBACK_BYTES,
                "x-overflow": "drop-head",
            },
        )
    )
    bindings.append(Binding(FEEDBACK, feedback_queue(name), name))
    return Topology({}, queues, bindings)


def check_partner_name(name: str) -> None:
    if not PARTNER_NAME.fullmatch(name) or name in RESERVED:
        raise ValueError(f"{name!r} is not a partner's name: 2 to 30 of a-z, 0-9 and -, and not one of ours")


def service_permissions(service: str) -> Permissions:
    """A service reads its own queues, says its own facts, answers, and restates; registry also speaks for partners."""
    own = "|".join(re.escape(kind.type) for kind in owned_by(service) + owned_by(ANY_SERVICE))
    exchanges = [EVENTS, FEEDBACK, RESTATE, *([IN] if service == "registry" else [])]
    return Permissions(
        write=f"^({'|'.join(exchanges)})$",
        read=rf"^{service}\.",
        topics={EVENTS: f"^({own})$"},
    )


def partner_permissions(name: str, *, publishes: bool = True) -> Permissions:
    """A partner writes to `in` under its own prefix, and reads its own feedback. Nothing else.

    One that may not publish for now still reads its answers.
    """
    return Permissions(
        write=f"^{IN}$" if publishes else "^$",
        read=f"^{re.escape(feedback_queue(name))}$",
        topics={IN: rf"^{re.escape(name)}\."},
    )


def partner_types() -> list[type[Event]]:
    return [kind for kind in by_type().values() if kind.owner == PARTNER]


def _durable(name: str, service: str, arguments: Mapping[str, Any] | None = None) -> Queue:
    return Queue(
        name,
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": DEAD,
            "x-dead-letter-routing-key": service,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            **(arguments or {}),
        },
    )
