"""Partners that do not agree about a possible duplicate, or think otherwise later; and staff who undo a decision."""

from typing import Any

import pytest

from services.registry.api.deciders import DECIDE_DUPLICATE
from services.registry.domain.answers import left_to_staff
from shared import links
from shared.events.partner import MatchAnswered
from shared.events.registry import InitiativeMerged, InitiativeSplit, PossibleDuplicateFound
from tests.room import NOW, SECRET, Room

from .build import ASKING, at, facts, report
from .test_decisions import BARE, ask, decide, homes
from .test_pages import session


async def says(room: Room, partner: str, match_id: str, answer: str) -> Any:
    return await room.take(partner, MatchAnswered(match_id=match_id, answer=answer))


async def told(room: Room, partner: str) -> list[PossibleDuplicateFound]:
    return [a for a in await room.answers(partner) if isinstance(a, PossibleDuplicateFound)]


async def agree(room: Room, match_id: str, answer: str) -> None:
    for partner in ("omzien", "zorgnet"):
        await says(room, partner, match_id, answer)


def apart(found: dict[str, str]) -> bool:
    return len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    ("answers", "theirs"),
    [
        ({}, False),
        ({"a": "zelfde"}, False),
        ({"a": "onzeker"}, False),
        ({"a": "zelfde", "b": "zelfde"}, False),
        ({"a": "zelfde", "b": "verschillend"}, True),
        ({"a": "zelfde", "b": "onzeker"}, True),
        ({"a": "onzeker", "b": "onzeker"}, True),
    ],
)
def test_when_staff_decide(answers: dict[str, str], theirs: bool) -> None:
    """When two contradict, or all have spoken and do not agree; not while one who may settle it is silent."""
    assert left_to_staff(("a", "b"), answers) == theirs
    assert not left_to_staff(("a", "b", "c"), answers) or {"zelfde", "verschillend"} <= set(answers.values())


async def test_a_contradiction_goes_to_staff_once_and_the_partners_are_told(room_of) -> None:
    """All hear, once, that staff decide; a partner reads its own answer only; nothing is joined."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await says(room, "omzien", fact.match_id, "zelfde")
    await says(room, "zorgnet", fact.match_id, "verschillend")
    await says(room, "zorgnet", fact.match_id, "onzeker")
    last = (await facts(room, PossibleDuplicateFound))[-1]
    assert (last.status, last.version, last.staff_decide) == ("open", 2, True)
    assert {(a.partner, a.answer) for a in last.answers} == {("omzien", "zelfde"), ("zorgnet", "verschillend")}
    for partner in ("omzien", "zorgnet"):
        first, second = await told(room, partner)
        assert (first.staff_decide, second.staff_decide) == (False, True)
        assert [a.partner for a in second.answers] == [partner]
    assert not await facts(room, InitiativeMerged)


async def test_partners_may_come_to_agree_after_all(room_of) -> None:
    """While staff have not decided, a changed answer that makes them agree is the decision."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await says(room, "omzien", fact.match_id, "zelfde")
    await says(room, "zorgnet", fact.match_id, "verschillend")
    await says(room, "zorgnet", fact.match_id, "zelfde")
    assert len(await facts(room, InitiativeMerged)) == 1
    last = (await facts(room, PossibleDuplicateFound))[-1]
    assert (last.status, last.version, last.staff_decide) == ("same", 3, False)


