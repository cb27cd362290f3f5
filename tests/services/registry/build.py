"""Reports for the tests: initiatives that are plainly the same, or plainly not."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from shared.events.base import Event
from shared.events.partner import InitiativeReported
from tests.room import Room

F = TypeVar("F", bound=Event)

CONSENT = {"purpose": "op-de-kaart", "at": "2026-09-01T10:00:00+02:00", "text": "Toon ons op de kaart."}


ASKING: dict[str, Any] = {"match_same": 0.999999999, "match_perhaps": 0.001}
"""Settings under which two that are somewhat alike are always asked about."""


def report(external_id: str, name: str = "Stichting Zorgzaam Voorbeelddorp", **fields: Any) -> InitiativeReported:
    """An initiative in Zeist with a telephone and a website of its own."""
    said = {
        "externalId": external_id,
        "name": name,
        "kind": "zorgzaam-dorp",
        "place": "Zeist",
        "postcode": "3705 AB",
        "address": "Voorbeeldlaan 12",
        "municipality": "Zeist",
        "website": "https://zorgzaam-voorbeelddorp.example",
        "contact": {"email": "info@zorgzaam-voorbeelddorp.example", "phone": "030 123 45 67", "published": True},
        **fields,
    }
    return InitiativeReported.model_validate({k: v for k, v in said.items() if v is not None})


def elsewhere(external_id: str, name: str = "Buurthuiskamer De Ontmoeting", **fields: Any) -> InitiativeReported:
    """Another initiative, in Groningen."""
    there = {
        "kind": "buurthuiskamer",
        "place": "Groningen",
        "postcode": "9712 AB",
        "address": "Voorbeeldstraat 3",
        "municipality": "Groningen",
        "website": "https://deontmoeting.example",
        "contact": {"email": "post@deontmoeting.example", "phone": "050 765 43 21"},
    }
    return report(external_id, name, **{**there, **fields})


def at(hour: int) -> datetime:
    """A moment on the day of the tests."""
    return datetime(2026, 9, 20, hour, tzinfo=UTC)


async def facts(room: Room, kind: type[F]) -> list[F]:
    """What was said to all, leaving out what partners were told apart."""
    return [s.data for s in await room.outbox() if isinstance(s.data, kind) and s.exchange == "events"]
