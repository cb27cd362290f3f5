"""A partner publishes its list: only what changed goes out, every answer comes back, nothing is said twice."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.cli import publish_told
from deploy.cli.publish_work import Way
from deploy.errors import DeployError
from deploy.publishing import job, record
from deploy.publishing.door import Door
from deploy.publishing.job import Answer, Item
from deploy.publishing.wire import Wire, partner_in
from deploy.publishing.work import Done
from shared.events.envelope import dump_event, write_event
from shared.events.partner import InitiativeReported
from shared.events.problems import problem
from shared.sheets import read
from tests.room import source_of
from tests.waiting import until

from .conftest import Desk

pytestmark = pytest.mark.stack


async def test_a_list_is_published_and_the_same_list_changes_nothing(desk: Desk) -> None:
    """What is new is sent and answered; again, nothing is sent; of a changed list only what changed."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    done, screen = await desk.publish()
    assert done, screen
    assert "2 verstuurd; antwoorden: 2 nieuw." in screen
    done, screen = await desk.publish()
    assert done
    assert "2 hetzelfde." in screen
    assert "Niets is veranderd: er is niets te versturen." in screen
    assert await desk.sent() == 2
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum en omstreken;9971")
    done, screen = await desk.publish()
    assert "1 gewijzigd, 1 hetzelfde" in screen
    assert "1 verstuurd; antwoorden: 1 gewijzigd." in screen


async def test_a_value_that_is_changed_and_changed_back_is_said_each_time(desk: Desk) -> None:
    """The third saying is another event than the first, though it says the same."""
    for name in ("Aa", "Bb", "Aa"):
        desk.write(f"1;{name};9967")
        done, screen = await desk.publish()
        assert done, screen
    assert [line["outcome"] for line in await desk.sender.history()] == ["changed", "changed", "new"]


async def test_without_the_record_the_platform_is_asked_what_it_holds(desk: Desk) -> None:
    """Another computer, or a file that was copied: nothing is said twice."""
    desk.write("1;Noaberhulp;9967")
    await desk.publish()
    record.beside(desk.file).unlink()
    done, screen = await desk.publish()
    assert done
    assert "Niets is veranderd" in screen


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


