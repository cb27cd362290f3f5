"""What partners are told of their initiatives, their region and the campaigns: their own numbers alone."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from services.registry.actions import boarding, records
from services.registry.store import claims
from shared.bus import topology
from shared.events.base import Event
from shared.events.envelope import dump_event, write_event
from shared.events.partner import InitiativeWithdrawn
from shared.events.registry import (
    InitiativeChanged,
    InitiativeClosed,
    InitiativeMerged,
    InitiativeRegistered,
    InitiativeState,
    PartnerContactChanged,
)
from shared.events.reporting import ReportPublished
from shared.events.survey import CampaignClosed, CampaignOpened, ConsentsGiven, InvitationIssued, ResponseRecorded
from tests.room import Room, RoomOf

from .build import CONSENT, elsewhere, report

F = TypeVar("F", bound=Event)
CLOSES = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
async def room(room_of: RoomOf) -> Room:
    """Two partners, one in the province of Utrecht; a neighbour there too, and one that tries out."""
    room = await room_of("registry")
    async with room.tx() as tx:
        await boarding.board(tx, "omzien", title="Omzien", regions=["PV26"])
        await boarding.board(tx, "zorgnet", title="Zorgnet", regions=["PV20"])
        await boarding.board(tx, "buren", title="Buren", regions=["GM0355"])
        await boarding.board(tx, "proef", title="Proef", regions=["NL"], sandbox=True)
    await room.clear()
    return room


async def told(room: Room, partner: str, kind: type[F]) -> list[F]:
    return [a for a in await room.answers(partner) if isinstance(a, kind)]


async def initiative(room: Room, external_id: str = "a1", **fields: Any) -> str:
    answer = await room.take("omzien", report(external_id, **fields))
    return str(answer.initiative_id)


def invitation(initiative_id: str, **fields: Any) -> InvitationIssued:
    return InvitationIssued(
        **{
            "invitation_id": "inv",
            "campaign_id": "2026",
            "initiative_id": initiative_id,
            "token": "geheim",
            "url": "https://burenbus.example/enquete/geheim",
            "title": "In kaart",
            "closes": CLOSES,
            **fields,
        }
    )


async def test_a_partner_hears_what_becomes_of_its_own_with_its_own_numbers(room: Room) -> None:
    """Registered, joined with another's, changed: to each that lists it, without the other's numbers."""
    await initiative(room)
    [registered] = await told(room, "omzien", InitiativeRegistered)
    assert [(c.partner, c.external_id) for c in registered.claims] == [("omzien", "a1")]
    assert await told(room, "zorgnet", InitiativeState) == []
    await room.take("zorgnet", report("z1"))
    for partner in ("omzien", "zorgnet"):
        [changed] = await told(room, partner, InitiativeChanged)
        assert {c.partner for c in changed.claims} == {partner}
        assert changed.memberships == ("omzien", "zorgnet")


async def test_it_hears_that_its_own_went_into_another(room: Room) -> None:
    """Merged and closed are told to those whose it was, though it is nobody's any more."""
    one = await initiative(room)
    other = (await room.take("zorgnet", elsewhere("z1"))).initiative_id
    async with room.tx() as tx:
        await claims.lock_grouping(tx)
        await records.merge(tx, {other: one}, by="els")
        await records.refresh(tx, [one])
    [merged] = await told(room, "zorgnet", InitiativeMerged)
    assert (merged.initiative_id, merged.merged_into, merged.claims) == (other, one, ())
    assert await told(room, "omzien", InitiativeMerged) == []
    await room.take("zorgnet", InitiativeWithdrawn(external_id="z1", reason="gestopt"))
    await room.take("omzien", InitiativeWithdrawn(external_id="a1", reason="gestopt"))
    for partner in ("omzien", "zorgnet"):
        [closed] = await told(room, partner, InitiativeClosed)
        assert {c.partner for c in closed.claims} == {partner}


