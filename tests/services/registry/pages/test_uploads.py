"""A sheet: looked at row by row, sent when a person wants it, answered, and the refused rows given back."""

import asyncio
import contextlib
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from httpx import AsyncClient as Client
from httpx import Response

from services.registry import uploading_schedule
from services.registry.actions import uploading
from services.registry.reading import CannotRead, Reader, Request
from services.registry.store import uploads
from shared.db import Pool
from shared.events.answers import AboutEvent, EventAccepted, EventRefused
from shared.events.problems import problem
from shared.sheets.model import MOST_BYTES
from tests.room import RoomOf, source_of
from tests.services.registry.door.conftest import Open
from tests.services.registry.door.house import House
from tests.waiting import until

from .visits import at_the_pages, visiting, words

HEAD = "nummer;naam;plaats;postcode;website;startjaar\n"
ROWS = (
    "1;Stadsdorp Zuid;Amsterdam;1077 AB;https://stadsdorp-zuid.example;2014\n"
    "2;Dörpszörg Ulrum;Ulrum;9971;;ca. 1998\n"
    "3;Noaberhulp;Winterswijk;7101;https://noaberhulp.example;2009\n"
)
LIST = HEAD + ROWS


class Died(Exception):
    """A replica is gone."""


def _pool(house: House) -> Pool:
    assert house.registry.database
    return house.registry.database.pool


async def _put(client: Client, content: str | bytes, filename: str = "lijst.csv") -> Response:
    """Chooses a file; gives what came of it."""
    data = content.encode() if isinstance(content, str) else content
    return await client.post("/partner/aanleveren", files={"bestand": (filename, data)})


async def _upload(client: Client, content: str | bytes, filename: str = "lijst.csv") -> str:
    """The path of a file that was read."""
    done = await _put(client, content, filename)
    assert done.status_code == 303, words(done)
    return done.headers["location"]


async def _send(client: Client, path: str, **form: str) -> None:
    done = await client.post(f"{path}/versturen", data=form)
    assert (done.status_code, done.headers["location"]) == (303, path)


async def _answered(client: Client, path: str) -> Response:
    """The page of a file, when all of it was answered."""

    async def done() -> Response | None:
        page = await client.get(path)
        return page if "Alles is beantwoord" in page.text else None

    page: Response = await until(done, "the sheet was answered")
    return page


async def test_a_sheet_is_looked_at_before_anything_is_sent(room_of: RoomOf) -> None:
    """Each row with what would happen and every fault at its cell; columns that are not known; nothing leaves."""
    room = await room_of("registry")
    async with visiting(room) as client:
        content = LIST.replace("startjaar", "startjaar;Kleur", 1).replace("2014", "2014;rood")
        page = await client.get(await _upload(client, content))
    said = words(page)
    assert "Dit zou er gebeuren" in said
    assert "3 rijen met initiatieven" in said
    assert "Nieuw 2" in said
    assert "Geweigerd 1" in said
    assert "2 1 Stadsdorp Zuid Nieuw" in said
    assert "startjaar (F3) : ca. 1998 is geen jaartal." in said
    assert "De kolom Kleur (G) kennen wij niet" in said
    assert "Verstuur 2 rijen" in said
    assert not await room.fetch("SELECT FROM upload_row WHERE sent_at IS NOT NULL")
    assert {r["status"] for r in await room.fetch("SELECT status FROM upload")} == {"read"}


