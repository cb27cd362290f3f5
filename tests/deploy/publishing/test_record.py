"""What is remembered of a list between two runs, and what of the answers to it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.errors import DeployError
from deploy.publishing import job, record
from deploy.publishing.door import Door
from deploy.publishing.job import Answer
from shared.sheets import read

pytestmark = pytest.mark.stack


def _signals(*texts: str) -> Any:
    rows = "\n".join(f"knelpunt;financiering;{t}" for t in texts)
    return read(f"signaal;onderwerp;toelichting\n{rows}\n".encode(), "a.csv")


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


def test_a_signal_that_was_sent_from_this_file_is_not_sent_again() -> None:
    """The platform keeps no word of signals by number, so the record beside the file does; the same text twice is two."""
    first = _signals("a", "a", "b")
    made = job.items(job.compare(first, {}, {}).new, source="s", run="r", time=datetime(2026, 9, 1, tzinfo=UTC))
    assert len({i.id for i in made}) == 3
    said = {i.about: i.sha256 for i in made}
    found = job.compare(_signals("a", "b", "a", "a"), {}, said)
    assert [r.data["text"] for r in found.new] == ["a"]
    assert len(found.same) == 3


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