async def test_in_its_region_it_hears_of_what_anyone_may_see(room: Room) -> None:
    """A neighbour hears of one that may be on the map: that it is there and that it has gone; no numbers, no changes."""
    await initiative(room)
    assert await told(room, "buren", InitiativeState) == []
    contact = {"email": "info@zorgzaam-voorbeelddorp.example", "consents": [CONSENT]}
    await initiative(room, contact=contact)
    [appears] = await told(room, "buren", InitiativeState)
    assert (appears.listed, appears.claims) == (True, ())
    await initiative(room, contact=contact, website="https://nieuw.example")
    assert len(await told(room, "buren", InitiativeState)) == 1
    await room.take("omzien", InitiativeWithdrawn(external_id="a1", reason="gestopt"))
    assert [type(f) for f in await told(room, "buren", InitiativeState)] == [InitiativeChanged, InitiativeClosed]
    for partner in ("zorgnet", "proef"):
        assert await told(room, partner, InitiativeState) == []


@pytest.mark.parametrize("agreed", [False, True])
async def test_the_link_of_an_invitation_goes_along_only_where_the_initiative_agreed(room: Room, agreed: bool) -> None:
    """Who lists it hears that it is invited; the link, for its own mail, takes the initiative's permission."""
    id_ = await initiative(room)
    if agreed:
        given = ConsentsGiven(
            initiative_id=id_, at=room.clock(), given=("doorgeven-aan-netwerk",), text="K", channel="web"
        )
        await room.hear(given)
    await room.hear(invitation(id_))
    [heard] = await told(room, "omzien", InvitationIssued)
    assert (heard.token, heard.url is not None) == (("geheim", True) if agreed else (None, False))
    assert await told(room, "zorgnet", InvitationIssued) == []


async def test_an_invitation_that_is_said_again_is_not_passed_on(room: Room) -> None:
    """Restating is for services: without the code there is nothing new in it."""
    id_ = await initiative(room)
    await room.hear(invitation(id_, token=None, url=None))
    assert await told(room, "omzien", InvitationIssued) == []


async def test_that_it_answered_is_told_and_not_what(room: Room) -> None:
    """By whatever channel; another's channel is not named."""
    id_ = await initiative(room)
    recorded = ResponseRecorded(
        response_id="r1",
        campaign_id="2026",
        initiative_id=id_,
        version=1,
        counted=True,
        partner="zorgnet",
        answers={"A4": "stadsdorp"},
        answered_at=room.clock(),
    )
    await room.hear(recorded)
    [heard] = await told(room, "omzien", ResponseRecorded)
    assert (heard.initiative_id, heard.answers, heard.partner) == (id_, {}, None)
    assert await told(room, "zorgnet", ResponseRecorded) == []


async def test_everyone_hears_of_campaigns_and_reports(room: Room) -> None:
    """Who tries out too; who is suspended does not."""
    async with room.tx() as tx:
        await boarding.set_status(tx, "zorgnet", "suspended")
    campaign = {
        "campaign_id": "2026",
        "version": 1,
        "title": "In kaart",
        "questionnaire": "2026.1",
        "opens": room.clock(),
        "closes": CLOSES,
    }
    await room.hear(
        CampaignOpened(**campaign, status="open"),
        CampaignClosed(**campaign, status="closed"),
        ReportPublished(publication_id="p", campaign_id="2026", title="In kaart", regions=("NL",), at=room.clock()),
    )
    kinds = [CampaignOpened, CampaignClosed, ReportPublished]
    for partner in ("omzien", "buren", "proef"):
        assert [type(a) for a in await room.answers(partner)] == kinds
    assert await room.answers("zorgnet") == []


async def test_what_was_forwarded_is_not_forwarded_again(room: Room) -> None:
    """In the queue of answers the forwarded facts pass by."""
    id_ = await initiative(room)
    await room.clear()
    body = dump_event(write_event(invitation(id_), source="urn:burenbus:service:registry", time=room.clock()))
    item = room.item(body, partner=None, origin="platform")
    item.queue = topology.ANSWERS_QUEUE
    await room.engine.process([item])
    assert await room.outbox() == []
    assert await room.fetch("SELECT type FROM bus.refused") == []


async def test_notify_hears_of_a_new_address_and_of_its_end(room: Room) -> None:
    """Once for each change; the fact of the partner itself holds no address."""
    async with room.tx() as tx:
        await boarding.board(tx, "omzien", contact_mail="beheer@omzien.example")
    async with room.tx() as tx:
        await boarding.board(tx, "omzien", title="Omzien Utrecht")
    async with room.tx() as tx:
        await boarding.board(tx, "omzien", contact_mail="")
    assert [(c.version, c.email) for c in await room.said(PartnerContactChanged)] == [
        (2, "beheer@omzien.example"),
        (4, None),
    ]