async def test_a_sheet_goes_from_dry_run_to_answers(open_door: Open) -> None:
    """What was confirmed is sent as the events that a program would send; the page tells what became of it, and of a
    sheet that is done only the refused rows stay."""
    house = await open_door()
    sender = await house.sender()
    async with at_the_pages(sender) as client:
        path = await _upload(client, LIST)
        await _send(client, path)
        page = await _answered(client, path)
        assert "Nieuw in het register 2" in words(page)
        assert "Geweigerd: 1" in words(page)
        lines = await sender.history()
        assert sorted((one["subject"], one["outcome"]) for one in lines) == [("1", "new"), ("3", "new")]

        async def done() -> Any:
            return await _pool(house).fetchrow("SELECT counts FROM upload WHERE status = 'done'")

        assert (await until(done, "done"))["counts"] == {"new": 2, "read-new": 2, "read-refused": 1}
        rows = await _pool(house).fetch("SELECT number, outlook FROM upload_row")
        assert [tuple(r) for r in rows] == [(3, "refused")]
        after = words(await client.get(path))
        assert "Nieuw in het register 2" in after
        assert "Dörpszörg Ulrum startjaar (F3) : ca. 1998 is geen jaartal." in after

        again = words(await client.get(await _upload(client, LIST)))
        assert "Ongewijzigd 2" in again
        assert "Er is niets nieuws of gewijzigds om te versturen." in again

        changed = HEAD + ROWS.replace("Noaberhulp", "Noaberhulp Oost").split("\n")[2] + "\n"
        path = await _upload(client, changed)
        said = words(await client.get(path))
        assert "Gewijzigd : naam" in said
        assert "Niet meer in het bestand 1" in said
        assert "Stadsdorp Zuid (nummer 1)" in said
        refused = await client.post(f"{path}/versturen", data={"weg": "1"})
        assert refused.status_code == 400
        assert "Kies waarom" in refused.text
        await _send(client, path, weg="1", reden="verlaat-netwerk")
        await _answered(client, path)
    claims = await _pool(house).fetch("SELECT external_id, withdrawn_reason FROM claim ORDER BY 1")
    assert [tuple(c) for c in claims] == [("1", "verlaat-netwerk"), ("3", None)]


async def test_what_vanished_stays_unless_somebody_ticks_it(open_door: Open) -> None:
    """Sending a part of the list withdraws nothing by itself."""
    house = await open_door()
    sender = await house.sender()
    async with at_the_pages(sender) as client:
        first = await _upload(client, LIST)
        await _send(client, first)
        await _answered(client, first)
        second = await _upload(client, HEAD + "4;Buurthuis;Assen;9401;;2020\n")
        await _send(client, second)
        await _answered(client, second)
    gone = await _pool(house).fetchval("SELECT count(*) FROM claim WHERE withdrawn_at IS NOT NULL")
    assert gone == 0


async def test_confirming_twice_or_after_a_crash_says_nothing_twice(open_door: Open) -> None:
    """A replica that dies between the broker's confirm and its own commit leaves a sheet that is sent again: as the same
    events, of which the page tells what became of them the first time."""
    house = await open_door()
    sender = await house.sender()
    database = house.registry.database
    assert database
    async with at_the_pages(sender) as client:
        path = await _upload(client, LIST)
        id_ = path.rpartition("/")[2]
        with contextlib.suppress(Died):
            async with database.transaction() as tx:
                upload = await uploads.find(tx, sender.name, id_)
                assert upload
                await uploading.confirm(tx, upload, (), None)
                await uploading.send_some(tx, house.registry.web.state.publisher)
                raise Died
        assert "Er is nog niets verstuurd." in words(await client.get(path))
        await asyncio.gather(_send(client, path), _send(client, path))
        events = {row["event_id"] for row in await _pool(house).fetch("SELECT event_id FROM upload_row")} - {None}
        assert len(events) == 2
        for event in events:
            assert {one["outcome"] for one in await sender.became(event, 2)} == {"new", "duplicate"}
        said = words(await _answered(client, path))
        assert "Nieuw in het register 2" in said
        assert "al eerder ontvangen" not in said

        async def done() -> Any:
            return await _pool(house).fetchval("SELECT status FROM upload") == "done"

        await until(done, "done")
        await _send(client, path)
        assert await done()
    assert [r["version"] for r in await _pool(house).fetch("SELECT version FROM initiative")] == [1, 1]


