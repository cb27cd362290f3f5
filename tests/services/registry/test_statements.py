"""What initiatives say of themselves and allow, and what partners hear of their events."""

from datetime import timedelta
from typing import Any

import pytest

from services.registry.actions import decisions
from services.registry.store import claims, history
from shared.events.answers import EventAccepted, EventDelayed, EventRefused
from shared.events.problems import problem
from shared.events.registry import (
    ContactChanged,
    InitiativeChanged,
)
from shared.events.survey import ConsentsGiven, InitiativeDescribed
from tests.room import NOW, Room

from .build import ASKING, at, facts, report
from .test_decisions import ask, decide, homes

READ = "SELECT response_id FROM own_statement WHERE covered_by IS NULL ORDER BY 1"


def described(initiative_id: str, response: str = "r1", hours: int = 0, **fields) -> InitiativeDescribed:
    return InitiativeDescribed(
        initiative_id=initiative_id, response_id=response, at=NOW + timedelta(hours=hours), fields=fields
    )


def consents(
    initiative_id: str, response: str | None = "r1", *, given=(), withheld=(), hours: int = 0
) -> ConsentsGiven:
    return ConsentsGiven(
        initiative_id=initiative_id,
        response_id=response,
        at=NOW + timedelta(hours=hours),
        given=given,
        withheld=withheld,
        text="2026.1",
        channel="web",
    )


async def test_own_word_goes_before_partners(room_of):
    """What an initiative says of itself is in the golden record, also after a partner's update."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"), time=at(7))
    await room.hear(described(one.initiative_id, name="Voorbeelddorp Zorgt", founded=2015))
    await room.take("omzien", report("a1", phase="actief"), time=at(8))
    last = (await facts(room, InitiativeChanged))[-1]
    assert (last.name, last.founded, last.phase, last.version) == ("Voorbeelddorp Zorgt", 2015, "actief", 3)


async def test_own_word_heard_twice_changes_once(room_of):
    """A repeated or older word of the same response changes nothing."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"))
    await room.hear(described(one.initiative_id, hours=1, name="Nieuw"))
    await room.hear(described(one.initiative_id, hours=1, name="Nieuw"), described(one.initiative_id, name="Oud"))
    assert [f.name for f in await facts(room, InitiativeChanged)] == ["Nieuw"]


async def test_what_was_said_anew_is_held_once(room_of):
    """An initiative that answers every year says the same fields every year: what can count no longer is not read with each."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"))
    await room.hear(described(one.initiative_id, "r1", founded=2015, website="https://wij.example", place="Zeist"))
    for year in range(1, 4):
        await room.hear(described(one.initiative_id, f"r{year + 1}", hours=year, founded=2015 + year, place="Zeist"))
    await room.hear(described(one.initiative_id, "r0", hours=-1, founded=1990, place="Zeist"))
    assert [r["response_id"] for r in await room.fetch(READ)] == [
        "r1",
        "r4",
    ]
    last = (await facts(room, InitiativeChanged))[-1]
    assert (last.founded, last.website, last.place) == (2018, "https://wij.example", "Zeist")


async def test_where_it_was_and_what_it_was_called_is_not_forgotten(room_of):
    """A new place that is not found leaves the old one standing, and other names add up."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"))
    await room.hear(described(one.initiative_id, "r1", place="Zeist", otherNames=["De Hof"]))
    await room.hear(described(one.initiative_id, "r2", hours=1, place="Nergenshuizen", otherNames=["Het Plein"]))
    await room.hear(described(one.initiative_id, "r3", hours=2, place="Nergenshuizen", otherNames=["Het Plein"]))
    last = (await facts(room, InitiativeChanged))[-1]
    assert (last.municipality, last.other_names) == ("GM0355", ("Het Plein", "De Hof"))
    assert [r["response_id"] for r in await room.fetch(READ)] == [
        "r1",
        "r3",
    ]


async def test_own_word_waits_for_its_initiative(room_of):
    """A word about an initiative that is not known yet waits; it is not lost."""
    room = await room_of("registry")
    report_of = await room.hear(described("0199d1f0-0000-7000-8000-000000000000", name="Wij"))
    assert report_of.counts["hold_own_word", "waiting"] == 1


