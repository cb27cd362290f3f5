"""The end state: what there is when all is quiet, in words that do not depend on ids, order or time."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from email.message import EmailMessage
from typing import Any

import asyncpg

from shared.events.base import PREFIX

REGISTRY = """
SELECT i.status, i.state->>'name' AS name,
       (SELECT array_agg(c.partner || '/' || c.external_id ORDER BY c.partner, c.external_id)
        FROM claim c WHERE c.initiative_id = i.id) AS claims
FROM initiative i
"""
HISTORY = """
SELECT event_id, outcome = 'refused' AS refused, CASE WHEN outcome = 'refused' THEN 1 ELSE count(*) END AS times
FROM answer WHERE outcome NOT IN ('duplicate', 'delayed') GROUP BY event_id, outcome
"""
RESPONSES = "SELECT partner, external_id, counted, answers->>'A1' AS said FROM response"
SIGNALS = "SELECT partner, external_id, kind, region, t.text FROM signal s JOIN signal_text t ON t.signal_id = s.id"
MOVEMENT = "SELECT name, status FROM initiative"
HOME = """
SELECT initiative_id AS id, partner || '/' || external_id AS claim FROM claim ORDER BY partner, external_id
"""
OURS = "uw initiatief"
TALLIES = "SELECT region, item, n FROM heard.tally WHERE n <> 0"


@dataclass
class State:
    """Each a count of equal things: where one differs from the undisturbed run, something was lost or happened twice."""

    initiatives: Counter[Any] = field(default_factory=Counter)
    history: Counter[Any] = field(default_factory=Counter)
    responses: Counter[Any] = field(default_factory=Counter)
    signals: Counter[Any] = field(default_factory=Counter)
    notified_of: Counter[Any] = field(default_factory=Counter)
    tallies: Counter[Any] = field(default_factory=Counter)
    facts: Counter[Any] = field(default_factory=Counter)
    answers: Counter[Any] = field(default_factory=Counter)
    mails: Counter[Any] = field(default_factory=Counter)
    set_aside: Counter[Any] = field(default_factory=Counter)

    def differences(self, other: "State") -> dict[str, dict[str, list[Any]]]:
        """What this has and the other has not, and the other way round; empty when they are equal."""
        found = {}
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if mine != theirs:
                found[one.name] = {"more": _some(mine - theirs), "less": _some(theirs - mine)}
        return found


def _some(counts: Counter[Any], limit: int = 8) -> list[Any]:
    return [f"{sum(counts.values())} in all", *list(counts.items())[:limit]]


async def databases(pools: Mapping[str, "asyncpg.Pool[asyncpg.Record]"]) -> State:
    """What the services keep."""
    state = State()
    for row in await pools["registry"].fetch(REGISTRY):
        state.initiatives[row["status"], row["name"], tuple(row["claims"] or ())] += 1
    for row in await pools["registry"].fetch(HISTORY):
        state.history[row["event_id"], row["refused"]] += row["times"]
    state.responses.update(tuple(r) for r in await pools["survey"].fetch(RESPONSES))
    state.signals.update(tuple(r) for r in await pools["survey"].fetch(SIGNALS))
    state.notified_of.update(tuple(r) for r in await pools["notify"].fetch(MOVEMENT))
    if "reporting" in pools:
        for row in await pools["reporting"].fetch(TALLIES):
            state.tallies[row["region"], row["item"]] = row["n"]
    for service, pool in pools.items():
        for row in await pool.fetch("SELECT cause, type FROM bus.set_aside"):
            state.set_aside[service, row["cause"], row["type"]] += 1
    return state


async def homes(survey: "asyncpg.Pool[asyncpg.Record]") -> dict[str, str]:
    """The first claim of each initiative, that stands for it whatever its id."""
    found: dict[str, str] = {}
    for row in await survey.fetch(HOME):
        found.setdefault(row["id"], row["claim"])
    return found


def answers(received: Iterable[Mapping[str, Any]], home: Mapping[str, str]) -> Counter[Any]:
    """Of each event what was decided, and how often; of each initiative how often it was new, changed or the same.

    A repetition, and that an answer comes later, decides nothing. One that is refused is refused as often as it is sent,
    which may be once more when a confirm was lost. Which of two partners' claims makes an initiative and which changes it
    depends on their order; that one of them does, does not.
    """
    decided: Counter[Any] = Counter()
    for answer in received:
        data, kind = answer["data"], answer["type"].removeprefix(PREFIX)
        if kind == "event-refused.v1":
            decided[data["event"]["id"], kind, tuple(p["code"] for p in data["problems"])] = 1
        elif kind == "event-accepted.v1" and data["outcome"] != "duplicate":
            decided[data["event"]["id"], kind, ""] += 1
            decided[home.get(data.get("initiativeId", ""), "-"), kind, data["outcome"]] += 1
    return decided


def mails(received: Iterable[EmailMessage], names: Mapping[str, str]) -> Counter[Any]:
    """To whom, of what kind, with what subject. `names`: the initiative of each recipient.

    A subject says "uw initiatief" if notify has not heard of the initiative yet, and its name if it has: both are right.
    """
    counts: Counter[Any] = Counter()
    for mail in received:
        to = mail["X-RcptTo"]
        subject = str(mail["Subject"]).replace(names.get(to, OURS), OURS)
        counts[to, mail["X-Burenbus-Kind"], subject] += 1
    return counts


COUNTED = ("response-recorded.v1", "signal-recorded.v1", "invitation-issued.v1", "notification-delivered.v1")
"""Facts of which there is exactly one for each thing; of the others, that carry a state, the newest counts."""


def facts(heard: Iterable[Mapping[str, Any]], home: Mapping[str, str]) -> Counter[Any]:
    """The facts that were published, each event once however often it was delivered."""
    counted: Counter[Any] = Counter()
    newest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for fact in heard:
        kind, data = fact["type"].removeprefix(PREFIX), fact["data"]
        about = home.get(data.get("initiativeId", ""), "-")
        if kind in COUNTED:
            counted[kind, about, data.get("kind"), data.get("region")] += 1
        elif kind.startswith(("initiative-registered", "initiative-changed", "initiative-merged", "initiative-closed")):
            key = ("initiative", data["initiativeId"])
            if key not in newest or newest[key]["version"] < data["version"]:
                newest[key] = data
    for data in newest.values():
        claims = sorted(f"{c['partner']}/{c['externalId']}" for c in data.get("claims", ()))
        counted["initiative", data["status"], data["name"], tuple(claims)] += 1
    return counted


def read(body: bytes) -> list[dict[str, Any]]:
    content = json.loads(body)
    return content if isinstance(content, list) else [content]
