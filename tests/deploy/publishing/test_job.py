"""Events, or data alone, in JSON lines instead of a sheet."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.publishing import job
from shared.events.envelope import dump_event, write_event
from shared.events.partner import InitiativeReported
from tests.room import source_of

from .conftest import Desk

pytestmark = pytest.mark.stack


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


def test_the_same_number_twice_in_json_lines_is_refused_too(tmp_path: Path) -> None:
    """Else each run would say first the one, then the other."""
    lines = b'{"externalId":"1","name":"Aa"}\n{"externalId":" 1","name":"Bb"}\n{"externalId":"2","name":"Cc"}'
    sheet = job.sheet_of_lines(lines, "x", "initiative-reported.v1")
    assert [[f.problem.code for f in r.problems] for r in sheet.rows] == [["same-number"], ["same-number"], []]
