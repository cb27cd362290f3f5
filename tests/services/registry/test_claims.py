"""Claims come in: new, the same again, changed, late, withdrawn."""

from datetime import timedelta

from shared.events.partner import InitiativeWithdrawn
from shared.events.registry import (
    ContactChanged,
    InitiativeChanged,
    InitiativeClosed,
    InitiativeMerged,
    InitiativeRegistered,
)

from .build import CONSENT, at, elsewhere, report


async def test_a_new_claim_is_a_new_initiative(room_of):
    """The first claim about an initiative registers it, with its region, and answers with its id."""
    room = await room_of("registry")
    answer = await room.take("omzien", report("a1"))
    [fact] = await room.said(InitiativeRegistered)
    assert (answer.outcome, answer.initiative_id) == ("new", fact.initiative_id)
    assert (fact.version, fact.status, fact.name) == (1, "active", "Stichting Zorgzaam Voorbeelddorp")
    assert (fact.municipality, fact.province, fact.pc4) == ("GM0355", "PV26", "3705")
    assert (fact.memberships, fact.claims[0].external_id) == (("omzien",), "a1")


async def test_the_same_again_changes_nothing(room_of):
    """Sending a claim again, with a new event, is answered as unchanged and nothing is said."""
    room = await room_of("registry")
    first = await room.take("omzien", report("a1"), time=at(8))
    await room.clear()
    again = await room.take("omzien", report("a1"), time=at(9))
    assert (again.outcome, again.initiative_id) == ("unchanged", first.initiative_id)
    assert [s.exchange for s in await room.outbox()] == ["feedback"]


async def test_a_change_is_said_with_the_next_version(room_of):
    """A changed claim changes the golden record by one version."""
    room = await room_of("registry")
    await room.take("omzien", report("a1"), time=at(8))
    answer = await room.take("omzien", report("a1", phase="actief"), time=at(9))
    [fact] = await room.said(InitiativeChanged)
    assert (answer.outcome, fact.version, fact.phase) == ("changed", 2, "actief")


async def test_a_late_claim_is_harmless(room_of):
    """A claim older than what is held changes nothing, and the partner hears why."""
    room = await room_of("registry")
    await room.take("omzien", report("a1", phase="actief"), time=at(9))
    answer = await room.take("omzien", report("a1", phase="idee"), time=at(8))
    assert (answer.outcome, [w.code for w in answer.warnings]) == ("unchanged", ["superseded"])
    assert not await room.said(InitiativeChanged)


async def test_one_claim_twice_in_a_batch(room_of):
    """Two words about one initiative in one batch are taken one after the other."""
    room = await room_of("registry")
    answers = await room.take_many("omzien", [report("a1"), report("a1", phase="actief"), report("a1", phase="actief")])
    assert [a.outcome for a in answers] == ["new", "changed", "unchanged"]
    assert len({a.initiative_id for a in answers}) == 1
    [fact] = await room.said(InitiativeRegistered)
    assert fact.phase == "actief"


