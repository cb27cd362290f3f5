"""What the small service does. Each event leaves a row in `effect`; the text of a signal says what else happens."""

import asyncio
import os
import signal as signals
from collections.abc import Sequence
from contextlib import suppress

import asyncpg

from shared.bus import on
from shared.events.base import Received
from shared.events.envelope import new_id
from shared.events.partner import SignalReported, SurveyResponseSubmitted
from shared.events.problems import problem
from shared.events.registry import InitiativeChanged, InitiativeRegistered, InitiativeState
from shared.events.survey import SignalRecorded
from shared.logs import get_logger
from shared.transaction import Refused, Tx, Waits

BROKEN = {"now": False}
"""While `now` is true, a signal that says "while-broken" fails: a fault of ours that is mended later."""
HELD = 4711
"""The advisory lock for which a signal waits that says "hold"."""
_log = get_logger(__name__)


@on(InitiativeRegistered, InitiativeChanged)
async def know_initiative(event: Received[InitiativeState], tx: Tx) -> None:
    """Who waited for the initiative can go on."""
    await tx.execute(
        """
        INSERT INTO known AS k (initiative_id, version) VALUES ($1, $2)
        ON CONFLICT (initiative_id) DO UPDATE SET version = excluded.version WHERE k.version < excluded.version
        """,
        event.data.initiative_id,
        event.data.version,
    )
    tx.arrived(f"initiative:{event.data.initiative_id}")


@on(SurveyResponseSubmitted, batch=True)
async def count_responses(events: Sequence[Received[SurveyResponseSubmitted]], tx: Tx) -> None:
    """Set-based; a response to campaign "closed" is refused, one to "broken" breaks the whole batch."""
    counted = []
    for event in events:
        if event.data.campaign_id == "closed":
            tx.refuse(event, problem("campaign-closed", "/data/campaignId", closed="2026-01-01"))
        elif event.data.campaign_id == "later":
            tx.wait(event, "campaign:later", problem("unknown-campaign", "/data/campaignId", value="later"))
        else:
            counted.append(event)
    await tx.execute(
        "INSERT INTO effect (event, what) SELECT e, w FROM unnest($1::text[], $2::text[]) AS t (e, w)",
        [e.id for e in counted],
        [e.data.campaign_id for e in counted],
    )
    if any(e.data.campaign_id == "broken" for e in counted):
        raise ZeroDivisionError("a response that nobody thought of")


@on(SignalReported)
async def do_as_it_says(event: Received[SignalReported], tx: Tx) -> None:  # noqa: C901 - a list of orders
    """The text is the order."""
    order, _, what = (event.data.text or "").partition(":")
    if order == "refuse":
        raise Refused(
            problem("unknown-question", "/data/text", value=what, questionnaire="x"), problem("type", "/data")
        )
    if order == "wait" and not await tx.fetchval("SELECT true FROM known WHERE initiative_id = $1", what):
        raise Waits(f"initiative:{what}", problem("unknown-initiative", "/data/initiativeId", value=what))
    await tx.execute("INSERT INTO effect (event, what) VALUES ($1, $2)", event.id, event.data.text or "")
    if order == "refuse-late":
        raise Refused(problem("type", "/data"))
    if order == "kill":
        os.kill(os.getpid(), signals.SIGKILL)
    if order == "fail" or (order == "while-broken" and BROKEN["now"]):
        raise LookupError(what)
    if order == "missing-file":
        raise FileNotFoundError(what)
    if order == "wrong-parameter":
        await tx.fetchval("SELECT $1::int", "not a number")
    if order == "too-few-parameters":
        await tx.fetchval("SELECT $1::int")
    if order == "deadlock":
        raise asyncpg.DeadlockDetectedError
    if order == "hold":
        await tx.fetchval("SELECT pg_advisory_xact_lock($1)", HELD)
    if order == "sleep":
        await asyncio.sleep(float(what))
    if order == "sleep-on":
        with suppress(OSError):
            await tx.execute("SELECT pg_sleep($1)", float(what))
    _log.info("did as it said")
    tx.accept(event, "new", initiative_id=event.data.initiative_id)
    tx.emit(SignalRecorded(signal_id=new_id(), kind=event.data.kind, category=event.data.category, region="NL"))
