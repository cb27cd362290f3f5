"""What a stream of events leads to in the small service, whichever way it came: what two runs can be compared by."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import asyncpg

from shared.events.base import PREFIX

TABLES = ("effect", "known", *(f"bus.{t}" for t in ("inbox", "outbox", "waiting", "refused", "set_aside", "attempt")))


@dataclass(frozen=True)
class EndState:
    """Rows, and what was published with repetitions by id left out. What two runs may differ in is not there: ids that
    are drawn, times, answers to repeated events, and that an event was delayed that has its final answer."""

    inbox: dict[str, str]
    effects: list[tuple[str, str]]
    known: list[tuple[str, int]]
    refused: list[str]
    set_aside: list[tuple[str, str]]
    left_over: int
    facts: Counter[tuple[str, str]]
    accepted: Counter[tuple[str, str]]
    refusals: set[tuple[str, str]]
    delayed: set[str]


async def clear(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """As if nothing had ever come."""
    await pool.execute("; ".join(f"DELETE FROM {table}" for table in TABLES))  # a TRUNCATE costs ten times as much


async def end_state(pool: "asyncpg.Pool[asyncpg.Record]", published: Iterable[dict[str, Any]]) -> EndState:
    """`published`: envelopes, also those that were published twice."""
    said = {envelope["id"]: envelope for envelope in published}.values()
    facts = Counter(
        (_kind(e), str(e["data"].get("category") or e["data"].get("cause"))) for e in said if not _answers(e)
    )
    answers = [(_kind(e), e["data"]) for e in said if _answers(e)]
    set_aside = await pool.fetch("SELECT event_id, cause FROM bus.set_aside ORDER BY event_id, cause")
    kept = {row["event_id"] for row in set_aside}
    return EndState(
        inbox={r["event_id"]: r["outcome"] for r in await pool.fetch("SELECT event_id, outcome FROM bus.inbox")},
        effects=[
            (r["event"], r["what"]) for r in await pool.fetch("SELECT event, what FROM effect ORDER BY event, what")
        ],
        known=[tuple(r) for r in await pool.fetch("SELECT initiative_id, version FROM known ORDER BY initiative_id")],
        refused=[r["event_id"] for r in await pool.fetch("SELECT event_id FROM bus.refused ORDER BY event_id")],
        set_aside=[tuple(row) for row in set_aside],
        left_over=await pool.fetchval("SELECT (SELECT count(*) FROM bus.waiting) + (SELECT count(*) FROM bus.attempt)"),
        facts=facts,
        accepted=Counter(
            (data["event"]["id"], data["outcome"])
            for kind, data in answers
            if kind == "event-accepted.v1" and data["outcome"] != "duplicate"
        ),
        refusals={
            (data["event"]["id"], problem["code"])
            for kind, data in answers
            if kind == "event-refused.v1"
            for problem in data["problems"]
        },
        delayed={
            data["event"]["id"] for kind, data in answers if kind == "event-delayed.v1" and data["event"]["id"] in kept
        },
    )


def _kind(envelope: dict[str, Any]) -> str:
    kind: str = envelope["type"]
    return kind.removeprefix(PREFIX)


def _answers(envelope: dict[str, Any]) -> bool:
    return _kind(envelope) in ("event-accepted.v1", "event-refused.v1", "event-delayed.v1")
