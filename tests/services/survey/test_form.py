"""The questionnaire on the web: read, kept for later, sent in, changed."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from services.survey.domain.form import names
from shared.events.questionnaire import questionnaire
from shared.events.registry import InitiativeClosed
from shared.events.survey import ConsentsGiven, ResponseRecorded, ResponseReplaced
from tests.room import NOW

from .build import campaign, initiative, merged, response, tokens

ASKED = questionnaire("2026.1")
RIGHT = {"A1": "Ons Dorp", "A2.postcode": "3705", "A2.plaats": "Zeist", "A2.gemeente": "Zeist"}


class Page(HTMLParser):
    """What a browser would send from a page, and what refers to what."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sends: dict[str, list[str]] = {}
        self.inputs: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.refers: set[str] = set()
        self.labelled: set[str] = set()
        self._select = self._textarea = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        if a.get("id"):
            self.ids.append(a["id"] or "")
        for name in ("aria-describedby", "aria-labelledby", "list"):
            self.refers |= set((a.get(name) or "").split())
        if tag == "a" and (a.get("href") or "").startswith("#"):
            self.refers.add((a["href"] or "")[1:])
        if tag == "label":
            self.labelled.add(a.get("for") or "")
        if tag in ("input", "select", "textarea"):
            self.inputs.append({**a, "tag": tag})
        if tag == "input" and (a.get("type") not in ("checkbox", "radio") or "checked" in a):
            self.sends.setdefault(a["name"] or "", []).append(a.get("value") or "")
        self._select = (a["name"] or "") if tag == "select" else self._select
        self._textarea = (a["name"] or "") if tag == "textarea" else ""
        if tag == "option" and "selected" in a:
            self.sends[self._select] = [a.get("value") or ""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.sends[self._textarea] = [data]


@pytest.fixture
async def room(room_of):
    room = await room_of("survey")
    await room.hear(initiative("i1", "omzien/1", name="Dorpshuis & zo", pc4="3705", place="Zeist"), initiative("i2"))
    await campaign(room)
    return room


@pytest.fixture
async def link(room):
    return f"/enquete/{(await tokens(room))['i1']}"


def sending(**answers: str | list[str]) -> dict[str, str | list[str]]:
    return {**RIGHT, **{k.replace("__", "."): v for k, v in answers.items()}, "actie": "versturen"}


# --- the page ---


async def test_every_field_is_there_with_a_label(room, link):
    """The whole questionnaire stands on one page; each input has a label, each reference a target, each id is unique."""
    async with room.web() as client:
        got = await client.get(link)
    page = Page(got.text)
    assert got.status_code == 200
    assert {n for f in ASKED.fields.values() for n in names(f)} == {i["name"] for i in page.inputs}
    assert {i["id"] for i in page.inputs} <= page.labelled
    assert page.refers <= {*page.ids, ""}
    assert len(page.ids) == len(set(page.ids))
    assert "tot en met 31 oktober 2026" in got.text
    assert "Dorpshuis &amp; zo" in got.text


async def test_what_is_known_is_filled_in_and_nothing_is_allowed_beforehand(room, link):
    """Name and place are proposed, to be confirmed; no consent is ticked."""
    async with room.web() as client:
        sends = Page((await client.get(link)).text).sends
    filled = {name: values for name, values in sends.items() if any(values)}
    assert filled == {
        "A1": ["Dorpshuis & zo"],
        "A2.postcode": ["3705"],
        "A2.plaats": ["Zeist"],
        "A2.gemeente": ["Zeist"],
    }


async def test_the_address_stays_private(room, link):
    """The link is a key: no cache, no search engine, no other site gets it."""
    async with room.web() as client:
        headers = (await client.get(link)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-robots-tag"] == "noindex"


async def test_opening_the_link_changes_nothing(room, link):
    """Mail scanners open links: only sending does something."""
    await room.clear()
    async with room.web() as client:
        await client.get(link)
        await client.get(f"{link}/bedankt")
    assert await room.outbox() == []
    assert await room.fetch("SELECT id FROM response") == []


# --- kept for later ---


async def test_kept_for_later(room, link):
    """What was filled in is kept as it is, right or wrong, and stands there again; it does not count."""
    half = {"A1": "Half", "E1": "ca. 60", "H.toelichting": "Even nadenken", "K.loting": "ja", "C": ["zorg", "wonen"]}
    async with room.web() as client:
        kept = await client.post(link, data={**half, "actie": "bewaren"})
        assert kept.status_code == 303
        again = await client.get(kept.headers["location"])
    assert "bewaard, maar nog niet verstuurd" in again.text
    sends = {name: values for name, values in Page(again.text).sends.items() if any(values)}
    assert sends == {name: v if isinstance(v, list) else [v] for name, v in half.items()}
    assert await room.said(ResponseRecorded) == []


# --- sent in ---


async def test_sent_in(room, link):
    """Sent in, it counts like a partner's response: same check, same facts; the page says what happens next."""
    async with room.web() as client:
        sent = await client.post(link, data=sending(A4="stadsdorp", E1="12", C=["zorg"], K__loting="ja"))
        assert sent.status_code == 303, sent.text
        thanks = await client.get(sent.headers["location"])
    assert "Bedankt" in thanks.text
    assert "tot en met 31 oktober 2026" in thanks.text
    [fact] = await room.said(ResponseRecorded)
    assert (fact.initiative_id, fact.partner) == ("i1", None)
    assert fact.answers == {"A2.postcode": "3705", "A2.gemeente": "GM0355", "A4": "stadsdorp", "C": ["zorg"], "E1": 12}
    [consents] = await room.said(ConsentsGiven)
    assert (consents.given, consents.channel) == (("loting",), "web")
    assert len(consents.withheld) == 5
    assert await room.fetch("SELECT invitation_id FROM draft") == []


async def test_all_faults_at_once_and_nothing_lost(room, link):
    """Every fault is listed with a link to its field, the words of the respondent stay, and a draft is kept."""
    wrong = sending(A1="", A2__postcode="12", A3="vorig jaar", E1="ca. 60", H__toelichting="Lang verhaal")
    async with room.web() as client:
        shown = await client.post(link, data=wrong)
        later = await client.get(link)
    assert shown.status_code == 422
    page = Page(shown.text)
    assert {"A1", "A2.postcode", "A3", "E1"} <= page.refers
    assert page.refers <= {*page.ids, ""}
    assert "ca. 60 is geen heel getal" in shown.text
    assert {i["name"] for i in page.inputs if i.get("aria-invalid")} == {"A1", "A2.postcode", "A3", "E1"}
    for text in (shown.text, later.text):
        assert Page(text).sends["H.toelichting"] == ["Lang verhaal"]
        assert Page(text).sends["E1"] == ["ca. 60"]
    assert await room.said(ResponseRecorded) == []


async def test_numbers_are_read_as_dutch_writes_them(room, link):
    """1.500 is fifteen hundred, as on every page of the site."""
    async with room.web() as client:
        assert (await client.post(link, data=sending(E1="1.500", E4="1,5"))).status_code == 303
    [fact] = await room.said(ResponseRecorded)
    assert (fact.answers["E1"], fact.answers["E4"]) == (1500, 1.5)


async def test_faults_speak_of_what_stands_on_the_page(room, link):
    """Labels instead of codes; and no whole number is asked for where decimals are allowed."""
    async with room.web() as client:
        shown = await client.post(link, data=sending(C=["zorg", "weet-niet"], E1="ca. 60", E4="ca. 2"))
    assert "‘weet niet of wil niet zeggen’ kan niet samen met een ander antwoord" in shown.text
    assert "weet-niet kan niet samen" not in shown.text
    assert "ca. 60 is geen heel getal. Geef een getal" in shown.text
    assert "ca. 2 is geen getal. Geef een getal, zoals 3 of 1,5" in shown.text


async def test_the_municipality_is_proposed_and_confirmed(room, link):
    """Left empty, the municipality is proposed from the postcode, as a question and not as a fault; it counts once the
    respondent has confirmed it."""
    async with room.web() as client:
        asked = await client.post(link, data=sending(A2__gemeente=""))
        assert asked.status_code == 200
        assert "Klopt de gemeente?" in asked.text
        assert "Fout:" not in asked.text
        assert not [i for i in Page(asked.text).inputs if i.get("aria-invalid")]
        assert Page(asked.text).refers <= {*Page(asked.text).ids, ""}
        assert await room.said(ResponseRecorded) == []
        confirmed = await client.post(link, data={**Page(asked.text).sends, "actie": "versturen"})
    assert confirmed.status_code == 303
    assert len(await room.said(ResponseRecorded)) == 1


async def test_what_is_not_asked_is_not_sent(room, link):
    """What belongs to another choice (hidden in the browser) does not stand in the way."""
    data = sending(
        B1="alle-inwoners",
        B2=["ouderen"],
        D=["tuin"],
        **{"D2.vervoer": "zelf", "G.gemeente": "geen", "G.gemeente.cijfer": "3"},
    )
    async with room.web() as client:
        assert (await client.post(link, data=data)).status_code == 303
    [fact] = await room.said(ResponseRecorded)
    assert set(fact.answers) == {"A2.postcode", "A2.gemeente", "B1", "D", "G.gemeente"}


async def test_changed_until_closing(room, link):
    """The answers stand there again, consents included, and sending once more replaces them."""
    everything = sending(A3="2014", A4="anders", A4__namelijk="Iets", E1__klasse="10-24", K__loting="ja", A8=["omzien"])
    async with room.web() as client:
        await client.post(link, data=everything)
        room.clock.advance(timedelta(days=1))
        again = await client.get(link)
        assert "20 september 2026" in again.text
        sends = Page(again.text).sends
        assert {n: v for n, v in sends.items() if any(v)} == {
            n: v if isinstance(v, list) else [v] for n, v in everything.items() if n != "actie"
        }
        assert (await client.post(link, data={**sends, "A3": "2015", "actie": "versturen"})).status_code == 303
    first, second = await room.said(ResponseRecorded)
    assert (first.answers["A3"], second.answers["A3"]) == (2014, 2015)
    assert [r.replaced_by for r in await room.said(ResponseReplaced)] == [second.response_id]


async def test_what_a_partner_sent_can_be_mended(room, link):
    """An initiative sees the answers that count for it, through whom they came, and mends them."""
    await room.take("omzien", response("1"))
    async with room.web() as client:
        sends = Page((await client.get(link)).text).sends
        assert sends["A1"] == ["Buurtzorg Zeist"]
        assert sends["A4"] == ["stadsdorp"]
        room.clock.advance(timedelta(minutes=1))
        await client.post(link, data={**sends, "A4": "burennetwerk", "actie": "versturen"})
    [row] = await room.fetch("SELECT answers, partner FROM response WHERE counted")
    assert (row["answers"]["A4"], row["partner"]) == ("burennetwerk", None)


# --- who may not ---


async def test_a_link_that_we_do_not_know(room):
    """A mistyped link is a page that says so, whatever one does."""
    async with room.web() as client:
        for got in (
            await client.get("/enquete/nobody-has-this"),
            await client.get("/enquete/%ff" + "x" * 500),
            await client.post("/enquete/nobody-has-this", data=sending()),
            await client.get("/enquete/nobody-has-this/bedankt"),
        ):
            assert got.status_code == 404
            assert "Wij kennen deze link niet" in got.text


async def test_after_closing_it_says_so_with_the_date(room, link):
    """From the first moment after closing nothing is taken, and the page says until when one could answer."""
    room.clock.now = NOW.replace(month=10, day=31, hour=23)
    async with room.web() as client:
        for got in (await client.get(link), await client.post(link, data=sending())):
            assert got.status_code == 410
            assert "tot en met 31 oktober 2026" in got.text
    assert await room.said(ResponseRecorded) == []


async def test_who_answered_in_time_is_thanked_after_closing(room, link):
    """The page of thanks stays, without the offer to change."""
    async with room.web() as client:
        await client.post(link, data=sending())
        room.clock.now = NOW.replace(month=11, day=2)
        thanks = await client.get(f"{link}/bedankt")
    assert thanks.status_code == 200
    assert "veranderen" not in thanks.text


async def test_an_initiative_that_has_closed(room, link):
    """Its invitation was withdrawn."""
    await room.hear(initiative("i1", version=2, kind=InitiativeClosed, status="closed"))
    async with room.web() as client:
        got = await client.post(link, data=sending())
    assert got.status_code == 410
    assert "ingetrokken" in got.text


async def test_the_link_of_a_merged_initiative_answers_for_the_one_it_went_into(room, link):
    """The link in somebody's mailbox keeps working."""
    await room.hear(merged("i1", "i2"))
    async with room.web() as client:
        assert (await client.post(link, data=sending())).status_code == 303
    [fact] = await room.said(ResponseRecorded)
    assert fact.initiative_id == "i2"


async def test_a_form_from_another_site_is_refused(room, link):
    """Nobody else's page can send in answers."""
    async with room.web(**{"sec-fetch-site": "cross-site"}) as client:
        assert (await client.post(link, data=sending())).status_code == 403


async def test_a_form_larger_than_any_form(room, link):
    """It is turned away before it is read."""
    async with room.web() as client:
        assert (await client.post(link, data=sending(H__toelichting="x" * 300_000))).status_code == 413


async def test_a_tampered_form_is_judged_like_a_partners_event(room, link):
    """Codes that the form does not offer are faults, not errors."""
    async with room.web() as client:
        got = await client.post(link, data=sending(A4="kasteel", C=["zorg", "zorg"], F2=["geen", "bank"]))
    assert got.status_code == 422
    summary = re.findall(r'href="#([A-Z0-9.a-z-]+)">', got.text.split("Nog niet verstuurd")[1].split("</ul>")[0])
    assert summary == ["A4", "C", "F2"]
