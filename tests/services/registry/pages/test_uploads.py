"""A sheet: looked at row by row, sent when a person wants it, and answered."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

from services.registry import uploading_schedule
from services.registry.actions import uploading
from services.registry.store import uploads
from tests.room import RoomOf
from tests.services.registry.door.conftest import Open
from tests.waiting import until

from .uploading import HEAD, LIST, REMARKED, ROWS, all_answered, pool_of, send_all, upload_file
from .visits import at_the_pages, visiting, words


class Died(Exception):
    """A replica is gone."""


async def test_a_sheet_is_looked_at_before_anything_is_sent(room_of: RoomOf) -> None:
    """Each row with what would happen and every fault at its cell; columns that are not known; nothing leaves."""
    room = await room_of("registry")
    async with visiting(room) as client:
        content = LIST.replace("startjaar", "startjaar;Kleur", 1).replace("2014", "2014;rood")
        page = await client.get(await upload_file(client, content))
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
        path = await upload_file(client, LIST)
        await send_all(client, path)
        page = await all_answered(client, path)
        assert "Nieuw in het register 2" in words(page)
        assert "Geweigerd: 1" in words(page)
        lines = await sender.history()
        assert sorted((one["subject"], one["outcome"]) for one in lines) == [("1", "new"), ("3", "new")]

        async def done() -> Any:
            return await pool_of(house).fetchrow("SELECT counts FROM upload WHERE status = 'done'")

        assert (await until(done, "done"))["counts"] == {"new": 2, "read-new": 2, "read-refused": 1}
        rows = await pool_of(house).fetch("SELECT number, outlook FROM upload_row")
        assert [tuple(r) for r in rows] == [(3, "refused")]
        after = words(await client.get(path))
        assert "Nieuw in het register 2" in after
        assert "Dörpszörg Ulrum startjaar (F3) : ca. 1998 is geen jaartal." in after

        again = words(await client.get(await upload_file(client, LIST)))
        assert "Ongewijzigd 2" in again
        assert "Er is niets nieuws of gewijzigds om te versturen." in again

        changed = HEAD + ROWS.replace("Noaberhulp", "Noaberhulp Oost").split("\n")[2] + "\n"
        path = await upload_file(client, changed)
        said = words(await client.get(path))
        assert "Gewijzigd : naam" in said
        assert "Niet meer in het bestand 1" in said
        assert "Stadsdorp Zuid (nummer 1)" in said
        refused = await client.post(f"{path}/versturen", data={"weg": "1"})
        assert refused.status_code == 400
        assert "Kies waarom" in refused.text
        await send_all(client, path, weg="1", reden="verlaat-netwerk")
        await all_answered(client, path)
    claims = await pool_of(house).fetch("SELECT external_id, withdrawn_reason FROM claim ORDER BY 1")
    assert [tuple(c) for c in claims] == [("1", "verlaat-netwerk"), ("3", None)]


async def test_what_vanished_stays_unless_somebody_ticks_it(open_door: Open) -> None:
    """Sending a part of the list withdraws nothing by itself."""
    house = await open_door()
    sender = await house.sender()
    async with at_the_pages(sender) as client:
        first = await upload_file(client, LIST)
        await send_all(client, first)
        await all_answered(client, first)
        second = await upload_file(client, HEAD + "4;Buurthuis;Assen;9401;;2020\n")
        await send_all(client, second)
        await all_answered(client, second)
    gone = await pool_of(house).fetchval("SELECT count(*) FROM claim WHERE withdrawn_at IS NOT NULL")
    assert gone == 0


async def test_confirming_twice_or_after_a_crash_says_nothing_twice(open_door: Open) -> None:
    """A replica that dies between the broker's confirm and its own commit leaves a sheet that is sent again: as the same
    events, of which the page tells what became of them the first time."""
    house = await open_door()
    sender = await house.sender()
    database = house.registry.database
    assert database
    async with at_the_pages(sender) as client:
        path = await upload_file(client, LIST)
        id_ = path.rpartition("/")[2]
        with contextlib.suppress(Died):
            async with database.transaction() as tx:
                upload = await uploads.find(tx, sender.name, id_)
                assert upload
                await uploading.confirm(tx, upload, (), None)
                await uploading.send_some(tx, house.registry.web.state.publisher)
                raise Died
        assert "Er is nog niets verstuurd." in words(await client.get(path))
        await asyncio.gather(send_all(client, path), send_all(client, path))
        events = {row["event_id"] for row in await pool_of(house).fetch("SELECT event_id FROM upload_row")} - {None}
        assert len(events) == 2
        for event in events:
            assert {one["outcome"] for one in await sender.became(event, 2)} == {"new", "duplicate"}
        said = words(await all_answered(client, path))
        assert "Nieuw in het register 2" in said
        assert "al eerder ontvangen" not in said

        async def done() -> Any:
            return await pool_of(house).fetchval("SELECT status FROM upload") == "done"

        await until(done, "done")
        await send_all(client, path)
        assert await done()
    assert [r["version"] for r in await pool_of(house).fetch("SELECT version FROM initiative")] == [1, 1]


async def test_while_the_queue_is_away_the_page_says_so_and_goes_on_by_itself(room_of: RoomOf) -> None:
    """Without the broker nothing is lost: the rows wait, and the person is told that it is not their fault."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await upload_file(client, LIST)
        await send_all(client, path)
        await room.run(uploading_schedule.send_uploads)
        said = words(await client.get(path))
        assert "Verstuurd: 0 van 2. Beantwoord: 0 van 2." in said
        assert "Wij kunnen nu even niet versturen." in said
    assert await room.fetch("SELECT FROM upload_row WHERE sent_at IS NOT NULL") == []