async def test_while_the_queue_is_away_the_page_says_so_and_goes_on_by_itself(room_of: RoomOf) -> None:
    """Without the broker nothing is lost: the rows wait, and the person is told that it is not their fault."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await _upload(client, LIST)
        await _send(client, path)
        await room.run(uploading_schedule.send_uploads)
        said = words(await client.get(path))
        assert "Verstuurd: 0 van 2. Beantwoord: 0 van 2." in said
        assert "Wij kunnen nu even niet versturen." in said
    assert await room.fetch("SELECT FROM upload_row WHERE sent_at IS NOT NULL") == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_refused_rows_come_back_to_be_mended(room_of: RoomOf, kind: str) -> None:
    """As they stood, with why, and nothing in it runs as a formula; mended and sent in again, they are taken."""
    room = await room_of("registry")
    bad = HEAD + "9;=1+1 Hulp;Zeist;3705;;ca. 1998\n"
    async with visiting(room) as client:
        path = await _upload(client, bad)
        file = await client.get(f"{path}/geweigerd.{kind}")
        assert file.headers["content-disposition"] == f'attachment; filename="geweigerde-rijen.{kind}"'
        assert file.headers["cache-control"] == "no-store"
        if kind == "csv":
            assert ";'=1+1 Hulp;" in file.text
            mended: str | bytes = file.text.replace("ca. 1998;", "1998;")
        else:
            book = openpyxl.load_workbook(io.BytesIO(file.content))
            sheet: Any = book.active
            assert sheet["B2"].value == "=1+1 Hulp"
            assert sheet["B2"].data_type in ("s", "inlineStr")
            assert "geen jaartal" in sheet["G2"].value
            sheet["F2"] = 1998
            held = io.BytesIO()
            book.save(held)
            mended = held.getvalue()
        said = words(await client.get(await _upload(client, mended, f"beter.{kind}")))
    assert "Nieuw 1" in said
    assert "Geweigerd" not in said.partition("Rij voor rij")[0]


async def test_what_was_uploaded_is_shown_harmlessly(room_of: RoomOf) -> None:
    """Markup is text, control characters and turned writing are made visible, in names, headings, cells and the file's name."""
    room = await room_of("registry")
    evil = "nummer;naam;<script>alert(1)</script>\n7;<img src=x onerror=alert(1)>;x\n8;Naam\u202edraai\x07;y\n"
    async with visiting(room) as client:
        path = await _upload(client, evil, '../../<b>lijst\u202e".csv')
        for page in (await client.get(path), await client.get("/partner/aanleveren"), await client.get("/partner")):
            assert page.status_code == 200
            for wrong in ("<script>alert", "<img src=x", "<b>lijst", "\u202e", "\x07", ".."):
                assert wrong not in page.text, wrong


async def test_what_is_no_sheet_is_refused_in_a_sentence(room_of: RoomOf) -> None:
    """Nothing chosen, an empty file, one that is no sheet, and one that is too large; each on the form's own page."""
    room = await room_of("registry")
    async with visiting(room) as client:
        nothing = await client.post("/partner/aanleveren", files={"bestand": ("", b"")})
        assert (nothing.status_code, "Kies een bestand." in nothing.text) == (400, True)
        empty = await _put(client, b"", "leeg.csv")
        assert (empty.status_code, "Het bestand is leeg." in empty.text) == (400, True)
        page = await _put(client, b"<html><body>Nee</body></html>", "lijst.xlsx")
        assert (page.status_code, 'id="bestand-fout"' in page.text) == (422, True)
        large = await _put(client, b"x" * (MOST_BYTES + 1))
        assert (large.status_code, "hoogstens 10 MB" in large.text) == (413, True)
        assert (await client.post("/partner/aanleveren", data={"bestand": "tekst"})).status_code == 415
    assert await room.fetch("SELECT FROM upload") == []


