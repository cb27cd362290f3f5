"""Who may say what: events that are refused before a handler sees them, or by it; and their answers."""

import hashlib
import json
from datetime import timedelta

import pytest

from shared.bus.answers import within_limit
from shared.events.answers import EventAccepted, EventDelayed, EventRefused
from shared.events.codelists import codelist
from shared.events.envelope import dump_event, write_event
from shared.events.problems import problem
from tests.room import source_of

from .conftest import MakeRoom
from .look import codes, effects, inbox, wire
from .small.events import boarded, initiative, order, response, suspended


async def test_another_identity_is_refused(small: MakeRoom) -> None:
    """The broker says who spoke; the source must be one of that partner's."""
    room = await small()
    await room.hear(boarded("zorgnet"))
    answer = await room.take("omzien", order("hallo"), source=source_of("zorgnet"))
    assert codes(answer) == ["another-identity"]
    assert await effects(room) == []


async def test_a_suspended_partner_is_refused_and_told(small: MakeRoom) -> None:
    """From the moment that the fact of it is heard; an older fact does not undo it."""
    room = await small()
    await room.hear(suspended("omzien", version=3))
    await room.hear(boarded("omzien", version=2))
    assert codes(await room.take("omzien", order("hallo"))) == ["suspended"]


async def test_a_change_by_another_process_holds_at_once(small: MakeRoom) -> None:
    """Partners are asked of the database for each batch, not remembered."""
    room = await small()
    await room.take("omzien", order("hallo"))
    await room.database.pool.execute("UPDATE bus.partner SET status = 'suspended'")
    assert codes(await room.take("omzien", order("nog een"))) == ["suspended"]


async def test_an_unknown_partner_waits_to_be_heard_of(small: MakeRoom) -> None:
    """It may have been boarded a second ago: what it said is done when the fact of it comes."""
    room = await small()
    assert await room.take("nieuw", order("hallo")) is None
    assert await effects(room) == []
    await room.hear(boarded("nieuw"))
    assert await effects(room) == ["hallo"]
    assert [a.outcome for a in await room.answers("nieuw")] == ["new"]


async def test_a_partner_and_its_first_event_may_come_in_one_batch(small: MakeRoom) -> None:
    """Facts about partners are remembered before who speaks is judged."""
    room = await small()
    fact = room.item(
        wire(room, boarded("nieuw"), source="urn:burenbus:service:registry"), partner=None, origin="platform"
    )
    said = room.item(wire(room, order("hallo"), partner="nieuw"), partner="nieuw", origin="nieuw")
    await room.engine.process([said, fact])
    assert await effects(room) == ["hallo"]


async def test_a_partner_that_never_comes_is_refused(small: MakeRoom) -> None:
    """After the waiting time; it is not answered, since there is nobody to answer."""
    room = await small()
    await room.take("nieuw", order("hallo"), id="e1")
    room.clock.advance(timedelta(minutes=15))
    await room.settle()
    assert await inbox(room) == {"e1": "refused"}
    assert await room.answers("nieuw") == []


async def test_a_fact_is_believed_of_its_owner_alone(small: MakeRoom) -> None:
    """Survey cannot say that an initiative was registered."""
    room = await small()
    body = wire(room, initiative("7"), source="urn:burenbus:service:survey", id="f1")
    await room.engine.process([room.item(body, partner=None, origin="platform")])
    assert await inbox(room) == {"f1": "refused"}
    assert await room.fetch("SELECT * FROM known") == []


async def test_a_type_without_a_taker_here_is_refused(small: MakeRoom) -> None:
    """A valid event in the wrong queue is answered all the same."""
    room = await small()
    said = write_event(order("hallo"), source=source_of("omzien"), time=room.clock(), id="e1")
    said["type"] = said["type"].replace("signal-reported", "match-answered")
    said["data"] = {"matchId": "m1", "answer": next(iter(codelist("match")))}
    [answer] = await room.take_raw("omzien", [dump_event(said)], ["e1"])
    assert codes(answer) == ["unknown-type"]


@pytest.mark.parametrize(
    ("body", "code"), [(b"\xff", "not-json"), (b"[]", "not-cloudevent"), (b'{"id":"e1"}', "missing")]
)
async def test_what_cannot_be_read_is_refused_and_kept(small: MakeRoom, body: bytes, code: str) -> None:
    """With its payload and every reason, and answered as far as it could be read."""
    room = await small()
    await room.engine.process([room.item(body, partner="omzien", origin="omzien")])
    [answer] = await room.answers("omzien")
    assert code in codes(answer)
    assert len(await room.fetch("SELECT body FROM bus.refused")) == 1


async def test_what_a_message_is_found_by_is_not_an_id_in_the_inbox(small: MakeRoom) -> None:
    """An event may come later under an id that stood in a list which was refused as a whole."""
    room = await small()
    listed = b"[" + wire(room, order("hallo"), id="e1") + b"]"
    await room.engine.process([room.item(listed, partner="omzien", origin="omzien")])
    [answer] = await room.answers("omzien")
    assert (answer.event.id, answer.event.sha256) == ("e1", hashlib.sha256(listed).hexdigest())
    assert await inbox(room) == {}
    [answer] = await room.take_raw("omzien", [wire(room, order("hallo"), id="e1")], ["e1"])
    assert isinstance(answer, EventAccepted)


async def test_an_answer_to_thousands_of_faults_fits_in_an_event(small: MakeRoom) -> None:
    """As many as fit, and how many more there are; such an answer can be read by whoever gets it."""
    room = await small()
    said = write_event(order("hallo"), source=source_of("omzien"), time=room.clock(), id="e1")
    said["data"] |= {f"veld{n}": n for n in range(3000)}
    await room.take_raw("omzien", [dump_event(said)], ["e1"])
    [answer] = await room.answers("omzien")
    assert answer.warnings[-1].code == "more"
    assert str(3000 - len(answer.warnings) + 1) in answer.warnings[-1].nl
    assert max(len(json.dumps(s.envelope)) for s in await room.outbox()) < 64 * 1024


async def test_a_batch_handler_refuses_one_and_goes_on(small: MakeRoom) -> None:
    """Of ten responses, those to a closed campaign are refused and the others are counted."""
    room = await small()
    campaigns = ["closed" if n % 3 == 0 else "2026" for n in range(10)]
    answers = await room.take_many("omzien", [response(c) for c in campaigns])
    assert [isinstance(a, EventRefused) for a in answers] == [c == "closed" for c in campaigns]
    assert await effects(room) == ["2026"] * 6


async def test_refusing_after_a_write_is_a_fault_of_ours(small: MakeRoom) -> None:
    """The write would stay: the event is set aside, nothing of it remains."""
    room = await small()
    answer = await room.take("omzien", order("refuse-late"))
    assert isinstance(answer, EventDelayed)
    assert await effects(room) == []
    [row] = await room.fetch("SELECT detail FROM bus.set_aside")
    assert "wrote before it refused" in row["detail"]


def test_the_same_problem_fits_within_the_limit() -> None:
    """Few problems are given whole."""
    few = [problem("missing", "/id")] * 3
    assert within_limit(few) == tuple(few)