async def test_a_file_belongs_to_its_partner(room_of: RoomOf) -> None:
    """Another partner cannot look at it, send it, throw it away, nor fetch its rows."""
    room = await room_of("registry")
    async with visiting(room) as client:
        path = await upload_file(client, LIST)
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
        path = await upload_file(client, LIST)
        assert (await client.post(f"{path}/weggooien")).status_code == 303
        assert await room.fetch("SELECT FROM upload_row") == []
        await upload_file(client, LIST)
        kept = await upload_file(client, LIST)
        await send_all(client, kept)
        assert (await client.post(f"{kept}/weggooien")).status_code == 303
    room.clock.advance(timedelta(days=1, seconds=1))
    await room.run(uploading_schedule.forget_uploads)
    assert [str(r["id"]) for r in await room.fetch("SELECT id FROM upload")] == [kept.rpartition("/")[2]]
    room.clock.advance(timedelta(days=29))
    await room.run(uploading_schedule.forget_uploads)
    assert await room.fetch("SELECT FROM upload_row") == []
    async with visiting(room, "zorgnet") as client:
        await upload_file(client, LIST)
    async with room.tx() as tx:
        await tx.execute("UPDATE partner SET status = 'removed' WHERE name = 'zorgnet'")
    await room.run(uploading_schedule.forget_uploads)
    assert await room.fetch("SELECT FROM upload_row") == []


async def test_who_tries_things_out_is_told_so(room_of: RoomOf) -> None:
    """The home page and the look at a sheet say that nothing will enter the registry."""
    room = await room_of("registry")
    async with visiting(room, sandbox=True) as client:
        assert "U bent in de oefenomgeving." in words(await client.get("/partner"))
        assert "Er komt niets in het register, ook niet als u verstuurt." in words(
            await client.get(await upload_file(client, LIST))
        )


async def test_in_the_sandbox_nothing_is_called_new_in_the_registry(open_door: Open) -> None:
    """Before and after sending: it would have been right, and it is not kept."""
    house = await open_door()
    sender = await house.sender(sandbox=True)
    async with at_the_pages(sender) as client:
        path = await upload_file(client, REMARKED)
        before = words(await client.get(path))
        assert "Wij behandelen 2 rijen alsof u meedoet, en bewaren niets." in before
        await send_all(client, path)
        after = words(await all_answered(client, path))
    assert "In orde, niet bewaard 2" in after
    assert "register" not in after.partition("Alles is beantwoord")[2].partition("Nog een bestand")[0]
    assert "staat op proef" not in after


async def test_two_replicas_share_the_work(room_of: RoomOf) -> None:
    """While one has a sheet in hand the other takes the next, and waits for nobody."""
    room = await room_of("registry")
    async with visiting(room) as client:
        paths = {await upload_file(client, LIST), await upload_file(client, LIST.replace("Noaberhulp", "Anders"))}
        for path in paths:
            await send_all(client, path)
    async with room.tx() as one, room.tx() as other, room.tx() as third:
        taken = [await uploads.next_turn(tx, "sending") for tx in (one, other, third)]
    assert {f"/partner/aanleveren/{upload.id}" for upload in taken if upload} == paths
