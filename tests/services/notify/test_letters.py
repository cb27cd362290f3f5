"""What the mails say, and what cannot be smuggled into them."""

import re
from html.parser import HTMLParser

import pytest

from services.notify import schedule
from services.notify.domain.kinds import KINDS
from services.notify.message import one_line
from services.notify.post import INVITATION_MAILS, PARTNER_DAY
from shared.events.registry import PartnerContactChanged
from shared.events.survey import CampaignClosed
from tests.room import NOW

from .conftest import Notify
from .facts import contact, initiative, invitation, one_of_each, opened, signal
from .test_partners import a_day, gap

EVIL = '<script>alert("x")</script> & Co'


class Links(HTMLParser):
    """Every address that an HTML mail refers to, and every element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.hrefs += [value or "" for name, value in attrs if name in ("href", "src", "background")]


async def test_a_name_with_markup_is_shown_as_it_is(notify: Notify):
    """Escaped in HTML, plain in text, in the mail to the initiative as in that to staff."""
    await notify.staff()
    await notify.room.hear(opened(), initiative(name=EVIL), contact(person=EVIL), invitation())
    await notify.mail()
    for index, mail in enumerate(notify.server.mails):
        if mail["X-Burenbus-Kind"] in ("invitation", "new-initiative"):
            assert "script" not in Links(notify.server.html(index)).tags
            assert "&lt;script&gt;" in notify.server.html(index)
            assert EVIL in notify.server.text(index)


async def test_a_name_cannot_add_a_header(notify: Notify):
    """Line breaks and other control characters in a name become spaces in subject and address."""
    await notify.staff("anna@nlzve.example", name="Anna\r\nBcc: iedereen@elders.example")
    await notify.room.fetch("UPDATE staff SET role = E'x\\r\\ny'")
    await notify.room.hear(signal())
    await notify.mail()
    [mail] = notify.server.mails
    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].display_name == "Anna Bcc: iedereen@elders.example"
    assert one_line("Een\r\nX: y\u2028z\x00\u202e") == "Een X: y z"


async def test_a_mail_loads_nothing_from_elsewhere(notify: Notify):
    """Of every kind: no image, no font, no script; every address is a link of our own; both versions have the same ones."""
    await notify.staff()
    await notify.staff("bert@nlzve.example", how="digest")
    *facts, last = sorted(one_of_each(), key=lambda fact: isinstance(fact, CampaignClosed))
    await notify.room.hear(*facts, contact(), invitation())
    await notify.room.hear(PartnerContactChanged(partner="omzien", version=1, email="beheer@omzien.example"))
    await notify.room.hear(a_day(gaps=(gap(),), questions=2))
    async with notify.room.web() as browser:
        await browser.post("/inloggen", data={"email": "anna@nlzve.example"})
    for days in (0, 1, 14, 20, 1):
        notify.later(days=days)
        for job in (schedule.send_digests, schedule.send_reminders, schedule.send_last_calls):
            await notify.room.run(job)
        await notify.mail()
    await notify.room.hear(last)
    await notify.mail()
    kinds = {str(mail["X-Burenbus-Kind"]) for mail in notify.server.mails}
    assert kinds == {*KINDS, *INVITATION_MAILS, "digest", "login-link", PARTNER_DAY}
    for index, _ in enumerate(notify.server.mails):
        seen = Links(notify.server.html(index))
        assert not seen.tags & {"img", "link", "script", "style", "iframe"}
        assert all(href.startswith("http://burenbus.example/") for href in seen.hrefs)
        in_text = set(re.findall(r"http://\S+", notify.server.text(index))) - {"http://burenbus.example/inloggen"}
        assert set(seen.hrefs) == in_text


async def test_it_is_dutch_and_addresses_people_by_name(notify: Notify):
    """The greeting has the contact's name if there is one, else the initiative's; the language is marked."""
    await notify.room.hear(opened(), initiative("i1"), initiative("i2"), contact("i1"), contact("i2", person=None))
    await notify.room.hear(invitation("i1"), invitation("i2"))
    await notify.mail()
    texts = {str(m["X-RcptTo"]): notify.server.text(n) for n, m in enumerate(notify.server.mails)}
    assert texts["i1@austerlitz.example"].startswith("Beste Bep Jansen,")
    assert texts["i2@austerlitz.example"].startswith("Beste mensen van Zorgcoöperatie Austerlitz,")
    assert '<html lang="nl">' in notify.server.html()
    assert NOW.year == 2026


@pytest.mark.parametrize("person", ["aanspreekpunt", "Penningmeester", "de voorzitter", "info@dorp.example", "-"])
async def test_a_role_is_not_greeted_as_if_it_were_a_name(notify: Notify, person: str):
    """Where the contact is a role or a mailbox, the greeting is for the people of the initiative."""
    await notify.room.hear(opened(), initiative(), contact(person=person), invitation())
    await notify.mail()
    assert notify.server.text().startswith("Beste mensen van Zorgcoöperatie Austerlitz,")
    assert "Beste mensen van Zorgcoöperatie Austerlitz," in notify.server.html()


async def test_a_mail_that_cannot_be_written_is_kept(notify: Notify):
    """A fault of ours (here: a row without what the template needs) loses no mail, and stops no other."""
    await notify.staff()
    await notify.room.hear(signal("s1"), signal("s2"))
    await notify.room.fetch("UPDATE delivery SET letter = '{}' WHERE about = 's1'")
    await notify.mail()
    assert sorted(await notify.states()) == ["delivered", "due"]