async def test_another_answer_after_the_decision_asks_again_and_agreement_undoes_it(room_of) -> None:
    """A partner that thinks otherwise later puts the question anew: nothing changes until the other agrees, or staff say so;
    then the merge comes apart as it was, and the first question says so too."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    await agree(room, fact.match_id, "zelfde")
    assert (await says(room, "zorgnet", fact.match_id, "verschillend")).outcome == "recorded"
    assert not apart(await homes(room))
    again = (await told(room, "omzien"))[-1]
    assert again.match_id != fact.match_id
    assert (again.status, again.version) == ("open", 1)
    await says(room, "omzien", again.match_id, "verschillend")
    now = await homes(room)
    assert apart(now)
    assert now["a1"] == before["a1"]
    [split] = await facts(room, InitiativeSplit)
    assert split.split_from == before["a1"]
    settled = {f.match_id: f.status for f in await facts(room, PossibleDuplicateFound)}
    assert settled == {fact.match_id: "different", again.match_id: "different"}


async def test_undoing_takes_apart_what_was_joined_with_all_that_came_with_it(room_of) -> None:
    """Two that had two claims each were joined: each has its two again."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    before = await homes(room)
    async with room.tx() as tx:  # a second claim beside each, as matching would have put it there
        for partner, external_id, beside in (("zorgnet", "a2", "a1"), ("omzien", "z2", "z1")):
            await tx.execute(
                """
                INSERT INTO claim (partner, external_id, initiative_id, data, sha256, said_at, changed_at, known_since)
                SELECT $1, $2, initiative_id, data, sha256, said_at, changed_at, $4 FROM claim WHERE external_id = $3
                """,
                partner,
                external_id,
                beside,
                NOW,
            )
    grouped = await homes(room)
    assert (grouped["a2"], grouped["z2"]) == (before["a1"], before["z1"])
    await decide(room, fact.match_id, "same")
    assert len(set((await homes(room)).values())) == 1
    await decide(room, fact.match_id, "different")
    after = await homes(room)
    assert after["a1"] == after["a2"] == before["a1"]
    assert after["z1"] == after["z2"] != before["a1"]


async def test_the_same_answer_or_a_doubt_after_the_decision_changes_nothing(room_of) -> None:
    """Only another view than the present state asks again; a system that repeats its answers nags nobody."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await says(room, "omzien", fact.match_id, "verschillend")
    await decide(room, fact.match_id, "same")
    for answer in ("verschillend", "onzeker", "zelfde"):
        assert (await says(room, "omzien", fact.match_id, answer)).outcome == "unchanged"
    assert len(await room.fetch("SELECT id FROM match")) == 1


async def test_asking_again_twice_is_one_question(room_of) -> None:
    """The other partner's objection joins the question that is open already."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await agree(room, fact.match_id, "zelfde")
    await says(room, "omzien", fact.match_id, "verschillend")
    await says(room, "zorgnet", fact.match_id, "verschillend")
    assert len(await room.fetch("SELECT id FROM match")) == 2
    assert apart(await homes(room))


async def test_what_was_kept_apart_can_be_joined_by_asking_again(room_of) -> None:
    """The other way around: found to be different, looked upon as the same later."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await agree(room, fact.match_id, "verschillend")
    await says(room, "omzien", fact.match_id, "zelfde")
    again = (await told(room, "zorgnet"))[-1]
    await says(room, "zorgnet", again.match_id, "zelfde")
    assert not apart(await homes(room))


async def test_staff_undo_a_merge_on_the_page_of_its_question(room_of) -> None:
    """With a session; the link of the mail alone cannot undo what was decided."""
    room = await room_of("registry", **ASKING)
    fact = await ask(room)
    await agree(room, fact.match_id, "zelfde")
    path = f"/register/dubbel/{fact.match_id}"
    token = links.sign(
        SECRET, person="els@nlzve.example", purpose=DECIDE_DUPLICATE, object_id=fact.match_id, expires=at(23)
    )
    form = {"sleutel": token, "antwoord": "verschillend"}
    async with room.web() as browser:
        assert (await browser.post(path, data=form)).status_code == 409
    async with room.web(**session()) as browser:
        assert "Toch twee verschillende initiatieven" in (await browser.get(path)).text
        assert (await browser.post(path, data=form)).status_code == 303
        assert "twee verschillende initiatieven.</strong>" in (await browser.get(path)).text
    assert apart(await homes(room))


async def test_a_question_that_one_partner_alone_can_answer_is_undone_by_it(room_of) -> None:
    """Both claims are its own: it decides, and decides otherwise."""
    room = await room_of("registry", **ASKING)
    await room.take("omzien", report("a1", "Zorgzaam Voorbeelddorp", **BARE), time=at(7))
    await room.take("omzien", report("a2", "Voorbeelddorp Helpt", **BARE), time=at(7))
    [found] = await facts(room, PossibleDuplicateFound)
    await says(room, "omzien", found.match_id, "zelfde")
    assert not apart(await homes(room))
    await says(room, "omzien", found.match_id, "verschillend")
    assert apart(await homes(room))