async def test_a_file_belongs_to_its_partner(room_of: RoomOf) -> None:
    """Another partner cannot look at it, send it, throw it away, nor fetch its rows."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await _upload(client, LIST)
    async with visiting(room, "zorgnet") as other:
        assert (await other.get(path)).status_code == 404
        assert (await other.get(f"{path}/geweigerd.csv")).status_code == 404
        assert (await other.post(f"{path}/versturen")).status_code == 404
        assert (await other.post(f"{path}/weggooien")).status_code == 404
    assert [r["status"] for r in await room.fetch("SELECT status FROM upload")] == ["read"]


async def test_personal_data_goes_when_it_has_done_its_work(room_of: RoomOf) -> None:
    """Thrown away at once when asked; after a day when nobody confirmed it; everything after 30 days, or when its partner
    is removed."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await _upload(client, LIST)
        assert (await client.post(f"{path}/weggooien")).status_code == 303
        assert await room.fetch("SELECT FROM upload_row") == []
        await _upload(client, LIST)
        kept = await _upload(client, LIST)
        await _send(client, kept)
        assert (await client.post(f"{kept}/weggooien")).status_code == 303
    room.clock.advance(timedelta(days=1, seconds=1))
    await room.run(uploading_schedule.forget_uploads)
    assert [str(r["id"]) for r in await room.fetch("SELECT id FROM upload")] == [kept.rpartition("/")[2]]
    room.clock.advance(timedelta(days=29))
    await room.run(uploading_schedule.forget_uploads)
    assert await room.fetch("SELECT FROM upload_row") == []
    async with visiting(room, "zorgnet") as client:
        await _upload(client, LIST)
    async with room.tx() as tx:
        await tx.execute("UPDATE partner SET status = 'removed' WHERE name = 'zorgnet'")
    await room.run(uploading_schedule.forget_uploads)
    assert await room.fetch("SELECT FROM upload_row") == []


async def test_a_reader_that_takes_too_long_is_stopped(room_of: RoomOf) -> None:
    """A file that would keep us busy fails alone, and the registry goes on."""
    room = await room_of("registry")
    request = Request("lijst.csv", "urn:burenbus:partner:omzien", "run", room.clock(), {})
    with pytest.raises(CannotRead, match="duurt te lang"):
        await Reader().read(request, LIST.encode(), time_s=0.05)


