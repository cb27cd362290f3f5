"""From facts to mails at the mail server."""

from shared.events.notify import NotificationDelivered

from .conftest import Notify
from .facts import contact, initiative, invitation, opened, signal


async def test_an_invited_initiative_gets_one_mail_with_its_own_link(notify: Notify):
    """Initiative, contact and invitation together give one mail, however often they are told."""
    await notify.room.hear(opened())
    for _ in range(2):
        await notify.room.hear(initiative(), contact(), invitation())
        await notify.mail()
    [mail] = notify.server.mails
    assert mail["To"].addresses[0].addr_spec == "i1@austerlitz.example"
    assert mail["Subject"] == "Doet Zorgcoöperatie Austerlitz mee met Zorgzame gemeenschappen in kaart 2026?"
    assert "http://burenbus.example/enquete/geheim" in notify.server.text()
    assert "zaterdag 31 oktober" in notify.server.text()
    [fact] = await notify.room.said(NotificationDelivered)
    assert (fact.kind, fact.about) == ("invitation", "inv-i1")


async def test_a_bottleneck_reaches_staff_who_follow_its_province(notify: Notify):
    """A province covers its municipalities; who follows another province hears nothing."""
    await notify.staff("anna@nlzve.example", regions=["PV26"])
    await notify.staff("bas@nlzve.example", regions=["PV20"])
    await notify.room.hear(signal())
    await notify.mail()
    [mail] = notify.server.mails
    assert mail["X-RcptTo"] == "anna@nlzve.example"
    assert mail["Subject"] == "Knelpunt in Utrecht over financiering (groot)"
