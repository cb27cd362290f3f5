"""Which events reach which staff, in which words, and only once."""

import pytest

from services.notify import schedule
from services.notify.domain import notices
from services.notify.domain.kinds import KINDS
from shared.events.operation import EventSetAside
from shared.events.registry import (
    Evidence,
    InitiativeChanged,
    InitiativeSplit,
    PartnerBoarded,
)
from tests.room import NOW

from .conftest import Notify
from .facts import duplicate, initiative, one_of_each, opened, signal


async def subjects(notify: Notify) -> list[str]:
    await notify.mail()
    return [str(mail["Subject"]) for mail in notify.server.mails]


async def test_every_kind_has_its_mail(notify: Notify):
    """All sixteen kinds, each with a subject that says what happened."""
    await notify.staff()
    await notify.room.hear(*one_of_each())
    assert sorted(await subjects(notify)) == sorted(
        [
            "Nieuwe partner: Noaber Oost",
            "Partner staat stil: Noaber Oost",
            "Omzien laat al een tijd niets horen",
            "Nieuw initiatief in Zeist: Zorgcoöperatie Austerlitz",
            "Hetzelfde initiatief? ‘Zorgcoöperatie Austerlitz’ en ‘Austerlitz Zorgt’",
            "De netwerken weten het niet: ‘Zorgcoöperatie Austerlitz’ en ‘Austerlitz Zorgt’",
            "Er ontbreken berichten van Omzien",
            "Opzij gezet in survey: KeyError at f:3",
            "Knelpunt in Utrecht over financiering (groot)",
            "Oplossing in Utrecht over financiering",
            "Succes in Utrecht over financiering",
            "Droom over ruimte",
            "Zorgzame gemeenschappen in kaart 2026 is open",
            "Zorgzame gemeenschappen in kaart 2026 sluit zaterdag 31 oktober: 14% deed mee",
            "Zorgzame gemeenschappen in kaart 2026 is gesloten: 22% deed mee",
            "De uitkomsten staan online: In kaart 2026",
        ]
    )
    assert {str(m["X-Burenbus-Kind"]) for m in notify.server.mails} == set(KINDS)


@pytest.mark.parametrize(
    ("follows", "hears"),
    [("GM0344", True), ("PV26", True), ("NL", True), ("GM0355", False), ("PV27", False)],
)
async def test_a_region_covers_what_lies_in_it(notify: Notify, follows: str, hears: bool):
    """A signal in the gemeente Utrecht reaches who follows it, its province, or the country."""
    await notify.staff(regions=[follows])
    await notify.room.hear(signal())
    assert bool(await subjects(notify)) is hears


async def test_a_province_wide_event_is_not_a_municipality_s(notify: Notify):
    """A signal of the whole province does not reach who follows one gemeente in it."""
    await notify.staff(regions=["GM0344"])
    await notify.room.hear(signal(region="PV26"))
    assert await subjects(notify) == []


async def test_a_campaign_concerns_everyone_who_follows_campaigns(notify: Notify):
    """What is national reaches who follows that kind in any region."""
    await notify.staff(regions=["GM0344"])
    await notify.room.hear(opened())
    assert len(await subjects(notify)) == 1


async def test_a_fact_told_twice_or_restated_mails_once(notify: Notify):
    """The same event in the same batch, in another, and as a later version of the same initiative."""
    await notify.staff()
    await notify.room.hear(initiative(), initiative())
    await notify.room.hear(initiative())
    await notify.room.hear(initiative(version=7))
    await notify.room.hear(signal(), signal())
    await notify.room.hear(signal())
    assert len(await subjects(notify)) == 2


async def test_who_is_added_later_does_not_hear_of_the_past(notify: Notify):
    """Restating all initiatives after a colleague joined mails nobody."""
    await notify.room.hear(initiative(), signal())
    await notify.staff()
    await notify.room.hear(initiative(), signal())
    assert await subjects(notify) == []


async def test_an_initiative_first_heard_of_by_a_change_is_news_and_one_split_off_is_not(notify: Notify):
    """Facts overtake each other: the first fact of an id is the news, whichever it is; a split undoes a merge."""
    await notify.staff(kinds=["new-initiative"])
    known = initiative().model_dump()
    await notify.room.hear(InitiativeChanged(**{**known, "version": 2}))
    await notify.room.hear(initiative())
    await notify.room.hear(InitiativeSplit(**{**known, "initiative_id": "i9", "split_from": "i1"}))
    assert len(await subjects(notify)) == 1


async def test_a_possible_duplicate_that_is_settled_asks_nobody(notify: Notify):
    """A mail still in the queue is taken back; a question that arrives after its answer is not asked."""
    await notify.staff()
    await notify.room.hear(duplicate())
    await notify.room.hear(duplicate(version=2, status="same"))
    await notify.room.hear(duplicate(match_id="m2", version=2, status="different"))
    await notify.room.hear(duplicate(match_id="m2", version=1))
    assert await subjects(notify) == []


