"""Campaigns by the clock, and the invitations that go with them."""

from datetime import timedelta

import pytest

from services.survey import admin, schedule
from services.survey.domain.campaign import NotPossible
from shared.events.registry import InitiativeChanged, InitiativeClosed
from shared.events.survey import (
    CampaignClosed,
    CampaignClosingSoon,
    CampaignOpened,
    CampaignScheduled,
    InvitationIssued,
    InvitationWithdrawn,
)
from tests.room import NOW

from .build import campaign, initiative, merged, response


async def clock(room) -> None:
    await room.run(schedule.follow_the_clock)
    await room.run(schedule.invite_who_was_missed)


# --- by the clock ---


async def test_a_campaign_is_told_step_by_step(room_of):
    """Scheduled, opened, closing soon a week before, closed: each once, each with a higher version and the counts."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1"), initiative("i2"), initiative("i3", status="closed"))
    await campaign(room, opens="2026-09-21", closes="2026-10-31")
    assert await room.said(CampaignOpened) == []
    for days in (1, 1, 30, 4, 3, 3, 3, 3):
        await clock(room)
        await clock(room)
        room.clock.advance(timedelta(days=days))
        if days == 30:
            await room.take("omzien", response("1"))
    [planned] = await room.said(CampaignScheduled)
    [opened] = await room.said(CampaignOpened)
    [soon] = await room.said(CampaignClosingSoon)
    [closed] = await room.said(CampaignClosed)
    assert [c.version for c in (planned, opened, soon, closed)] == [1, 2, 3, 4]
    assert [c.status for c in (planned, opened, soon, closed)] == ["scheduled", "open", "open", "closed"]
    assert [(c.invited, c.responded) for c in (planned, opened, soon, closed)] == [(0, 0), (2, 0), (2, 1), (2, 1)]


async def test_a_campaign_that_was_missed_is_opened_and_closed(room_of):
    """When the service was away the whole time, both are still said, in order."""
    room = await room_of("survey")
    await campaign(room, opens="2026-09-21", closes="2026-09-22")
    room.clock.advance(timedelta(days=30))
    await clock(room)
    facts = [s.data for s in await room.outbox()]
    assert [type(f) for f in facts] == [CampaignScheduled, CampaignOpened, CampaignClosed]


async def test_drafts_go_when_the_campaign_closes(room_of):
    """What was never sent in is not kept."""
    room = await room_of("survey")
    await room.hear(initiative("i1"))
    await campaign(room)
    [invitation] = await room.said(InvitationIssued)
    async with room.web() as client:
        await client.post(f"/enquete/{invitation.token}", data={"actie": "bewaren", "A1": "x"})
    assert len(await room.fetch("SELECT invitation_id FROM draft")) == 1
    room.clock.now = NOW.replace(month=11, day=1)
    await clock(room)
    assert await room.fetch("SELECT invitation_id FROM draft") == []


# --- invitations ---


async def test_every_active_initiative_is_invited_once(room_of):
    """On opening all that are active are asked, however many partners know them; nobody twice."""
    room = await room_of("survey")
    await room.hear(
        initiative("i1", "omzien/1", "zorgnet/1"),
        initiative("i2"),
        initiative("i3", status="closed"),
        merged("i4", "i1"),
    )
    await campaign(room)
    await clock(room)
    issued = await room.said(InvitationIssued)
    assert sorted(i.initiative_id for i in issued) == ["i1", "i2"]
    assert len({i.token for i in issued}) == 2
    for invitation in issued:
        assert invitation.url == f"http://burenbus.example/enquete/{invitation.token}"
        assert len(invitation.token) >= 22, "128 bits at least"


async def test_tokens_are_kept_as_hashes_only(room_of):
    """Whoever reads the database cannot answer for anybody."""
    room = await room_of("survey")
    await room.hear(initiative("i1"))
    await campaign(room)
    [invitation] = await room.said(InvitationIssued)
    [row] = await room.fetch("SELECT * FROM invitation")
    assert invitation.token not in str(row)
    assert len(row["token_sha256"]) == 32


async def test_who_is_registered_later_is_invited_too(room_of):
    """While the campaign is open a new initiative is asked at once; before and after it is not."""
    room = await room_of("survey")
    await campaign(room, opens="2026-09-21", closes="2026-10-31")
    await room.hear(initiative("i1"))
    assert await room.said(InvitationIssued) == []
    room.clock.advance(timedelta(days=2))
    await clock(room)
    await room.hear(initiative("i2"))
    await room.hear(initiative("i2", version=2, kind=InitiativeChanged))
    assert [i.initiative_id for i in await room.said(InvitationIssued)] == ["i1", "i2"]
    room.clock.now = NOW.replace(month=11, day=3)
    await room.hear(initiative("i3"))
    await clock(room)
    await room.hear(initiative("i4"))
    assert len(await room.said(InvitationIssued)) == 2


async def test_many_are_invited_a_part_at_a_time(room_of):
    """One transaction invites so many; the rest follow, until all have been asked."""
    room = await room_of("survey", invitations_at_once=3)
    await room.hear(*(initiative(f"i{n}") for n in range(8)))
    await campaign(room)
    assert len(await room.said(InvitationIssued)) == 3
    for _ in range(3):
        await clock(room)
    issued = await room.said(InvitationIssued)
    assert len({i.initiative_id for i in issued}) == len(issued) == 8


@pytest.mark.parametrize(
    ("fact", "reason"),
    [(initiative("i1", version=2, kind=InitiativeClosed, status="closed"), "closed"), (merged("i1", "i2"), "merged")],
)
async def test_an_invitation_is_withdrawn(room_of, fact, reason):
    """An initiative that has closed, or gone into another, is asked no longer."""
    room = await room_of("survey")
    await room.hear(initiative("i1"), initiative("i2"))
    await campaign(room)
    await room.hear(fact)
    [withdrawn] = await room.said(InvitationWithdrawn)
    assert (withdrawn.initiative_id, withdrawn.reason) == ("i1", reason)
    await clock(room)
    assert len(await room.said(InvitationIssued)) == 2


async def test_who_comes_back_is_invited_again(room_of):
    """After a split the initiative has no invitation that stands: it gets one, with a token of its own."""
    room = await room_of("survey")
    await room.hear(initiative("i1"), initiative("i2"))
    await campaign(room)
    await room.hear(merged("i2", "i1"))
    await room.hear(initiative("i2", version=3, kind=InitiativeChanged))
    issued = [i for i in await room.said(InvitationIssued) if i.initiative_id == "i2"]
    assert len({i.token for i in issued}) == len({i.invitation_id for i in issued}) == 2
    async with room.tx() as tx:
        assert (await admin.show(tx, "2026")).tally.invited == 2


async def test_counts_follow_merges(room_of):
    """An initiative that went into another is not one more that was invited; one that stopped since, is."""
    room = await room_of("survey")
    await room.hear(*(initiative(f"i{n}", f"omzien/{n}") for n in range(4)))
    await campaign(room)
    for n in range(3):
        await room.take("omzien", response(str(n)))
    await room.hear(merged("i1", "i0"), initiative("i2", version=2, kind=InitiativeClosed, status="closed"))
    async with room.tx() as tx:
        tally = (await admin.show(tx, "2026")).tally
    assert (tally.invited, tally.responded) == (3, 2)


async def test_campaigns_may_overlap(room_of):
    """Two campaigns at a time each invite and count on their own."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1"))
    await campaign(room, "2026-a")
    await campaign(room, "2026-b")
    assert sorted(i.campaign_id for i in await room.said(InvitationIssued)) == ["2026-a", "2026-b"]
    for id_ in ("2026-a", "2026-b"):
        assert (await room.take("omzien", response("1", campaign_id=id_))).outcome == "recorded"


