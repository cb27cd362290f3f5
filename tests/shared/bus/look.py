"""What tests of the engine look at, and how they put an event on the wire."""

from typing import Any

from shared.events.answers import EventRefused
from shared.events.base import Event
from shared.events.envelope import dump_event, write_event
from tests.room import Room, source_of

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def effects(room: Room) -> list[str]:
    return [row["what"] for row in await room.fetch("SELECT what FROM effect ORDER BY id")]


async def inbox(room: Room) -> dict[str, str]:
    return {row["event_id"]: row["outcome"] for row in await room.fetch("SELECT event_id, outcome FROM bus.inbox")}


async def count(room: Room, table: str) -> int:
    found: int = await room.database.pool.fetchval(f"SELECT count(*) FROM bus.{table}")
    return found


def wire(room: Room, data: Event, partner: str = "omzien", **envelope: Any) -> bytes:
    said: dict[str, Any] = {"source": source_of(partner), "time": room.clock(), **envelope}
    return dump_event(write_event(data, **said))


def codes(answer: Any) -> list[str]:
    assert isinstance(answer, EventRefused)
    return [p.code for p in answer.problems]