async def test_the_question_opens_with_a_link_signed_for_its_reader(notify: Notify):
    """Who may decide, on what, until when, stands in the link; the registry verifies it offline."""
    from shared import links

    await notify.staff()
    await notify.room.hear(duplicate())
    await notify.mail()
    text = notify.server.text()
    [line] = [line for line in text.splitlines() if "/register/dubbel/" in line]
    assert line.startswith("http://burenbus.example/register/dubbel/m1?sleutel=")
    secret = notify.settings.link_secret.get_secret_value()
    link = links.verify(secret, line.partition("sleutel=")[2], purpose="decide-duplicate", now=NOW)
    assert (link.person, link.object_id, (link.expires - NOW).days) == ("anna@nlzve.example", "m1", 7)
    assert "Pleit ertegen: een ander telefoonnummer" in text


async def test_more_than_ten_of_a_kind_in_an_hour_come_in_one_mail(notify: Notify):
    """Ten mails for themselves, the rest together at the whole hour; another kind is not held back."""
    from datetime import timedelta

    from services.notify import schedule

    await notify.staff()
    await notify.room.hear(*[signal(f"s{n}") for n in range(8)])
    await notify.room.hear(*[signal(f"t{n}") for n in range(8)], signal("u", kind="succes"))
    assert len(await subjects(notify)) == 11
    await notify.room.run(schedule.send_digests)
    assert await notify.mail() == 0
    notify.room.clock.advance(timedelta(hours=1))
    await notify.room.run(schedule.send_digests)
    assert (await subjects(notify))[-1] == "6 knelpunten"


async def test_sandbox_partners_concern_nobody(notify: Notify):
    """A partner that only tries things out is no news."""
    await notify.staff()
    await notify.room.hear(PartnerBoarded(partner="proef", version=1, title="Proef", sources=("urn:x",), sandbox=True))
    assert await subjects(notify) == []


def test_reasons_in_a_row_read_as_one_sentence():
    """After a semicolon no capital follows, save in an abbreviation."""
    said = ("Hetzelfde nummer", "Hetzelfde adres", "KvK-nummer gelijk")
    evidence = tuple(Evidence(compared="name", weight=9 - n, nl=nl, en="x") for n, nl in enumerate(said))
    [reasons] = [v for k, v in notices.possible_duplicate(duplicate(evidence=evidence)).facts if k == "Pleit ervoor"]
    assert reasons == "Hetzelfde nummer; hetzelfde adres; KvK-nummer gelijk"


def test_wording_copes_with_what_is_unknown():
    """An initiative of which only the name is known, and a region that does not exist."""
    state = initiative(place=None, municipality=None, province=None, kind=None, claims=())
    notice = notices.new_initiative(state, {})
    assert notice.title == "Nieuw initiatief: Zorgcoöperatie Austerlitz"
    assert notice.regions == {"NL"}
    assert notices.signal(signal(region="GM9999"), None).regions == {"NL"}


async def test_hundreds_of_causes_are_ten_mails_and_one(notify: Notify):
    """A release in which everything fails: ten mails within the hour, and one at the whole hour with all others, cut where
    nobody reads on; the same causes again on that day mail nobody."""
    await notify.staff(kinds=["event-set-aside"])
    causes = [
        EventSetAside(service="survey", reaction="record_signals", cause=f"KeyError at f:{n}", at=NOW)
        for n in range(300)
    ]
    await notify.room.hear(*causes)
    assert len(await subjects(notify)) == 10
    await notify.room.hear(*causes)
    assert len(await subjects(notify)) == 10
    for _ in range(4):
        notify.later(minutes=30)
        await notify.room.run(schedule.send_digests)
        await notify.mail()
    assert len(notify.server.mails) == 11
    assert notify.server.mails[-1]["Subject"] == "290 fouten bij ons waardoor berichten opzij staan"
    assert "- survey: KeyError at f:34" in notify.server.text()
    assert "En nog 265: http://burenbus.example/medewerker/meldingen" in notify.server.text()
    assert len(notify.server.raw[-1]) < 100_000


async def test_many_kinds_in_one_mail_do_not_make_an_endless_subject(notify: Notify):
    """The first three are named."""
    await notify.staff(how="digest")
    await notify.room.hear(*one_of_each())
    notify.later(days=1)
    await notify.room.run(schedule.send_digests)
    assert await subjects(notify) == [
        "1 mogelijk dubbel initiatief, 1 dubbel waar de netwerken niet uitkomen, 1 nieuw initiatief en meer"
    ]
    assert "De links waarmee u beslist zijn alleen voor u en werken 7 dagen." in notify.server.text()