# --- by hand ---


async def plan(room, **other: str):
    async with room.tx() as tx:
        said = {"title": "t", "questionnaire": "2026.1", "opens": "2026-09-28", "closes": "2026-10-31", **other}
        return await admin.plan(tx, "2026", **said)


async def test_staff_open_and_close_earlier(room_of):
    """Opening or closing by hand moves the moment to now, and all that goes with it happens at once."""
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1"))
    await plan(room)
    settings = room.service.settings
    async with room.tx() as tx:
        await admin.open_now(tx, "2026", settings)
    [opened] = await room.said(CampaignOpened)
    assert (opened.opens, opened.invited) == (NOW, 1)
    room.clock.advance(timedelta(hours=1))
    async with room.tx() as tx:
        await admin.close_now(tx, "2026", settings)
    [closed] = await room.said(CampaignClosed)
    assert closed.closes == NOW + timedelta(hours=1)
    answer = await room.take("omzien", response("1"))
    assert [p.code for p in answer.problems] == ["campaign-closed"]


async def test_a_plan_can_be_changed_until_the_opening(room_of):
    """Planned otherwise, it is told again with a higher version; once opened it stands."""
    room = await room_of("survey")
    await plan(room)
    await plan(room, title="Anders")
    first, second = await room.said(CampaignScheduled)
    assert (first.version, second.version, second.title) == (1, 2, "Anders")
    async with room.tx() as tx:
        await admin.open_now(tx, "2026", room.service.settings)
    with pytest.raises(NotPossible):
        await plan(room, title="Te laat")


@pytest.mark.parametrize("what", [admin.open_now, admin.close_now])
async def test_a_campaign_that_does_not_exist(room_of, what):
    """Staff are told in a sentence."""
    room = await room_of("survey")
    with pytest.raises(NotPossible, match="bestaat niet"):
        async with room.tx() as tx:
            await what(tx, "1999", room.service.settings)


async def test_a_plan_that_is_over_already(room_of):
    """A closing in the past is refused."""
    room = await room_of("survey")
    with pytest.raises(NotPossible, match="voorbij"):
        await plan(room, opens="2026-09-01", closes="2026-09-10")