async def test_two_partners_one_initiative(room_of):
    """What two partners say of the same initiative becomes one golden record that names both."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"))
    other = await room.take("zorgnet", report("z9", "Zorgzaam Voorbeelddorp"))
    assert one.initiative_id == other.initiative_id
    fact = (await room.said(InitiativeChanged))[-1]
    assert fact.memberships == ("omzien", "zorgnet")
    assert not await room.said(InitiativeMerged)


async def test_an_initiative_keeps_its_id_when_the_clock_is_put_back(room_of):
    """What was registered an hour ahead of now is not younger than what comes now: all that know its id may go on with it."""
    room = await room_of("registry")
    one = await room.take("omzien", report("a1"))
    room.clock.advance(-timedelta(hours=1))
    other = await room.take("zorgnet", report("z9", "Zorgzaam Voorbeelddorp"))
    assert other.initiative_id == one.initiative_id
    assert len(await room.said(InitiativeRegistered)) == 1
    assert not await room.said(InitiativeMerged)


async def test_two_of_the_same_in_one_batch(room_of):
    """Claims of one batch see each other: one initiative is registered, not two that are then merged."""
    room = await room_of("registry")
    answers = await room.take_many("omzien", [report("a1"), elsewhere("b1")])
    assert len({a.initiative_id for a in answers}) == 2
    assert len(await room.said(InitiativeRegistered)) == 2


async def test_withdrawn_and_back(room_of):
    """When the last claim is withdrawn the initiative is closed; said again, it is active under the same id."""
    room = await room_of("registry")
    first = await room.take("omzien", report("a1"), time=at(7))
    gone = await room.take("omzien", InitiativeWithdrawn(external_id="a1", reason="gestopt"), time=at(8))
    [closed] = await room.said(InitiativeClosed)
    assert (gone.outcome, closed.initiative_id, closed.status) == ("changed", first.initiative_id, "closed")
    assert (await room.said(ContactChanged))[-1].email is None
    back = await room.take("omzien", report("a1"), time=at(9))
    fact = (await room.said(InitiativeChanged))[-1]
    assert (back.outcome, back.initiative_id, fact.status) == ("changed", first.initiative_id, "active")


async def test_a_withdrawal_that_comes_late(room_of):
    """A withdrawal older than the newest word about the claim changes nothing."""
    room = await room_of("registry")
    await room.take("omzien", report("a1"), time=at(9))
    answer = await room.take("omzien", InitiativeWithdrawn(external_id="a1", reason="gestopt"), time=at(8))
    assert (answer.outcome, [w.code for w in answer.warnings]) == ("unchanged", ["superseded"])
    assert not await room.said(InitiativeClosed)


async def test_a_withdrawal_waits_for_its_claim(room_of):
    """A withdrawal that overtakes its claim waits, and is carried out when the claim has come."""
    room = await room_of("registry")
    assert await room.take("omzien", InitiativeWithdrawn(external_id="a1", reason="gestopt"), time=at(9)) is None
    await room.take("omzien", report("a1"), time=at(8))
    assert len(await room.said(InitiativeClosed)) == 1


async def test_the_contact_goes_to_the_contact_book_alone(room_of):
    """A published address may be invited; nothing of a person stands in any other fact or answer."""
    room = await room_of("registry")
    await room.take("omzien", report("a1"))
    [contact] = await room.said(ContactChanged)
    assert (contact.email, contact.purposes) == ("info@zorgzaam-voorbeelddorp.example", ("uitnodiging",))
    others = [s for s in await room.outbox() if not isinstance(s.data, ContactChanged)]
    assert all("info@" not in str(s.envelope) and "030" not in str(s.envelope) for s in others)


async def test_an_address_without_permission_stays_inside(room_of):
    """Without permission or publication notify hears no address, and the partner is warned."""
    room = await room_of("registry")
    answer = await room.take("omzien", report("a1", contact={"email": "privé@voorbeeld.example"}))
    assert [w.code for w in answer.warnings] == ["no-consent"]
    assert not await room.said(ContactChanged)


async def test_listed_by_a_partners_proof(room_of):
    """The proof of consent that a partner passes on lets the initiative be shown."""
    room = await room_of("registry")
    await room.take("omzien", report("a1", contact={"email": "a@b.example", "consents": [CONSENT]}))
    [fact] = await room.said(InitiativeRegistered)
    assert fact.listed


async def test_faults_of_a_batch_do_not_disturb_the_rest(room_of):
    """In one batch, a refused event leaves the others as they are."""
    room = await room_of("registry")
    good, late = await room.take_many(
        "omzien", [report("a1"), InitiativeWithdrawn(external_id="never", reason="gestopt")]
    )
    assert good.outcome == "new"
    assert late is None


async def test_a_partner_that_tries_out_leaves_no_trace(room_of):
    """What a partner in the sandbox sends is looked at and answered; the registry stays empty."""
    room = await room_of("registry")
    await room.database.pool.execute("UPDATE bus.partner SET sandbox = true WHERE name = 'omzien'")
    answer = await room.take("omzien", report("a1", municipality="Loppersum", place=None, postcode=None))
    assert (answer.outcome, [w.code for w in answer.warnings]) == ("new", ["sandbox", "merged-municipality"])
    assert not await room.said(InitiativeRegistered)
    assert await room.fetch("SELECT partner FROM claim") == []