async def test_what_vanished_is_named_and_withdrawn_only_when_asked(desk: Desk) -> None:
    """With the reason that was given; a row without a readable number may be what seems to be gone."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    await desk.publish()
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish()
    assert "Niet meer in het bestand: 1 (2)." in screen
    assert (await desk.way.door.claims())["2"].withdrawn is False  # type: ignore[union-attr]
    desk.write("1;Noaberhulp;9967", ";Zorgzaam Ulrum;9971")
    done, screen = await desk.publish(reason="verlaat-netwerk")
    assert not done
    assert "nu wordt niets afgemeld" in screen
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish(reason="verlaat-netwerk")
    assert done, screen
    assert (await desk.way.door.claims())["2"].withdrawn is True  # type: ignore[union-attr]
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    done, screen = await desk.publish()
    assert "1 gewijzigd" in screen
    assert (await desk.way.door.claims())["2"].withdrawn is False  # type: ignore[union-attr]


class Interrupted(Exception):
    pass


class Failing(Door):
    """A door that loses its connection after so many batches, once the platform has the last of them."""

    after = 1

    async def send(self, items: Sequence[Item]) -> dict[str, Answer]:
        answers = await super().send(items)
        self.after -= 1
        if self.after <= 0:
            raise Interrupted
        return answers


async def test_after_an_interruption_the_same_command_goes_on(desk: Desk) -> None:
    """What was sent is not sent again, whether it was answered or not; in the end each was said once."""
    desk.write(*(f"{n};Initiatief {n};9967" for n in range(150)))
    with pytest.raises(Interrupted):
        await desk.publish(Way(Failing(desk.sender.http), None, source_of(desk.sender.name)))
    done, screen = await desk.publish()
    assert done, screen
    assert "150 hetzelfde" in (await desk.publish())[1]
    outcomes = [line["outcome"] for line in await desk.sender.history(limit=500)]
    assert outcomes.count("new") == 150
    assert set(outcomes) <= {"new", "duplicate"}


async def test_a_run_that_was_interrupted_makes_the_very_same_events(desk: Desk) -> None:
    """Even when the answers had not come: the same ids and bodies, which the platform knows to be the same."""
    desk.write("1;Noaberhulp;9967")
    sheet = read(desk.file.read_bytes(), "x")
    begun = record.begin(record.Record(), datetime(2026, 9, 1, tzinfo=UTC), b"a")
    again = record.begin(begun, datetime(2026, 9, 1, 5, tzinfo=UTC), b"a")
    other = record.begin(begun, datetime(2026, 9, 2, tzinfo=UTC), b"b")
    made = [job.items(list(sheet.good), source="s", run=r.run, time=r.at) for r in (begun, again, other)]
    assert made[0] == made[1] != made[2]


async def test_events_in_json_lines_are_published_as_they_stand(desk: Desk) -> None:
    """With their own ids: once more, they are the same events, and the platform says so."""
    events = [
        write_event(
            InitiativeReported(external_id=str(n), name="Aa"),
            source=source_of(desk.sender.name),
            time=datetime.now(UTC),
        )
        for n in range(3)
    ]
    desk.file = desk.file.with_suffix(".jsonl")
    desk.file.write_bytes(b"\n".join([*(dump_event(e) for e in events), b'{"id": 1', dump_event(events[0])]))
    done, screen = await desk.publish()
    assert not done
    assert "3 te versturen, 1 met fouten, 1 dubbel" in screen
    assert "regel 4: De inhoud is geen geldige JSON" in screen
    assert "antwoorden: 3 nieuw" in screen
    assert desk.file.with_name("leden.geweigerd.jsonl").read_bytes() == b'{"id": 1\n'


async def test_bare_data_in_json_lines_is_compared_like_a_list(desk: Desk) -> None:
    """A program that writes only the data needs no ids."""
    desk.file = desk.file.with_suffix(".jsonl")
    desk.file.write_text('{"externalId":"1","name":"Aa"}\n{"externalId":"2"}\n[]\n')
    done, screen = await desk.publish(type="initiative-reported.v1")
    assert not done
    assert "1 nieuw, 2 met fouten" in screen
    assert "Niets is veranderd" not in screen
    done, screen = await desk.publish(type="initiative-reported.v1")
    assert "1 hetzelfde, 2 met fouten" in screen


async def test_nothing_is_sent_in_a_dry_run(desk: Desk) -> None:
    """It shows what would happen, and leaves no trace."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;99")
    done, screen = await desk.publish(dry_run=True)
    assert not done
    assert "1 nieuw, 1 met fouten" in screen
    assert await desk.sent() == 0
    assert [p.name for p in desk.file.parent.iterdir()] == ["leden.csv"]


async def test_a_dry_run_says_what_would_be_withdrawn(desk: Desk) -> None:
    """With the reason, and by its number; nothing is."""
    desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
    await desk.publish()
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish(dry_run=True, reason="gestopt")
    assert done
    assert "niets verstuurd, en 1 afgemeld met reden gestopt (2)" in screen
    assert (await desk.way.door.claims())["2"].withdrawn is False  # type: ignore[union-attr]


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


async def test_another_partners_source_is_refused_at_once(desk: Desk) -> None:
    """In the platform's words."""
    desk.write("1;Noaberhulp;9967")
    done, screen = await desk.publish(Way(Door(desk.sender.http), None, "urn:burenbus:partner:somebody"))
    assert not done
    assert "is niet van u" in screen


async def test_over_amqp_the_answers_are_left_to_the_partners_own_program(desk: Desk) -> None:
    """They stand in the feedback queue, all of them; with the token too they are read from the history."""
    desk.write("1;Noaberhulp;9967")
    url = desk.house.vhost.url(f"{desk.sender.name}.1")
    async with Wire(url) as wire:
        assert wire.partner == desk.sender.name
        done, screen = await desk.publish(Way(None, wire, source_of(desk.sender.name)))
        assert done, screen
        assert "Naar de antwoorden is niet gekeken" in screen
        done, screen = await desk.publish(Way(None, wire, source_of(desk.sender.name)))
        assert "Niets is veranderd" in screen

        async def answered() -> bool:
            return [line["outcome"] for line in await desk.sender.history()] == ["new"]

        await until(answered, "the first answer")
        desk.write("1;Noaberhulp;9967", "2;Zorgzaam Ulrum;9971")
        done, screen = await desk.publish(Way(Door(desk.sender.http), wire, source_of(desk.sender.name)))
        assert done, screen
        assert "antwoorden: 1 nieuw" in screen
    outcomes: list[str] = []

    async def both_lie_there() -> bool:
        told = await desk.house.feedback(desk.sender, 0)
        outcomes.extend(m["data"]["outcome"] for m in told if "outcome" in m["data"])
        return len(outcomes) == 2

    await until(both_lie_there, "both answers")
    assert outcomes == ["new", "new"]