async def test_own_word_follows_its_claim(room_of):
    """What was said of a merged initiative counts for where it went, and goes with its claim after a split."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    await room.hear(described(before["z1"], name="Wij van Voorbeelddorp"))
    await decide(room, fact.match_id, "same")
    assert (await facts(room, InitiativeChanged))[-1].name == "Wij van Voorbeelddorp"
    await room.hear(described(before["z1"], response="r2", hours=1, founded=2001))
    last = (await facts(room, InitiativeChanged))[-1]
    assert (last.initiative_id, last.founded) == (before["a1"], 2001)


async def apart_again(room: Room, initiative_id: str) -> dict[str, str]:
    """The claim of zorgnet goes back to an initiative of its own; gives the initiatives by claim."""
    async with room.tx() as tx:
        await claims.lock_grouping(tx)
        await decisions.split(tx, initiative_id, [("zorgnet", "z1")], by="els@nlzve.example")
    return await homes(room)


async def states(room: Room, home: dict[str, str]) -> dict[str, dict[str, Any]]:
    """How the initiatives of these claims stand."""
    found = {str(r["id"]): r["state"] for r in await room.fetch("SELECT id, state FROM initiative")}
    return {claim: found[initiative_id] for claim, initiative_id in home.items()}


async def test_what_was_said_anew_goes_apart_again(room_of):
    """Of two campaigns, said again for whom it was merged with, and again for itself: nothing of it stays behind."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    own_name = (await states(room, before))["a1"]["name"]
    said = [("r1", 0, "Wij in 2025"), ("r2", 1, "Wij in 2026")]
    for response, hours, name in said:
        await room.hear(described(before["z1"], response, hours, name=name))
    await decide(room, fact.match_id, "same")
    for response, hours, name in said:
        await room.hear(described(before["a1"], response, hours, name=name))
    home = await apart_again(room, before["a1"])
    for response, hours, name in said:
        await room.hear(described(home["z1"], response, hours, name=name))
    now = await states(room, home)
    assert (now["a1"]["name"], now["z1"]["name"]) == (own_name, "Wij in 2026")


@pytest.mark.parametrize("together", [True, False], ids=["one-batch", "one-by-one"])
async def test_what_was_said_while_merged_goes_to_who_said_it(room_of, together: bool):
    """It hung on the other's claim, and left nothing of the other's word to count: that counts again, in whatever order they come."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    await room.hear(described(before["a1"], "r1", name="Aan de Brink", founded=2015))
    await decide(room, fact.match_id, "same")
    await room.hear(described(before["a1"], "r2", 1, name="Zorg om de Zuid", founded=2016))
    home = await apart_again(room, before["a1"])
    again = [
        described(home["a1"], "r1", name="Aan de Brink", founded=2015),
        described(home["z1"], "r2", 1, name="Zorg om de Zuid", founded=2016),
    ]
    for facts_ in [again] if together else [[one] for one in again]:
        await room.hear(*facts_)
    now = await states(room, home)
    assert [(now[c]["name"], now[c]["founded"]) for c in ("a1", "z1")] == [
        ("Aan de Brink", 2015),
        ("Zorg om de Zuid", 2016),
    ]


async def test_a_refusal_stands_when_another_s_permission_goes(room_of):
    """Who refused to be on the map, was merged with one that allowed it, and is apart again, is not on the map."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    await room.hear(consents(before["a1"], "r1", withheld=("op-de-kaart",)))
    await room.hear(consents(before["z1"], "r2", given=("op-de-kaart",), hours=1))
    await decide(room, fact.match_id, "same")
    await room.hear(consents(before["a1"], "r2", given=("op-de-kaart",), hours=1))
    await room.hear(consents(before["a1"], "r3", given=("op-de-kaart",), hours=2))
    home = await apart_again(room, before["a1"])
    await room.hear(
        consents(home["a1"], "r1", withheld=("op-de-kaart",)),
        consents(home["z1"], "r2", given=("op-de-kaart",), hours=1),
        consents(home["z1"], "r3", given=("op-de-kaart",), hours=2),
    )
    now = await states(room, home)
    assert [now[c]["listed"] for c in ("a1", "z1")] == [False, True]


