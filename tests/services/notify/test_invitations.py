"""Who is asked to take part, how often, and who is not."""

from datetime import UTC, datetime

import pytest

from services.notify import schedule
from tests.room import NOW

from .conftest import Notify
from .facts import CLOSES, closed, contact, initiative, invitation, opened, response, withdrawn


async def asked(notify: Notify) -> list[str]:
    """Runs the jobs and the mailer; gives the kinds of mails that went out, in order."""
    for job in (schedule.send_waiting_invitations, schedule.send_reminders, schedule.send_last_calls):
        await notify.room.run(job)
    await notify.mail()
    return [str(mail["X-Burenbus-Kind"]) for mail in notify.server.mails]


async def status(notify: Notify, key: str = "i1") -> str:
    [row] = await notify.room.fetch("SELECT status FROM invitation WHERE id = $1", f"inv-{key}")
    return str(row["status"])


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 2, 0), (2, 1, 0)])
async def test_in_whatever_order_the_facts_come_there_is_one_mail(notify: Notify, order: tuple[int, ...]):
    """Facts overtake each other: initiative, contact and invitation give one mail."""
    facts = [initiative(), contact(), invitation()]
    for index in order:
        await notify.room.hear(facts[index])
    assert await asked(notify) == ["invitation"]


async def test_an_invitation_waits_for_an_address_and_is_dropped_with_a_record_at_closing(notify: Notify):
    """Without an address nobody is mailed; after closing the link is wiped and the reason is kept."""
    await notify.room.hear(opened(), initiative(), invitation())
    assert await asked(notify) == []
    assert await status(notify) == "waiting"
    await notify.room.hear(withdrawn())
    await notify.room.hear(contact())
    assert await asked(notify) == []
    [row] = await notify.room.fetch("SELECT status, url, ended_because FROM invitation")
    assert row == {"status": "dropped", "url": None, "ended_because": "closed"}


async def test_an_address_that_may_not_be_used_for_it_is_not_used(notify: Notify):
    """A contact without the purpose `uitnodiging` gets no mail, until it has it."""
    await notify.room.hear(opened(), initiative(), contact(purposes=("op-de-kaart",)), invitation())
    assert await asked(notify) == []
    await notify.room.hear(contact(version=2))
    assert await asked(notify) == ["invitation"]


async def test_who_withdraws_consent_before_the_mail_went_gets_none(notify: Notify):
    """A mail that is still in the queue is taken back with the address."""
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    await notify.room.hear(contact(version=2, email=None, purposes=()))
    assert await asked(notify) == []
    assert await notify.states() == ["withdrawn"]


async def test_an_older_contact_does_not_overwrite_a_newer_one(notify: Notify):
    """Versions decide, not the order of arrival; also within one batch."""
    await notify.room.hear(contact(version=3, email="nieuw@dorp.example"), contact(version=2, email="oud@dorp.example"))
    await notify.room.hear(contact(version=1, email="ouder@dorp.example"))
    await notify.room.hear(initiative(), invitation())
    await asked(notify)
    assert notify.server.mails[0]["X-RcptTo"] == "nieuw@dorp.example"


async def test_invitation_reminder_and_last_call_and_no_more(notify: Notify):
    """Invited on 20 September; reminded 14 days later; once more in the last week; then never again."""
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    assert await asked(notify) == ["invitation"]
    notify.later(days=13, hours=23)
    assert await asked(notify) == ["invitation"]
    notify.later(hours=1)
    assert await asked(notify) == ["invitation", "reminder"]
    notify.room.clock.now = datetime(2026, 10, 24, 22, 59, tzinfo=UTC)
    assert await asked(notify) == ["invitation", "reminder"]
    notify.later(minutes=1)
    assert await asked(notify) == ["invitation", "reminder", "last-call"]
    notify.later(days=6)
    assert await asked(notify) == ["invitation", "reminder", "last-call"]
    assert "laatste mail hierover" in notify.server.text()


async def test_who_has_answered_is_not_asked_again(notify: Notify):
    """By whatever channel: before the invitation, and before a reminder that was due already."""
    await notify.room.hear(opened(), initiative("i1"), initiative("i2"), contact("i1"), contact("i2"))
    await notify.room.hear(response("i1"))
    await notify.room.hear(invitation("i1"), invitation("i2"))
    assert await asked(notify) == ["invitation"]
    notify.later(days=14)
    await notify.room.run(schedule.send_reminders)
    await notify.room.hear(response("i2"))
    assert await asked(notify) == ["invitation"]
    assert sorted(await notify.states()) == ["delivered", "withdrawn"]


