"""What was refused, and what was remarked, is told row by row, and refused rows come back in a file."""

import pytest

from deploy.cli import publish_told
from deploy.publishing.job import Answer, Item
from deploy.publishing.work import Done
from shared.events.problems import problem
from shared.sheets import read

from .conftest import Desk

pytestmark = pytest.mark.stack


async def test_refused_rows_are_told_at_their_cells_and_come_back_in_a_file(desk: Desk) -> None:
    """The good ones are accepted all the same; the mended file is published as it is, and nothing seems to be gone."""
    desk.write("1;Noaberhulp;99", "2;Zorgzaam Ulrum;9971")
    done, screen = await desk.publish()
    assert not done
    assert "rij 2, kolom Postcode (C2): Dit is geen postcode." in screen
    assert "1 verstuurd; antwoorden: 1 nieuw." in screen
    desk.file = desk.file.with_name("leden.geweigerd.csv")
    desk.file.write_text(desk.file.read_text("utf-8-sig").replace("99;", "9967;"), "utf-8")
    done, screen = await desk.publish(reason="gestopt")
    assert done, screen
    assert "1 verstuurd; antwoorden: 1 nieuw." in screen
    assert "Niet meer in het bestand" not in screen


async def test_refused_rows_of_an_earlier_run_do_not_stay(desk: Desk) -> None:
    """They hold contact details: for their owner alone, and gone when nothing is refused any more."""
    beside = desk.file.with_name("leden.geweigerd.csv")
    beside.write_text("old")
    beside.chmod(0o644)
    for row, there in (("1;Noaberhulp;99", True), ("1;Noaberhulp;9967", False)):
        desk.write(row)
        await desk.publish()
        assert beside.exists() is there
        if there:
            assert beside.stat().st_mode & 0o777 == 0o600
    beside.write_text("old")
    await desk.publish(dry_run=True)
    assert beside.exists()
    _, screen = await desk.publish()
    assert "Niets is veranderd" in screen
    assert not beside.exists()


async def test_remarks_are_told_row_by_row_before_and_after(desk: Desk) -> None:
    """What the platform will remark of a row that it takes is told under a heading, in a dry run and when it is sent, once."""
    desk.write("1;Noaberhulp;", "2;Aa;x", "3;Zorgzaam Ulrum;1000")
    remarks = [
        "  rij 2: Wij kunnen niet zien in welke gemeente dit is (geen plaats en geen postcode). Geef de gemeente of de postcode.",
        "  rij 4: Wij kunnen niet zien in welke gemeente dit is (1000). Geef de gemeente of de postcode.",
        "  rij 4, kolom Postcode (C4): Postcode 1000 bestaat niet.",
    ]
    for dry_run in (True, False):
        _, screen = await desk.publish(dry_run=dry_run)
        lines = screen.splitlines()
        refused = lines.index("Met fouten, wordt niet verstuurd (1 rij):")
        remarked = lines.index("Opmerkingen bij wat wel verstuurd wordt (2 rijen):")
        assert lines[refused + 1].startswith("  rij 3, kolom Postcode (C3)")
        assert lines[remarked + 1 : remarked + 4] == remarks
        assert all(lines.count(text) == 1 for text in remarks), screen
        assert "Opmerkingen van het platform" not in screen
    assert len(await desk.sender.history()) == 2


async def test_what_only_the_platform_knows_of_a_row_is_told_after(desk: Desk) -> None:
    """A remark that could not be foreseen stands at its row, under a heading of its own."""
    desk.write("1;Noaberhulp;9967")
    item = Item("e1", "initiative-reported.v1", b"", 2)
    remark = problem("merged-municipality", "/data/postcode", value="Loppersum", now="Eemsdelta")
    sheet = read(desk.file.read_bytes(), "leden.csv")
    done = Done([item], {"e1": Answer("new", (remark, problem("sandbox")))}, 1)
    later = [f for n, problems in done.remarks.items() for f in sheet.faults(sheet.rows[n - 2], problems)]
    publish_told.answers(done, [], publish_told.news(later, []), "rij")
    screen = desk.screen.readouterr().out
    assert (
        "Opmerkingen van het platform bij wat aanvaard is (1 rij):\n  rij 2, kolom Postcode (C2): Loppersum hoort nu"
        in screen
    )
    assert screen.count("staat op proef") == 1