async def test_a_platform_that_is_away_is_told_in_a_sentence(desk: Desk, tmp_path: Path) -> None:
    """After some tries; what was to be sent is remembered."""

    async def at_once(_: float) -> None: ...

    desk.write("1;Noaberhulp;9967")
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False) as nobody:
        with pytest.raises(DeployError, match="is niet te bereiken"):
            await desk.publish(Way(Door(nobody, at_once), None, "urn:burenbus:partner:x"))


def test_the_record_holds_no_content_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Hashes and ids; the mode keeps others out."""
    file = tmp_path / "leden.csv"
    run = record.begin(record.Record(), datetime(2026, 9, 1, tzinfo=UTC), b"secret content")
    record.save(file, record.finish(run, "x", {"1": "ab"}))
    assert record.beside(file).stat().st_mode & 0o777 == 0o600
    assert b"secret" not in record.beside(file).read_bytes()
    assert record.load(file).said == {"x": {"1": "ab"}}
    record.beside(file).write_text(json.dumps({"format": 9}))
    with pytest.raises(DeployError, match=r"leden\.csv\.burenbus\.json is niet te lezen"):
        record.load(file)


@pytest.mark.parametrize(("url", "name"), [("amqps://omzien.2:x@h/v", "omzien"), ("amqp://a-b.1@h", "a-b")])
def test_the_partner_stands_in_the_amqp_address(url: str, name: str) -> None:
    """Its user is called after it."""
    assert partner_in(url) == name


def _signals(*texts: str) -> Any:
    rows = "\n".join(f"knelpunt;financiering;{t}" for t in texts)
    return read(f"signaal;onderwerp;toelichting\n{rows}\n".encode(), "a.csv")


def test_a_signal_that_was_sent_from_this_file_is_not_sent_again() -> None:
    """The platform keeps no word of signals by number, so the record beside the file does; the same text twice is two."""
    first = _signals("a", "a", "b")
    made = job.items(job.compare(first, {}, {}).new, source="s", run="r", time=datetime(2026, 9, 1, tzinfo=UTC))
    assert len({i.id for i in made}) == 3
    said = {i.about: i.sha256 for i in made}
    found = job.compare(_signals("a", "b", "a", "a"), {}, said)
    assert [r.data["text"] for r in found.new] == ["a"]
    assert len(found.same) == 3


def test_the_same_number_twice_in_json_lines_is_refused_too(tmp_path: Path) -> None:
    """Else each run would say first the one, then the other."""
    lines = b'{"externalId":"1","name":"Aa"}\n{"externalId":" 1","name":"Bb"}\n{"externalId":"2","name":"Cc"}'
    sheet = job.sheet_of_lines(lines, "x", "initiative-reported.v1")
    assert [[f.problem.code for f in r.problems] for r in sheet.rows] == [["same-number"], ["same-number"], []]


def test_an_interruption_of_long_ago_is_not_gone_on_with() -> None:
    """Its events would be older than what was said since."""
    begun = record.begin(record.Record(), datetime(2026, 9, 1, tzinfo=UTC), b"a")
    assert record.begin(begun, datetime(2026, 9, 1, 23, tzinfo=UTC), b"a") == begun
    assert record.begin(begun, datetime(2026, 9, 3, tzinfo=UTC), b"a").run != begun.run


async def test_an_answer_that_says_that_the_event_came_in_earlier_is_found() -> None:
    """An event is worked while the door still writes down that it came, so its answer may bear the earlier moment."""
    came, written_down = "2026-09-20T10:00:00Z", "2026-09-20T10:00:30Z"
    told = [{"id": "e1", "outcome": "underway", "receivedAt": written_down}]

    def history(request: httpx.Request) -> httpx.Response:
        since = datetime.fromisoformat(request.url.params["since"])
        lines = [line for line in told if datetime.fromisoformat(line["receivedAt"]) >= since]
        told[:] = [{"id": "e1", "outcome": "new", "receivedAt": came}]
        return httpx.Response(200, json={"events": lines})

    async def at_once(_: float) -> None: ...

    async with httpx.AsyncClient(base_url="https://h", transport=httpx.MockTransport(history)) as http:
        answers = Door(http, at_once).answers(["e1"], datetime(2026, 9, 20, 9, 50, tzinfo=UTC), patience_s=10)
        assert [found async for found in answers] == [{"e1": Answer("new")}]
