"""A person at a partner looks through what was sent, and what became of it."""

import csv
import re
from datetime import timedelta
from typing import Any

from shared.events.answers import AboutEvent, EventAccepted, EventRefused
from shared.events.base import PREFIX, Event
from shared.events.problems import problem
from tests.room import Room, RoomOf, source_of

from .visits import visiting, words

REPORTED = PREFIX + "initiative-reported.v1"
WITHDRAWN = PREFIX + "initiative-withdrawn.v1"


async def _answers(room: Room, *answers: Event) -> None:
    await room.hear(*answers)


def _about(id_: str, subject: str, type_: str = REPORTED, partner: str = "omzien") -> AboutEvent:
    return AboutEvent(id=id_, source=source_of(partner), type=type_, subject=subject)


def _accepted(room: Room, id_: str, subject: str, outcome: Any = "new", **more: Any) -> EventAccepted:
    about = _about(id_, subject, **{k: more.pop(k) for k in ("type_", "partner") if k in more})
    partner = about.source.rpartition(":")[2] if about.source else ""
    return EventAccepted(partner=partner, event=about, received_at=room.clock(), outcome=outcome, **more)


def _refused(room: Room, id_: str, subject: str, *codes: str) -> EventRefused:
    faults = tuple(problem(code, "/data/founded", value="ca. 1998") for code in codes)
    return EventRefused(partner="omzien", event=_about(id_, subject), received_at=room.clock(), problems=faults)


async def test_all_that_was_sent_by_whatever_way_newest_first(room_of: RoomOf) -> None:
    """With what became of it; what other partners sent is not in it."""
    room = await room_of("registry")
    await _answers(room, _accepted(room, "e1", "1"), _accepted(room, "x1", "van-zorgnet", partner="zorgnet"))
    room.clock.advance(timedelta(hours=1))
    await _answers(room, _accepted(room, "e2", "2", "changed", type_=WITHDRAWN), _refused(room, "e3", "3", "year"))
    async with visiting(room) as client:
        said = words(await client.get("/partner/geschiedenis"))
        assert "van-zorgnet" not in said
        first, second, third = (said.index(f"gemeld {n}") for n in ("3 geweigerd", "2 afgemeld", "1 nieuw"))
        assert max(first, second) < third
        assert "20 september 2026 om 13.00 uur" in said
        home = words(await client.get("/partner"))
        assert "Geweigerd in de afgelopen week: 1" in home


async def test_the_history_is_searched(room_of: RoomOf) -> None:
    """By period, kind, outcome, code and number, in any combination; a day that is none is told."""
    room = await room_of("registry")
    await _answers(room, _accepted(room, "e1", "A1"), _refused(room, "e2", "A2", "year", "format"))
    room.clock.advance(timedelta(days=3))
    await _answers(room, _accepted(room, "e3", "A3", "changed", type_=WITHDRAWN), _refused(room, "e4", "A4", "format"))
    async with visiting(room) as client:
        for asked, found in (
            ({}, {"A1", "A2", "A3", "A4"}),
            ({"van": "2026-09-21"}, {"A3", "A4"}),
            ({"tot": "2026-09-20"}, {"A1", "A2"}),
            ({"soort": "initiative-withdrawn.v1"}, {"A3"}),
            ({"uitkomst": "refused"}, {"A2", "A4"}),
            ({"code": "year"}, {"A2"}),
            ({"code": "format", "van": "2026-09-22"}, {"A4"}),
            ({"nummer": " A1 "}, {"A1"}),
            ({"nummer": "A1", "uitkomst": "refused"}, set()),
        ):
            page = await client.get("/partner/geschiedenis", params=asked)
            assert {a for a in ("A1", "A2", "A3", "A4") if f"<bdi>{a}</bdi>" in page.text} == found, asked
            file = await client.get("/partner/geschiedenis.csv", params=asked)
            rows = list(csv.DictReader(file.text.lstrip("\ufeff").splitlines(), delimiter=";"))
            assert {row["nummer"] for row in rows} == found, asked
        wrong = await client.get("/partner/geschiedenis", params={"van": "vorige week"})
        assert wrong.status_code == 400
        assert 'href="#van"' in wrong.text


async def test_a_long_history_is_leafed_through(room_of: RoomOf) -> None:
    """No line is missed or seen twice; the file holds all of them."""
    room = await room_of("registry")
    await _answers(room, *(_accepted(room, f"e{n}", f"N{n:03}") for n in range(120)))
    seen: list[str] = []
    async with visiting(room) as client:
        path: str | None = "/partner/geschiedenis?uitkomst=new"
        while path:
            page = await client.get(path)
            seen += [part[:4] for part in page.text.split("<bdi>")[1:]]
            link = page.text.partition('href="/partner/geschiedenis?uitkomst=new&amp;na=')[2].partition('"')[0]
            path = f"/partner/geschiedenis?uitkomst=new&na={link}" if link else None
        file = await client.get("/partner/geschiedenis.csv")
    assert sorted(seen) == [f"N{n:03}" for n in range(120)]
    assert len(file.text.strip().splitlines()) == 121