async def test_a_response_that_counts_for_another_no_longer_stops_the_reminder(notify: Notify):
    """When a response turns out to be another initiative's, the first is asked again."""
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    await asked(notify)
    await notify.room.hear(response("i1"))
    await notify.room.hear(response("i2", response_id="r-i1", version=2))
    notify.later(days=14)
    assert await asked(notify) == ["invitation", "reminder"]


async def test_a_withdrawn_invitation_is_mailed_no_more(notify: Notify):
    """After a merge or closing nothing goes out, even if the withdrawal overtook the invitation."""
    await notify.room.hear(opened(), initiative(), contact(), withdrawn(reason="merged"))
    await notify.room.hear(invitation())
    assert await asked(notify) == []
    assert await status(notify) == "withdrawn"


async def test_a_late_invitation_gets_no_two_mails_in_five_days(notify: Notify):
    """Invited three days before the last week: no reminder, and the last call only when five days have passed."""
    notify.room.clock.now = datetime(2026, 10, 21, 12, 0, tzinfo=UTC)
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    await asked(notify)
    notify.room.clock.now = datetime(2026, 10, 25, 12, 0, tzinfo=UTC)
    assert await asked(notify) == ["invitation"]
    notify.later(days=1)
    assert await asked(notify) == ["invitation", "last-call"]


async def test_nothing_goes_out_after_closing(notify: Notify):
    """An invitation that could not be delivered in time is given up at closing, not sent late."""
    notify.server.on_content = "451 later"
    notify.room.clock.now = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
    await notify.room.hear(opened(), initiative(), contact(), invitation())
    await asked(notify)
    notify.server.on_content = None
    notify.room.clock.now = CLOSES
    assert await asked(notify) == []
    await notify.room.run(schedule.give_up)
    assert await notify.states() == ["failed"]


async def test_a_restated_invitation_has_no_link_and_mails_nobody(notify: Notify):
    """Survey restates invitations without their token: there is nothing to mail."""
    await notify.room.hear(opened(), initiative(), contact(), invitation(token=None, url=None))
    assert await asked(notify) == []


async def test_staff_hear_how_many_could_not_be_reached(notify: Notify):
    """At closing: the response, per province too; and everyone invited was mailed, answered without, or was missed."""
    await notify.staff(kinds=["campaign-closed"])
    await notify.room.hear(opened(), initiative("i1"), initiative("i2", province="PV27", municipality="GM0363"))
    await notify.room.hear(contact("i1"), invitation("i1"), invitation("i2"), response("i1"))
    await notify.room.hear(contact("i3"), contact("i4"), *(invitation(f"i{n}") for n in (3, 4, 5, 6)), response("i5"))
    await notify.mail()
    await notify.room.hear(response("i4"), withdrawn("i6", reason="merged"))
    await notify.room.hear(closed())
    await notify.mail()
    [mail] = notify.server.to("anna@nlzve.example")
    assert mail["Subject"] == "Zorgzame gemeenschappen in kaart 2026 is gesloten: 22% deed mee"
    text = notify.server.text(notify.server.mails.index(mail))
    assert "2 initiatieven kregen de uitnodiging per mail. 2 initiatieven deden mee zonder die mail." in text
    assert "1 initiatief is niet bereikt: er was geen adres dat wij daarvoor mogen gebruiken" in text
    assert "Utrecht: 100% (1 van 1)" in text
    assert "Noord-Holland: 0% (0 van 1)" in text


async def test_what_waits_though_there_is_an_address_goes_with_the_sweep(notify: Notify):
    """Left over, because one transaction plans so many invitations and no more: the job finds it."""
    await notify.room.hear(opened(), initiative(), invitation())
    await notify.room.fetch(
        "INSERT INTO contact (initiative_id, version, email, purposes) VALUES ('i1', 1, 'bep@dorp.example', '{uitnodiging}')"
    )
    assert await asked(notify) == ["invitation"]
    assert notify.room.clock() == NOW
