"""What somebody who means harm puts in a name is text in mails and files, or refused."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.notify import admin
from services.notify.mailer import Mailer
from shared.events.answers import Answer, EventAccepted, EventRefused
from shared.events.envelope import dump_event, write_event
from shared.events.partner import InitiativeReported, SignalReported
from shared.events.registry import ContactChanged, InitiativeRegistered, PartnerContactChanged, PossibleDuplicateFound
from shared.events.survey import InvitationIssued, SignalRecorded
from shared.events.watching import Cause
from tests.room import Room, RoomOf, source_of
from tests.services.notify.mailserver import MailServer
from tests.services.notify.test_partners import MONDAY_MORNING, a_day
from tests.services.registry.pages.visits import visiting
from tests.services.survey.build import campaign

from .evil import EVIL, FORMULAS, at_registry, each_evil, facts, harmless, reported


@asynccontextmanager
async def mailing(room_of: RoomOf) -> AsyncIterator[tuple[Room, MailServer]]:
    """Notify and a mail server; one of the staff follows all that happens."""
    server = MailServer()
    await server.start()
    room = await room_of("notify", smtp_port=server.port, mail_from="Buren <post@nlzve.example>", smtp_timeout_s=5)
    settings: Any = room.service.settings
    async with room.tx() as tx:
        await admin.add(tx, settings, "anna@nlzve.example", name="Anna", regions=["NL"], how="at-once")
    yield room, server
    await server.stop()


@each_evil
async def test_in_mails(room_of: RoomOf, evil: str) -> None:
    """To staff, the initiative and the partner's person: subject, text and HTML say it; no header and no link comes of it."""
    registry = await at_registry(room_of, evil)
    survey = await room_of("survey")
    await survey.hear(*await facts(registry, InitiativeRegistered))
    await campaign(survey)
    signal = SignalReported.model_validate(
        {"kind": "knelpunt", "category": "financiering", "text": evil, "gathering": evil, "externalId": evil}
    )
    assert isinstance(await survey.take("omzien", signal, id=evil), EventAccepted)
    assert evil not in str([f.wire().get("text") for f in await survey.said(SignalRecorded)]), "open text stays inside"
    cause = Cause(
        event_type=InitiativeReported.wire_type(), code="year", pointer="/data/founded", refused=True,
        nl=f"{evil} is geen jaartal.", en=f"{evil} is no year.", count=1, ids=(evil,),
    )  # fmt: skip
    async with mailing(room_of) as (room, server):
        await room.hear(*await facts(registry, InitiativeRegistered, ContactChanged, PossibleDuplicateFound))
        await room.hear(*await facts(survey, InvitationIssued, SignalRecorded))
        await room.hear(PartnerContactChanged(partner="omzien", version=1, email="beheer@omzien.example"))
        await room.hear(a_day(causes=(cause,), refused=1))
        room.clock.advance(MONDAY_MORNING)
        settings: Any = room.service.settings
        await Mailer(settings).drain(room.database)
        kinds = {mail["X-Burenbus-Kind"] for mail in server.mails}
        assert len(server.mails) >= 5, kinds
        for index, mail in enumerate(server.mails):
            assert not {"bcc", "cc"} & {name.lower() for name in mail}
            assert mail["X-RcptTo"] in ("anna@nlzve.example", "info@x.example", "beheer@omzien.example")
            assert [name.lower() for name in mail].count("subject") == [name.lower() for name in mail].count("to") == 1
            said = harmless(server.html(index))
            if mail["X-Burenbus-Kind"] in ("invitation", "new-initiative", "possible-duplicate", "partner-day"):
                assert evil in said, mail["X-Burenbus-Kind"]
                assert evil in server.text(index), mail["X-Burenbus-Kind"]
            if mail["X-Burenbus-Kind"] == "new-initiative":
                assert evil in mail["Subject"]


async def test_in_the_file_of_the_history(room_of: RoomOf) -> None:
    """One cell stays one cell, and none of them begins as a formula; a quote in front says that it is text."""
    room = await room_of("registry")
    sent = [*FORMULAS, *EVIL.values()]
    for text in sent:
        assert await room.take("omzien", InitiativeReported(external_id=text, name=f"Buurt {text}"), id=text)
    await room.hear(*[s.data for s in await room.outbox() if isinstance(s.data, Answer)])
    async with visiting(room) as client:
        file = await client.get("/partner/geschiedenis.csv")
    assert file.headers["content-disposition"] == 'attachment; filename="geschiedenis.csv"'
    [head, *rows] = csv.reader(io.StringIO(file.text.lstrip("\ufeff")), delimiter=";")
    assert {len(row) for row in rows} == {len(head)}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    for column in ("nummer", "id"):
        assert {row[head.index(column)].removeprefix("'") for row in rows} == {text.removeprefix("'") for text in sent}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "Buurt\r\nBcc: ieder@evil.example", "control-characters"),
        ("name", "Buurt\u202enegnalrev", "control-characters"),
        ("name", "W" * 201, "too-long"),
        ("externalId", "a\x00b", "control-characters"),
        ("externalId", "W" * 101, "too-long"),
        ("place", "Zeist\x1b[31m", "control-characters"),
        ("website", "javascript:alert(document.cookie)", "website"),
        ("website", "https://x.example/\x00", "control-characters"),
        ("municipality", "Z\u2028eist", "control-characters"),
        ("contact/person", "Jan\nBcc: ieder@evil.example", "control-characters"),
        ("contact/phone", "0301234567\u202e", "control-characters"),
        ("contact/email", "jan@x.example\r\nBcc: ieder@evil.example", "email"),
        ("contact/consents/0/text", "ja\x00", "control-characters"),
    ],
)
async def test_what_is_no_text_is_refused_and_the_field_named(
    room_of: RoomOf, field: str, value: str, code: str
) -> None:
    """A name cannot break a line of a mail, turn what stands beside it, or be kept by no database."""
    room = await room_of("registry")
    event = write_event(reported("Buurt"), source=source_of("omzien"), time=room.clock(), id="e1")
    *way, last = field.split("/")
    target: Any = event["data"]
    for step in way:
        target = target[int(step) if step.isdigit() else step]
    target[last] = value
    [answer] = await room.take_raw("omzien", [dump_event(event)], ["e1"])
    assert isinstance(answer, EventRefused)
    assert [(p.pointer, p.code) for p in answer.problems] == [(f"/data/{field}", code)]
    assert await room.fetch("SELECT * FROM claim") == []