async def test_one_event_with_every_problem_and_what_to_do(room_of: RoomOf) -> None:
    """All answers to it, each fault in Dutch with the explanation of its code; another partner's does not exist."""
    room = await room_of("registry")
    await _answers(room, _refused(room, "e/1?&", "A1", "year", "kvk"))
    async with visiting(room) as client:
        listed = (await client.get("/partner/geschiedenis")).text
        path = listed.partition('href="/partner/geschiedenis/gebeurtenis')[2].partition('"')[0].replace("&amp;", "&")
        page = await client.get(f"/partner/geschiedenis/gebeurtenis{path}")
        said = words(page)
        assert "ca. 1998 is geen jaartal. Geef een jaar met 4 cijfers, zoals 2014." in said
        assert "Dit is geen KvK-nummer: 8 cijfers." in said
        assert 'href="/contract/problems#kvk"' in page.text
        assert (await client.get("/partner/geschiedenis/gebeurtenis?id=nee")).status_code == 404
    async with visiting(room, "zorgnet") as other:
        assert (await other.get(f"/partner/geschiedenis/gebeurtenis{path}")).status_code == 404


async def test_what_was_sent_is_shown_harmlessly(room_of: RoomOf) -> None:
    """Markup and formulas in what a partner chose itself run nowhere: not on the page, not in the file."""
    room = await room_of("registry")
    await _answers(room, _accepted(room, "<script>1</script>", '=HYPERLINK("x")'), _accepted(room, "-2+3", "@SUM(1)"))
    async with visiting(room) as client:
        page = await client.get("/partner/geschiedenis")
        assert "<script>1" not in page.text
        detail = await client.get("/partner/geschiedenis/gebeurtenis", params={"id": "<script>1</script>"})
        assert detail.status_code == 200
        assert "<script>1" not in detail.text
        file = await client.get("/partner/geschiedenis.csv")
        assert file.headers["content-disposition"] == 'attachment; filename="geschiedenis.csv"'
        rows = list(csv.DictReader(file.text.lstrip("\ufeff").splitlines(), delimiter=";"))
    assert {row["nummer"] for row in rows} == {'\'=HYPERLINK("x")', "'@SUM(1)"}
    assert "'-2+3" in {row["id"] for row in rows}


async def test_strange_questions_are_answered(room_of: RoomOf) -> None:
    """What nobody's form sends leads to a page, not to a fault of ours."""
    room = await room_of("registry")
    async with visiting(room) as client:
        for asked in (
            {"van": "0001-01-01"},
            {"tot": "9999-12-31"},
            {"na": "2026-09-20T10:00:00 x"},
            {"na": "x"},
            {"nummer": "\x00"},
        ):
            assert (await client.get("/partner/geschiedenis", params=asked)).status_code == 200, asked
            assert (await client.get("/partner/geschiedenis.csv", params=asked)).status_code == 200, asked


async def test_what_cannot_be_looked_for_is_told_with_what_can(room_of: RoomOf) -> None:
    """A kind, outcome or code that is none, and a filter that is none: nothing is passed over in silence, on the page and in
    the file."""
    room = await room_of("registry")
    async with visiting(room) as client:
        for asked, sentence in (
            ({"code": "bestaatniet"}, "‘bestaatniet’ bestaat niet. Kies uit: not-json, "),
            ({"soort": "x"}, "‘x’ bestaat niet. Kies uit: initiative-reported.v1, "),
            ({"uitkomst": "geweigerd"}, "‘geweigerd’ bestaat niet. Kies uit: new, "),
            ({"status": "refused"}, "Zoeken op status kan niet. Wel op: van, tot, soort, uitkomst, code, nummer."),
        ):
            page = await client.get("/partner/geschiedenis", params=asked)
            assert (page.status_code, sentence in words(page)) == (400, True), words(page)
            file = await client.get("/partner/geschiedenis.csv", params=asked)
            assert (file.status_code, file.headers["location"].partition("?")[0]) == (303, "/partner/geschiedenis")


async def test_one_looks_for_what_occurs_in_words(room_of: RoomOf) -> None:
    """The faults that this partner's events had, in Dutch; of what never occurred nothing."""
    room = await room_of("registry")
    await _answers(room, _refused(room, "e1", "A1", "year", "not-in-list"))
    async with visiting(room) as client:
        page = await client.get("/partner/geschiedenis")
    options = re.findall(
        r'<option value="([^"]*)"[^>]*>([^<]*)</option>', page.text.partition('id="code"')[2].partition("</select>")[0]
    )
    assert options == [
        ("", "alles"),
        ("not-in-list", "Een waarde staat niet in de lijst (not-in-list)"),
        ("year", "Geen jaartal (year)"),
    ]
    assert "geweigerd (Geen jaartal, Een waarde staat niet in de lijst)" in words(page)


async def test_the_home_page_tells_each_cause_once(room_of: RoomOf) -> None:
    """Nine times the same is one line with how often, of which numbers, and the way to all of them."""
    room = await room_of("registry")
    await _answers(
        room, *(_refused(room, f"e{n}", f"A{n}", "year") for n in range(9)), _refused(room, "f", "B1", "format")
    )
    async with visiting(room) as client:
        page = await client.get("/partner")
    said = words(page)
    assert "Geweigerd in de afgelopen week: 10" in said
    assert said.count("Initiatief gemeld, 9 keer : ") == 1
    assert "A7 … )" in said or "…" in said
    assert "/partner/geschiedenis?uitkomst=refused&amp;code=year&amp;soort=initiative-reported.v1" in page.text
    assert said.count("geen jaartal") <= 1