async def test_the_child_that_reads_knows_no_secrets(room_of: RoomOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is given is the file: neither our settings nor their passwords."""
    monkeypatch.setenv("BURENBUS_LINK_SECRET", "geheim")
    seen: dict[str, str] = {}
    start = asyncio.create_subprocess_exec

    async def watched(*args: Any, **kwargs: Any) -> Any:
        seen.update(kwargs["env"])
        return await start(*args, **kwargs)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    room = await room_of("registry")
    request = Request("lijst.csv", "urn:burenbus:partner:omzien", "run", room.clock(), {})
    assert (await Reader().read(request, LIST.encode())).sheet["type"] == "initiative-reported.v1"
    assert not [name for name in seen if name.startswith("BURENBUS")]


async def test_who_tries_things_out_is_told_so(room_of: RoomOf) -> None:
    """The home page and the look at a sheet say that nothing will enter the registry."""
    room = await room_of("registry")
    async with visiting(room, sandbox=True) as client:
        assert "U bent in de oefenomgeving." in words(await client.get("/partner"))
        assert "Er komt niets in het register, ook niet als u verstuurt." in words(
            await client.get(await _upload(client, LIST))
        )


REMARKED = "nummer;naam;plaats;postcode;e-mail\n1;Noaberhulp;Nergenshuizen;;a@b.nl\n2;Stadsdorp Zuid;Zeist;3705;\n"


async def test_remarks_stand_at_their_rows_before_and_after_sending(open_door: Open) -> None:
    """What the taker will remark is shown before anything is sent, can be picked out, and stays readable when all is done:
    without the row itself."""
    house = await open_door()
    sender = await house.sender()
    async with at_the_pages(sender) as client:
        path = await _upload(client, REMARKED)
        said = words(await client.get(path))
        assert "Met een opmerking 1" in said
        remarks = (
            "plaats (C2) : Wij kunnen niet zien in welke gemeente dit is (Nergenshuizen).",
            "e-mail (E2) : Er is geen toestemming of openbaar adres voor de contactpersoon.",
        )
        assert all(said.count(remark) == 1 for remark in remarks)
        only = words(await client.get(f"{path}?wat=warned"))
        assert "Stadsdorp Zuid" not in only.partition("Rij voor rij")[2].partition("Versturen")[0]
        await _send(client, path)
        page = words(await _answered(client, path))
        assert all(page.count(remark) == 1 for remark in remarks), page

        async def done() -> Any:
            return await _pool(house).fetchrow("SELECT counts FROM upload WHERE status = 'done'")

        await until(done, "done")
        after = words(await client.get(path))
        assert "Met een opmerking" in after
        assert all(after.count(remark) == 1 for remark in remarks), after
        rows = await _pool(house).fetch("SELECT number, name, body, cells FROM upload_row")
        assert [(r["number"], r["name"], r["body"], r["cells"]) for r in rows] == [(2, "Noaberhulp", None, [])]


async def test_what_only_the_taker_could_remark_stays_at_its_cell(room_of: RoomOf) -> None:
    """A remark that was not foreseen is shown as the others are, also when only the remarks are left."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await _upload(client, REMARKED)
        await _send(client, path)
        await room.database.pool.execute("UPDATE upload SET status = 'sent'")
        rows = await room.fetch("SELECT number, event_id FROM upload_row ORDER BY number")
        late = problem("merged-municipality", "/data/place", value="Zeist", now="Zeist-Oost")
        for row in rows:
            about = AboutEvent(id=row["event_id"], source=source_of("omzien"), type="x", subject=str(row["number"]))
            given = (late,) if row["number"] == 3 else ()
            await room.hear(
                EventAccepted(partner="omzien", event=about, received_at=room.clock(), outcome="new", warnings=given)
            )
        for _ in range(2):
            said = words(await client.get(path))
            assert said.count("plaats (C3) : Zeist hoort nu bij Zeist-Oost.") == 1, said
            await room.run(uploading_schedule.finish_uploads)


async def test_a_sum_and_a_sentence_that_lacks_twice_are_told_once(room_of: RoomOf) -> None:
    """A sum at the bottom is no initiative; of a consent the date and the text are asked in one sentence, once."""
    room = await room_of("registry")
    async with visiting(room) as client:
        content = "nummer;naam;plaats;e-mail;toestemming uitnodiging\n1;Aa;Zeist;a@b.nl;ja\nTotaal;;;;\n"
        said = words(await client.get(await _upload(client, content)))
    assert "1 rij met initiatieven" in said
    assert "omdat het een optelling is: rij 3." in said
    assert said.count("Vul ook de kolommen 'Datum toestemming' en 'Tekst toestemming' in") == 1


async def test_in_the_sandbox_nothing_is_called_new_in_the_registry(open_door: Open) -> None:
    """Before and after sending: it would have been right, and it is not kept."""
    house = await open_door()
    sender = await house.sender(sandbox=True)
    async with at_the_pages(sender) as client:
        path = await _upload(client, REMARKED)
        before = words(await client.get(path))
        assert "Wij behandelen 2 rijen alsof u meedoet, en bewaren niets." in before
        await _send(client, path)
        after = words(await _answered(client, path))
    assert "In orde, niet bewaard 2" in after
    assert "register" not in after.partition("Alles is beantwoord")[2].partition("Nog een bestand")[0]
    assert "staat op proef" not in after


async def test_what_the_taker_refuses_comes_back_at_its_cell_once(room_of: RoomOf) -> None:
    """A row that only the platform's memory can refuse stands among the refused, however often the refusal was said."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await _upload(client, LIST)
        await _send(client, path)
        [row] = await room.fetch("SELECT event_id FROM upload_row WHERE number = 4")
        about = AboutEvent(id=row["event_id"], source=source_of("omzien"), type="x", subject="3")
        fault = problem("inconsistent", "/data/place", detail_nl="Daar ligt het niet.", detail_en="It is not there.")
        for _ in range(2):
            await room.hear(EventRefused(partner="omzien", event=about, received_at=room.clock(), problems=(fault,)))
        said = words(await client.get(path))
        assert "Geweigerd: 2" in said
        assert said.count("plaats (C4) : Daar ligt het niet.") == 1
        file = (await client.get(f"{path}/geweigerd.csv")).text
    assert file.count("Noaberhulp") == 1
    assert "Daar ligt het niet." in file


async def test_two_replicas_share_the_work(room_of: RoomOf) -> None:
    """While one has a sheet in hand the other takes the next, and waits for nobody."""
    room = await room_of("registry")
    async with visiting(room) as client:
        paths = {await _upload(client, LIST), await _upload(client, LIST.replace("Noaberhulp", "Anders"))}
        for path in paths:
            await _send(client, path)
    async with room.tx() as one, room.tx() as other, room.tx() as third:
        taken = [await uploads.next_turn(tx, "sending") for tx in (one, other, third)]
    assert {f"/partner/aanleveren/{upload.id}" for upload in taken if upload} == paths