async def test_a_permission_counts_again_when_another_s_refusal_goes(room_of):
    """It was given, refused while merged by the other, and theirs is their own again."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    await room.hear(consents(before["a1"], "r1", given=("op-de-kaart",)))
    await decide(room, fact.match_id, "same")
    await room.hear(consents(before["a1"], "r2", withheld=("op-de-kaart",), hours=1))
    home = await apart_again(room, before["a1"])
    await room.hear(consents(home["a1"], "r1", given=("op-de-kaart",)))
    await room.hear(consents(home["z1"], "r2", withheld=("op-de-kaart",), hours=1))
    now = await states(room, home)
    assert [now[c]["listed"] for c in ("a1", "z1")] == [True, False]


@pytest.mark.parametrize("refused_in", ["r1", "r2"])
async def test_of_two_words_of_one_moment_the_refusal_counts(room_of, refused_in: str):
    """In whichever response it stood."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"))
    allowed_in = {"r1": "r2", "r2": "r1"}[refused_in]
    await room.hear(consents(one.initiative_id, refused_in, withheld=("op-de-kaart",)))
    await room.hear(consents(one.initiative_id, allowed_in, given=("op-de-kaart",)))
    assert not any(f.listed for f in await facts(room, InitiativeChanged))


async def test_a_permission_without_its_response_counts(room_of):
    """As facts were said before they named it: the newest word of the initiative."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"))
    await room.hear(consents(one.initiative_id, None, given=("op-de-kaart",)))
    await room.hear(consents(one.initiative_id, None, withheld=("op-de-kaart",), hours=1))
    assert [f.listed for f in await facts(room, InitiativeChanged)] == [True, False]


async def test_consents_decide_about_map_and_mail(room_of):
    """Permission for the map lists an initiative; taking it back unlists it; permissions reach notify with the address."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1", contact={"email": "a@b.example"}))
    await room.hear(consents(one.initiative_id, given=("op-de-kaart", "nieuwsbrief")))
    assert (await facts(room, InitiativeChanged))[-1].listed
    contact = (await facts(room, ContactChanged))[-1]
    assert (contact.email, contact.purposes, contact.version) == ("a@b.example", ("nieuwsbrief", "op-de-kaart"), 1)
    await room.hear(consents(one.initiative_id, withheld=("op-de-kaart", "nieuwsbrief"), hours=1))
    assert not (await facts(room, InitiativeChanged))[-1].listed
    gone = (await facts(room, ContactChanged))[-1]
    assert (gone.email, gone.purposes, gone.version) == (None, (), 2)


async def test_an_older_consent_changes_nothing(room_of):
    """A permission that comes late does not undo a newer refusal."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"))
    await room.hear(consents(one.initiative_id, withheld=("op-de-kaart",), hours=1))
    await room.hear(consents(one.initiative_id, given=("op-de-kaart",)))
    assert not any(f.listed for f in await facts(room, InitiativeChanged))


async def test_history_keeps_every_answer(room_of):
    """Answers of all takers are kept once each, and counted by type and outcome; refusals by reason."""
    room = await room_of("registry")
    about = {"partner": "omzien", "received_at": NOW}
    event = {"id": "e1", "source": "urn:x", "type": "nl.zorgzame-gemeenschappen.initiative-reported.v1"}
    refused = EventRefused(**about, event={**event, "id": "e2"}, problems=(problem("email", "/data/contact/email"),))
    await room.hear(
        EventAccepted(**about, event=event, outcome="new"),
        refused,
        EventDelayed(**about, event={**event, "id": "e3"}),
    )
    async with room.tx() as tx:
        counts = await history.counts(tx, "omzien")
        assert counts == {event["type"]: {"delayed": 1, "new": 1, "refused": 1}}
        assert await history.refusals(tx) == {"email": 1}
        assert {a.event_id for a in await history.page(tx, "omzien", history.Wanted(), 10)} == {"e1", "e2", "e3"}
