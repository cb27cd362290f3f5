"""Rows that were refused or remarked on: told at their cells, before and after sending, and given back to be mended."""

import io
from typing import Any

import openpyxl
import pytest

from services.registry import uploading_schedule
from shared.events.answers import AboutEvent, EventAccepted, EventRefused
from shared.events.problems import problem
from tests.room import RoomOf, source_of
from tests.services.registry.door.conftest import Open
from tests.waiting import until

from .uploading import HEAD, LIST, REMARKED, all_answered, pool_of, send_all, upload_file
from .visits import at_the_pages, visiting, words


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_refused_rows_come_back_to_be_mended(room_of: RoomOf, kind: str) -> None:
    """As they stood, with why, and nothing in it runs as a formula; mended and sent in again, they are taken."""
    room = await room_of("registry")
    bad = HEAD + "9;=1+1 Hulp;Zeist;3705;;ca. 1998\n"
    async with visiting(room) as client:
        path = await upload_file(client, bad)
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
        said = words(await client.get(await upload_file(client, mended, f"beter.{kind}")))
    assert "Nieuw 1" in said
    assert "Geweigerd" not in said.partition("Rij voor rij")[0]


async def test_remarks_stand_at_their_rows_before_and_after_sending(open_door: Open) -> None:
    """What the taker will remark is shown before anything is sent, can be picked out, and stays readable when all is done:
    without the row itself."""
    house = await open_door()
    sender = await house.sender()
    async with at_the_pages(sender) as client:
        path = await upload_file(client, REMARKED)
        said = words(await client.get(path))
        assert "Met een opmerking 1" in said
        remarks = (
            "plaats (C2) : Wij kunnen niet zien in welke gemeente dit is (Nergenshuizen).",
            "e-mail (E2) : Er is geen toestemming of openbaar adres voor de contactpersoon.",
        )
        assert all(said.count(remark) == 1 for remark in remarks)
        only = words(await client.get(f"{path}?wat=warned"))
        assert "Stadsdorp Zuid" not in only.partition("Rij voor rij")[2].partition("Versturen")[0]
        await send_all(client, path)
        page = words(await all_answered(client, path))
        assert all(page.count(remark) == 1 for remark in remarks), page

        async def done() -> Any:
            return await pool_of(house).fetchrow("SELECT counts FROM upload WHERE status = 'done'")

        await until(done, "done")
        after = words(await client.get(path))
        assert "Met een opmerking" in after
        assert all(after.count(remark) == 1 for remark in remarks), after
        rows = await pool_of(house).fetch("SELECT number, name, body, cells FROM upload_row")
        assert [(r["number"], r["name"], r["body"], r["cells"]) for r in rows] == [(2, "Noaberhulp", None, [])]


async def test_what_only_the_taker_could_remark_stays_at_its_cell(room_of: RoomOf) -> None:
    """A remark that was not foreseen is shown as the others are, also when only the remarks are left."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await upload_file(client, REMARKED)
        await send_all(client, path)
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
        said = words(await client.get(await upload_file(client, content)))
    assert "1 rij met initiatieven" in said
    assert "omdat het een optelling is: rij 3." in said
    assert said.count("Vul ook de kolommen 'Datum toestemming' en 'Tekst toestemming' in") == 1


async def test_what_the_taker_refuses_comes_back_at_its_cell_once(room_of: RoomOf) -> None:
    """A row that only the platform's memory can refuse stands among the refused, however often the refusal was said."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await upload_file(client, LIST)
        await send_all(client, path)
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
