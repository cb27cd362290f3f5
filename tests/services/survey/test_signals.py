"""Signals: what residents run into, found, achieved, want."""

import pytest

from shared.events.answers import EventRefused
from shared.events.partner import SignalReported
from shared.events.registry import InitiativeChanged, PartnerChanged
from shared.events.survey import SignalRecorded

from .build import initiative, merged


def signal(**said) -> SignalReported:
    return SignalReported(
        **{"kind": "knelpunt", "category": "financiering", "text": "Te weinig geld, zei Jan.", **said}
    )


@pytest.fixture
async def room(room_of):
    room = await room_of("survey")
    await room.hear(
        initiative("i1", "omzien/1"),
        initiative("i2", "zorgnet/2", municipality=None),
        initiative("i3", municipality=None, province=None),
    )
    return room


@pytest.mark.parametrize(
    ("named", "region", "initiative_id"),
    [
        ({"external_id": "1"}, "GM0355", "i1"),
        ({"external_id": "1", "region": "PV20"}, "GM0355", "i1"),
        ({"initiative_id": "i2"}, "PV26", "i2"),
        ({"initiative_id": "i3", "region": "PV20"}, "PV20", "i3"),
        ({"initiative_id": "i3"}, "NL", "i3"),
        ({"region": "GM0344"}, "GM0344", None),
        ({}, "NL", None),
    ],
)
async def test_its_region(room, named, region, initiative_id):
    """A signal belongs to its initiative's region, else to the one that was given, else to the country."""
    answer = await room.take("omzien", signal(**named))
    assert (answer.outcome, answer.initiative_id) == ("recorded", initiative_id)
    [fact] = await room.said(SignalRecorded)
    assert (fact.region, fact.initiative_id, fact.version) == (region, initiative_id, 1)


async def test_its_text_stays(room):
    """The words are kept apart and go nowhere; the rest is told."""
    said = {
        "severity": "groot",
        "activity": "vervoer",
        "degree": "zelf",
        "institution": "gemeente",
        "gathering": "Regiotafel Zeist",
    }
    await room.take("omzien", signal(external_id="1", **said))
    [fact] = await room.said(SignalRecorded)
    assert {k: getattr(fact, k) for k in said} == said
    assert all("Jan" not in str(s.envelope) for s in await room.outbox())
    assert [r["text"] for r in await room.fetch("SELECT text FROM signal_text")] == ["Te weinig geld, zei Jan."]


async def test_it_waits_for_its_initiative(room):
    """A signal that overtakes its initiative waits for it."""
    assert await room.take("omzien", signal(external_id="9")) is None
    await room.hear(initiative("i9", "omzien/9"))
    [fact] = await room.said(SignalRecorded)
    assert fact.initiative_id == "i9"


async def test_two_ways_to_name_the_initiative_is_one_too_many(room):
    """They might contradict each other."""
    answer = await room.take("omzien", signal(external_id="1", initiative_id="i2"))
    assert isinstance(answer, EventRefused)
    assert [p.code for p in answer.problems] == ["inconsistent"]


async def test_it_follows_its_initiative(room):
    """A signal goes where its initiative goes: into another, or to another region; told with a higher version."""
    await room.take("zorgnet", signal(external_id="2"))
    await room.hear(merged("i2", "i1"), initiative("i1", "omzien/1", "zorgnet/2", version=2, kind=InitiativeChanged))
    await room.hear(initiative("i1", "omzien/1", "zorgnet/2", version=3, kind=InitiativeChanged, municipality="GM0344"))
    await room.hear(initiative("i1", "omzien/1", "zorgnet/2", version=4, kind=InitiativeChanged, municipality="GM0344"))
    told = [(s.version, s.initiative_id, s.region) for s in await room.said(SignalRecorded)]
    assert told == [(1, "i2", "PV26"), (2, "i1", "GM0355"), (3, "i1", "GM0344")]


async def test_who_tries_things_out_changes_nothing(room):
    """A sandbox partner's signal is answered and not kept."""
    state = PartnerChanged(
        partner="omzien", version=2, title="Omzien", sources=("urn:burenbus:partner:omzien",), sandbox=True
    )
    await room.hear(state)
    assert (await room.take("omzien", signal())).outcome == "recorded"
    assert await room.said(SignalRecorded) == []
