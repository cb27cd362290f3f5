"""Whatever somebody uploads is read apart, within its time, and shown harmlessly."""

import asyncio
from typing import Any

import pytest

from services.registry.reading import CannotRead, Reader, Request
from shared.sheets.model import MOST_BYTES
from tests.room import RoomOf

from .uploading import LIST, put_file, upload_file
from .visits import visiting


async def test_what_was_uploaded_is_shown_harmlessly(room_of: RoomOf) -> None:
    """Markup is text, control characters and turned writing are made visible, in names, headings, cells and the file's name."""
    room = await room_of("registry")
    evil = "nummer;naam;<script>alert(1)</script>\n7;<img src=x onerror=alert(1)>;x\n8;Naam\u202edraai\x07;y\n"
    async with visiting(room) as client:
        path = await upload_file(client, evil, '../../<b>lijst\u202e".csv')
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
        empty = await put_file(client, b"", "leeg.csv")
        assert (empty.status_code, "Het bestand is leeg." in empty.text) == (400, True)
        page = await put_file(client, b"<html><body>Nee</body></html>", "lijst.xlsx")
        assert (page.status_code, 'id="bestand-fout"' in page.text) == (422, True)
        large = await put_file(client, b"x" * (MOST_BYTES + 1))
        assert (large.status_code, "hoogstens 10 MB" in large.text) == (413, True)
        assert (await client.post("/partner/aanleveren", data={"bestand": "tekst"})).status_code == 415
    assert await room.fetch("SELECT FROM upload") == []


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
