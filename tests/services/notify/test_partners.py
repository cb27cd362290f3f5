"""What the person at a partner is mailed, and what staff hear of partners and of our own failures."""

import re
from datetime import date, timedelta
from typing import Any

import typer.main
from typer.core import TyperGroup

from deploy.cli import build
from services.notify.letter import PARTNER, UNSUBSCRIBE
from shared import links
from shared.events.operation import EventSetAside
from shared.events.registry import GivenAnswer, PartnerContactChanged, PossibleDuplicateFound, Side
from shared.events.watching import Cause, Missing, PartnerDayClosed, PartnerSilent, SequenceGap
from tests.room import NOW, SECRET

from .conftest import Notify

MONDAY_MORNING = timedelta(hours=20)  # the clock stands at a Sunday noon
REPORTED = "nl.zorgzame-gemeenschappen.initiative-reported.v1"


def gap(**fields: Any) -> SequenceGap:
    said: dict[str, Any] = {
        "partner": "omzien",
        "source": "urn:burenbus:partner:omzien",
        "status": "open",
        "since": NOW,
        "missing": (Missing(first=18, last=19),),
        "count": 2,
        **fields,
    }
    return SequenceGap(**said)


def a_day(**fields: Any) -> PartnerDayClosed:
    """Three hundred rows, of which forty were refused, for two reasons."""
    causes = (
        Cause(
            event_type=REPORTED,
            code="postcode",
            pointer="/data/postcode",
            refused=True,
            nl="Dit is geen postcode. Geef 4 cijfers, of 4 cijfers en 2 letters.",
            en="This is not a postcode.",
            count=32,
            ids=tuple(f"U-{n:03}" for n in range(32)),
        ),
        Cause(
            event_type=REPORTED,
            code="email",
            pointer="/data/contact/email",
            refused=True,
            nl="Dit is geen e-mailadres.",
            en="This is not an e-mail address.",
            count=8,
            ids=tuple(f"U-{n:03}" for n in range(50, 58)),
        ),
    )
    said = {"partner": "omzien", "day": date(2026, 9, 19), "accepted": 260, "refused": 40, "causes": causes, **fields}
    return PartnerDayClosed(**said)


async def known(notify: Notify, email: str | None = "beheer@omzien.example", version: int = 1) -> None:
    await notify.room.hear(PartnerContactChanged(partner="omzien", version=version, email=email))


async def test_forty_refusals_are_one_mail_with_forty_lines(notify: Notify) -> None:
    """Grouped by cause: how many, which, what to do, and where to read more; as text and as HTML."""
    await known(notify)
    await notify.room.hear(a_day())
    notify.room.clock.advance(MONDAY_MORNING)
    assert await notify.mail() == 1
    [mail] = notify.server.mails
    assert mail["X-RcptTo"] == "beheer@omzien.example"
    assert mail["Subject"] == "Omzien: 40 berichten geweigerd"
    assert sum(line.startswith("- U-") for line in notify.server.text().splitlines()) == 40
    assert "Op 19 september kregen wij 300 berichten van u: 260 aanvaard en 40 geweigerd." in notify.server.text()
    assert (
        "Dit is geen postcode. Geef 4 cijfers, of 4 cijfers en 2 letters.\r\n32 berichten, veld postcode"
        in notify.server.text()
    )
    for part in (notify.server.text(), notify.server.html()):
        assert "http://burenbus.example/partner/geschiedenis" in part
        assert "http://burenbus.example/contract/problems#postcode" in part
        assert "U-031" in part
    assert notify.server.html().count("<li") == 40


async def test_the_mail_goes_within_working_hours_and_once(notify: Notify) -> None:
    """On a Sunday nothing goes; the same day told twice is one mail."""
    await known(notify)
    await notify.room.hear(a_day())
    await notify.room.hear(a_day())
    assert await notify.mail() == 0
    notify.room.clock.advance(MONDAY_MORNING)
    assert await notify.mail() == 1


async def test_without_address_there_is_no_mail_and_a_new_one_takes_its_place(notify: Notify) -> None:
    """The address is the newest that was told; a mail that waits for an old one is taken back."""
    await notify.room.hear(a_day())
    assert await notify.deliveries() == []
    await known(notify, version=2)
    await notify.room.hear(a_day())
    await known(notify, "nieuw@omzien.example", version=3)
    await known(notify, "oud@omzien.example", version=1)
    await notify.room.hear(a_day(day=date(2026, 9, 20)))
    rows = [(row["recipient"], row["state"]) for row in await notify.deliveries()]
    assert rows == [("beheer@omzien.example", "withdrawn"), ("nieuw@omzien.example", "due")]
    await known(notify, None, version=4)
    assert await notify.states() == ["withdrawn", "withdrawn"]


