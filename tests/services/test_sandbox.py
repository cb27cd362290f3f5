"""The sandbox: a partner tries everything, is answered as ever, and nothing of it stays, at whichever service."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.bus import directory
from shared.events.answers import Answer, EventAccepted
from shared.events.base import PARTNER, Event
from shared.events.catalogue import by_type
from shared.events.envelope import dump_event, write_event
from shared.events.partner import InitiativeReported, InitiativeWithdrawn, MatchAnswered
from shared.events.registry import PartnerChanged
from shared.events.schema import EXAMPLES
from tests.room import NOW, Room, source_of

PARTNER_TYPES = sorted((kind for kind in by_type().values() if kind.owner == PARTNER), key=lambda kind: kind.type)


async def to_sandbox(room: Room, partner: str = "omzien", *, version: int = 2, sandbox: bool = True) -> None:
    async with room.tx() as tx:
        state = PartnerChanged(
            partner=partner, version=version, title=partner, sources=(source_of(partner),), sandbox=sandbox
        )
        await directory.remember(tx, state)


async def held(room: Room) -> dict[str, int]:
    """How many rows each of the service's own tables holds."""
    tables = await room.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return {t["relname"]: (await room.fetch(f'SELECT count(*) AS n FROM "{t["relname"]}"'))[0]["n"] for t in tables}


def example(kind: type[Event]) -> Event:
    return kind.model_validate(json.loads((EXAMPLES / f"{kind.type}.json").read_text("utf-8"))["data"])


async def open_campaign(room: Room, data: Event) -> None:
    """A campaign for the response to be judged by, and the moment at which it came."""
    room.clock.advance(timedelta(days=60))
    if room.service.name != "survey" or not hasattr(data, "campaign_id"):
        return
    await room.database.pool.execute(
        """
        INSERT INTO campaign (id, version, title, questionnaire, opens, closes, status)
        VALUES ($1, 1, 'Proef', $2, $3, $4, 'open')
        """,
        data.campaign_id,
        data.questionnaire,  # type: ignore[attr-defined]
        NOW - timedelta(days=1),
        NOW + timedelta(days=90),
    )


@pytest.mark.parametrize("kind", PARTNER_TYPES, ids=lambda kind: kind.type)
async def test_what_is_tried_out_is_answered_and_leaves_nothing(room_of, kind: type[Event]) -> None:
    """An event of any type from a partner in the sandbox is answered at once, the answer says that nothing stays, and the
    taker has said and kept nothing else."""
    assert kind.taker
    room: Room = await room_of(kind.taker)
    data = example(kind)
    await open_campaign(room, data)
    await to_sandbox(room)
    before = await held(room)
    answer = await room.take("omzien", data)
    assert isinstance(answer, EventAccepted), answer
    assert answer.warnings[0].code == "sandbox"
    assert answer.initiative_id is None
    assert await held(room) == before
    assert [s.data for s in await room.outbox()] == [answer]
    assert await room.fetch("SELECT id FROM bus.waiting") == []


@pytest.mark.parametrize("kind", PARTNER_TYPES, ids=lambda kind: kind.type)
async def test_what_is_tried_out_counts_once_it_is_sent_in_earnest(room_of, kind: type[Event]) -> None:
    """The same event, id and all, is no duplicate when the partner has left the sandbox."""
    assert kind.taker
    room: Room = await room_of(kind.taker)
    data = example(kind)
    await open_campaign(room, data)
    await to_sandbox(room)
    assert (await room.take("omzien", data, id="e1")).outcome != "duplicate"
    again = await room.take("omzien", data, id="e1")
    assert (again.outcome, [w.code for w in again.warnings]) == ("duplicate", ["sandbox"])
    await to_sandbox(room, version=3, sandbox=False)
    in_earnest = await room.take("omzien", data, id="e1")
    assert in_earnest is None or not isinstance(in_earnest, EventAccepted) or in_earnest.outcome != "duplicate"


async def test_faults_are_told_in_the_sandbox(room_of) -> None:
    """What is wrong with an event is told as to any partner: at the door, and by the taker."""
    room: Room = await room_of("survey")
    room.clock.advance(timedelta(days=60))
    await to_sandbox(room)
    response = example(by_type()["survey-response-submitted.v1"])
    refused = await room.take("omzien", response)
    assert [p.code for p in refused.problems] == ["unknown-campaign"]
    forged = await room.take("omzien", response, source="urn:burenbus:partner:zorgnet")
    assert [p.code for p in forged.problems] == ["another-identity"]


async def test_in_one_batch_with_others_only_the_sandbox_leaves_nothing(room_of) -> None:
    """Events of partners that do and do not try out come in one batch: the ones are kept, the others are not."""
    room: Room = await room_of("registry")
    await to_sandbox(room)
    reported = example(InitiativeReported)
    items = [room.item(_wire(room, p, reported), partner=p, origin=p) for p in ("omzien", "zorgnet")]
    await room.engine.process(items)
    assert [r["partner"] for r in await room.fetch("SELECT partner FROM claim")] == ["zorgnet"]
    answers: dict[str, Any] = {s.data.partner: s.data for s in await room.outbox() if isinstance(s.data, Answer)}
    assert [w.code for w in answers["omzien"].warnings][:1] == ["sandbox"]
    assert "sandbox" not in [w.code for w in answers["zorgnet"].warnings]
    assert (answers["omzien"].outcome, answers["zorgnet"].outcome) == ("new", "new")


async def test_what_only_memory_tells_is_let_through(room_of) -> None:
    """A withdrawal or an answer names what the sandbox has not kept: that is no fault there."""
    room: Room = await room_of("registry")
    await to_sandbox(room)
    for event in (
        InitiativeWithdrawn(external_id="123", reason="gestopt"),
        MatchAnswered(match_id="no-such-match", answer="zelfde"),
    ):
        answer: Any = await room.take("omzien", event)
        assert (answer.outcome, [w.code for w in answer.warnings]) == ("recorded", ["sandbox"])


async def test_a_partner_heard_of_with_its_events_is_in_the_sandbox_at_once(room_of) -> None:
    """The fact that a partner tries out counts for its events in the same batch."""
    room: Room = await room_of("survey")
    state = PartnerChanged(partner="omzien", version=2, title="Omzien", sources=(source_of("omzien"),), sandbox=True)
    signal = example(by_type()["signal-reported.v1"])
    fact = room.item(_wire(room, None, state), partner=None, origin="platform")
    await room.engine.process([room.item(_wire(room, "omzien", signal), partner="omzien", origin="omzien"), fact])
    assert await room.fetch("SELECT id FROM signal") == []


def _wire(room: Room, partner: str | None, data: Event) -> bytes:
    source = source_of(partner) if partner else "urn:burenbus:service:registry"
    return dump_event(write_event(data, source=source, time=room.clock()))
