"""The door: why an event is not for a handler to judge. Its form, its sender, its type."""

from shared.events.answers import Answer
from shared.events.base import ANY_SERVICE, Event, Received
from shared.events.envelope import Faulty
from shared.events.problems import Problem, problem
from shared.events.registry import PartnerState
from shared.transaction import Refused, Waits

from . import topology
from .directory import Partner, waits_for
from .item import Item

SERVICE_SOURCE = "urn:burenbus:service:"


def judge(item: Item, partner: Partner | None) -> Refused | Waits | None:
    """None lets it in. A partner not heard of yet may have been boarded a second ago: that waits.

    Raises what our own code raised when it read the event.
    """
    event = item.event
    if isinstance(event, Faulty) and event.broke is not None:
        raise event.broke
    problems = list(event.problems) if isinstance(event, Faulty) else []
    if item.partner is not None:
        if partner is None and not problems:
            return Waits(waits_for(item.partner), problem("unknown-partner"))
        problems += faults_of_sender(partner, event.source)
    elif isinstance(event, Received) and not (says(event.source, event.data) or passes_by(item, event.data)):
        problems.append(problem("another-identity", "/source", value=event.source))
    if not problems and isinstance(event, Received) and not _heard(item, event.data):
        problems.append(problem("unknown-type", "/type", value=event.data.wire_type()))
    return Refused(*problems) if problems else None


def says(source: str, data: Event) -> bool:
    """Whether this source is the service that owns the fact; answers come from any taker, some facts from any service."""
    if data.owner in ("taker", ANY_SERVICE):
        return source.startswith(SERVICE_SOURCE)
    return source == SERVICE_SOURCE + data.owner


def faults_of_sender(partner: Partner | None, source: str | None) -> list[Problem]:
    """Why this partner may not say this: it is not known, stands still, or speaks as another."""
    if partner is None or partner.status == "removed":
        return [problem("unknown-partner")]
    if partner.status == "suspended":
        return [problem("suspended")]
    if source is not None and source not in partner.sources:
        return [problem("another-identity", "/source", value=source)]
    return []


def _heard(item: Item, data: Event) -> bool:
    """Facts about partners are heard by the bus itself."""
    passes = isinstance(data, PartnerState) or passes_by(item, data)
    return item.reaction is not None or (item.partner is None and passes)


def passes_by(item: Item, data: Event) -> bool:
    """What partners were told besides answers stands in the same queue, and is nobody's to react to: facts in it are
    forwarded ones, and would be forwarded again."""
    return item.partner is None and item.queue == topology.ANSWERS_QUEUE and not isinstance(data, Answer)