async def test_gaps_silence_and_questions_are_told(notify: Notify) -> None:
    """A day on which nothing came can still have something to say."""
    await known(notify)
    silent = PartnerSilent(partner="omzien", since=NOW - timedelta(days=22), rhythm_days=7)
    await notify.room.hear(a_day(accepted=0, refused=0, causes=(), gaps=(gap(),), silent=silent, questions=2))
    notify.room.clock.advance(MONDAY_MORNING)
    await notify.mail()
    [mail] = notify.server.mails
    assert mail["Subject"] == "Omzien: er ontbreken berichten, wij horen niets meer van u en 2 nieuwe vragen"
    assert "2 berichten van urn:burenbus:partner:omzien kwamen niet bij ons aan." in notify.server.text()
    assert "nummer 18 tot en met 19" in notify.server.text()
    assert "Meestal stuurt u om de 7 dagen iets." in notify.server.text()
    assert "http://burenbus.example/partner/dubbel" in notify.server.html()


async def test_who_unsubscribes_gets_no_more_of_them(notify: Notify) -> None:
    """The link in the mail stops it, and says what that means."""
    await known(notify)
    until = NOW + timedelta(days=1)
    token = links.sign(SECRET, person="beheer@omzien.example", purpose=UNSUBSCRIBE, object_id=PARTNER, expires=until)
    async with notify.room.web() as browser:
        assert "wat er mis is met wat uw organisatie stuurt" in (await browser.get(f"/afmelden/{token}")).text
        await browser.post(f"/afmelden/{token}")
    await notify.room.hear(a_day())
    notify.room.clock.advance(MONDAY_MORNING)
    await notify.mail()
    assert notify.server.mails == []


async def test_staff_hear_of_a_gap_once_and_not_of_its_filling(notify: Notify) -> None:
    """One mail for one gap, however often it is told; that it was filled is no news."""
    await notify.staff()
    await notify.room.hear(gap())
    await notify.room.hear(gap(missing=(Missing(first=18, last=25),), count=8))
    await notify.room.hear(gap(status="filled", missing=(), count=0))
    await notify.mail()
    [mail] = notify.server.mails
    assert mail["Subject"] == "Er ontbreken berichten van Omzien"
    assert "18 tot en met 19" in notify.server.text()


async def test_staff_hear_that_something_is_set_aside_once_a_cause(notify: Notify) -> None:
    """Of a partner's event or of our own; with the command that shows it."""
    await notify.staff()
    aside = EventSetAside(
        service="survey", reaction="record_signals", cause="KeyError at f:3", partner="omzien", at=NOW
    )
    await notify.room.hear(aside)
    await notify.room.hear(aside)
    await notify.room.hear(aside.model_copy(update={"partner": None, "service": "notify"}))
    await notify.mail()
    subjects = [mail["Subject"] for mail in notify.server.mails]
    assert subjects == ["Opzij gezet in survey: KeyError at f:3", "Opzij gezet in notify: KeyError at f:3"]
    assert "Van: Omzien" in notify.server.text(0)
    assert "Van: onszelf" in notify.server.text(1)
    for number, service in enumerate(("survey", "notify")):
        [shown] = re.findall(r"Bekijken met: burenbus (.*)", notify.server.text(number))
        assert _as_typed(shown.split()) == ("burenbus dead list", service)


def _as_typed(words: list[str]) -> tuple[str, str]:
    """The command that these words are to the real command line, and of which service; a usage error if it is none."""
    context = typer.main.get_command(build()).make_context("burenbus", words)
    while isinstance(context.command, TyperGroup):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        context = command.make_context(name, rest, parent=context)
    return context.command_path, context.params["service"]


async def test_a_question_on_which_partners_disagree_goes_to_staff_once(notify: Notify) -> None:
    """A mail of its own, with what each said and a link that lets the reader decide; nothing more once it is settled."""
    await notify.staff()
    one, other = (Side(initiative_id=i, name=n) for i, n in (("i1", "De Buurt"), ("i2", "Buurtzaam")))
    found = PossibleDuplicateFound(match_id="m1", version=1, one=one, other=other, probability=0.5)
    said = (GivenAnswer(partner="omzien", answer="zelfde"), GivenAnswer(partner="zorgnet", answer="verschillend"))
    contested = found.model_copy(update={"version": 2, "staff_decide": True, "answers": said})
    await notify.room.hear(found)
    await notify.room.hear(contested)
    await notify.room.hear(contested)
    await notify.mail()
    [_, mail] = notify.server.mails
    assert mail["Subject"] == "De netwerken zijn het niet eens: ‘De Buurt’ en ‘Buurtzaam’"
    assert "Omzien: hetzelfde initiatief\r\nZorgnet: verschillende initiatieven" in notify.server.text()
    assert "/register/dubbel/m1?sleutel=" in notify.server.text()
