"""One transaction: what is read, written and said, all or nothing."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from shared import outbox
from shared.clock import FixedClock
from shared.events.registry import InitiativeRegistered
from shared.events.survey import InitiativeDescribed, InvitationWithdrawn, SignalRecorded
from shared.transaction import Database, Refused, _writes, connect
from tests.conftest import MakeDatabase
from tests.room import NOW

FACT = SignalRecorded(signal_id="s1", kind="droom", category="financiering", region="NL")


@pytest_asyncio.fixture
async def survey(database: MakeDatabase) -> AsyncIterator[Database]:
    one = await connect(await database("survey"), service="survey", clock=FixedClock(NOW), max_size=2)
    yield one
    await one.close()


async def said(database: Database) -> int:
    found: int = await database.pool.fetchval("SELECT coalesce(sum(events), 0) FROM bus.outbox")
    return found


async def test_what_it_says_under_one_key_stands_in_one_row(survey: Database) -> None:
    """In order, as a message will have it: a hundred events at most, and 64 KB but for one that is larger by itself."""
    long = FACT.model_copy(update={"signal_id": "s" * 12_000})
    closed = InvitationWithdrawn(invitation_id="i", campaign_id="c", initiative_id="x", reason="closed")
    async with survey.transaction() as tx:
        for n in range(150):
            tx.emit(FACT.model_copy(update={"signal_id": f"s{n}"}))
            if n % 75 == 0:
                tx.emit(closed)
        for _ in range(3):
            tx.emit(long)
    rows = await survey.pool.fetch("SELECT routing_key, events, body FROM bus.outbox ORDER BY id")
    assert [(r["routing_key"], r["events"]) for r in rows] == [
        ("signal-recorded.v1", 100),
        ("signal-recorded.v1", 51),
        ("signal-recorded.v1", 2),
        ("invitation-withdrawn.v1", 2),
    ]
    held = [event["data"]["signalId"] for row in rows[:2] for event in json.loads(b"[" + row["body"] + b"]")]
    assert held == [*(f"s{n}" for n in range(150)), long.signal_id]


async def test_what_it_says_is_committed_with_what_it_writes(survey: Database) -> None:
    """And callbacks run after that, not before."""
    seen: list[str] = []
    async with survey.transaction() as tx:
        await tx.execute("CREATE TABLE probe (id int)")
        tx.emit(FACT)
        tx.after_commit(lambda: seen.append("committed"))
        assert seen == []
    assert seen == ["committed"]
    assert await said(survey) == 1
    assert await survey.pool.fetchval("SELECT to_regclass('probe')") == "probe"


async def test_an_error_takes_all_of_it_back(survey: Database) -> None:
    """Nothing written, nothing said, nobody called."""
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with survey.transaction() as tx:
            await tx.execute("CREATE TABLE probe (id int)")
            tx.emit(FACT)
            tx.after_commit(lambda: seen.append("committed"))
            raise ZeroDivisionError
    assert seen == []
    assert await said(survey) == 0
    assert await survey.pool.fetchval("SELECT to_regclass('probe')") is None


async def test_a_partner_is_told_only_what_the_contract_lists(survey: Database) -> None:
    """So that the catalogue and the AsyncAPI document name all that can stand in a feedback queue."""
    async with survey.transaction() as tx:
        with pytest.raises(ValueError, match=r"signal-recorded\.v1 is not among what partners are told"):
            tx.tell("omzien", FACT)


async def test_a_service_says_its_own_facts_only(survey: Database) -> None:
    """The broker would refuse another's, again and again, and nothing after it would leave."""
    async with survey.transaction() as tx:
        with pytest.raises(ValueError, match="registry's to say"):
            tx.emit(InitiativeRegistered(initiative_id="i", version=1, status="active", name="De Buurt"))


async def test_a_fact_keeps_the_limit_of_an_event(survey: Database) -> None:
    """What no consumer would read is not said."""
    described = InitiativeDescribed(initiative_id="i", response_id="r", at=NOW, fields={"name": "x" * 70_000})
    async with survey.transaction() as tx:
        with pytest.raises(ValueError, match="bytes"):
            tx.emit(described)


async def test_what_waits_for_an_arrival_is_due_at_once(survey: Database) -> None:
    """Only what waits for that key."""
    for key in ("initiative:1", "initiative:2"):
        await survey.pool.execute(
            "INSERT INTO bus.waiting (key, reaction, origin, body, problem, received_at, next_try, expires_at) "
            "VALUES ($1, 'r', 'o', '', '{}', $2, 'infinity', 'infinity')",
            key,
            NOW,
        )
    async with survey.transaction() as tx:
        tx.arrived("initiative:1")
    due = await survey.pool.fetch("SELECT key FROM bus.waiting WHERE next_try <= $1", NOW)
    assert [r["key"] for r in due] == ["initiative:1"]


async def test_json_goes_in_and_out_as_it_is(survey: Database) -> None:
    """jsonb columns take and give Python objects; NaN is refused."""
    value: dict[str, Any] = {"é": [1, None, {"x": "y"}]}
    async with survey.transaction() as tx:
        assert await tx.fetchval("SELECT $1::jsonb", value) == value
        with pytest.raises(asyncpg.DataError, match="NaN"):
            await tx.fetchval("SELECT $1::jsonb", float("nan"))


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("SELECT 1", False),
        ("SELECT id FROM t FOR UPDATE", False),
        ("WITH x AS (SELECT id FROM t FOR UPDATE) SELECT id FROM x", False),
        ("WITH x AS (SELECT id FROM t FOR NO KEY UPDATE SKIP LOCKED) SELECT id FROM x", False),
        ("INSERT INTO t VALUES (1)", True),
        ("\n  update t SET id = 1", True),
        ("-- what it is for\nDELETE FROM t", True),
        ("/* insert */ SELECT 1", False),
        ("WITH x AS (INSERT INTO t VALUES (1) RETURNING id) SELECT id FROM x", True),
        ("WITH x AS (SELECT 1) UPDATE t SET id = 1", True),
        ("SELECT 'update'", False),
    ],
)
def test_what_counts_as_a_write(sql: str, writes: bool) -> None:
    """A handler may look and lock before it refuses; it may not have written."""
    assert _writes(sql) is writes


def test_a_refusal_gives_its_reasons() -> None:
    """A partner who is refused is told why."""
    with pytest.raises(ValueError, match="reasons"):
        Refused()


async def test_another_process_is_told_of_the_outbox(survey: Database) -> None:
    """By NOTIFY at the commit; not where the relay is in the same process and is woken directly."""
    heard: list[str] = []
    async with survey.pool.acquire() as listening:

        def hear(*_: object) -> None:
            heard.append("notify")

        await listening.add_listener(outbox.CHANNEL, hear)
        async with survey.transaction() as tx:
            tx.emit(FACT)
        await listening.execute("SELECT 1")
        assert heard == ["notify"]
        survey.wake_relay = lambda: heard.append("woken")
        async with survey.transaction() as tx:
            tx.emit(FACT)
        await listening.execute("SELECT 1")
        assert heard == ["notify", "woken"]
        await listening.remove_listener(outbox.CHANNEL, hear)
