"""What sending a list would change, and events that are never said twice."""

from datetime import UTC, datetime

from shared.events.partner import InitiativeReported
from shared.sheets import Said, Sheet, envelopes, plan, read, sha256_of, withdrawals

from .build import csv_of

WHEN = datetime(2026, 9, 20, 10, tzinfo=UTC)


def _sheet(*rows: list[str]) -> Sheet:
    return read(csv_of(["Nummer", "Naam"], *rows), "a.csv")


def _said(*names: str) -> dict[str, Said]:
    return {
        str(n): Said(sha256_of(InitiativeReported(external_id=str(n), name=name))) for n, name in enumerate(names, 1)
    }


def test_rows_are_sorted_by_what_sending_them_would_do() -> None:
    """New, changed, the same, refused; and what is no longer there."""
    found = plan(_sheet(["1", "Aa"], ["2", "Bx"], ["5", "Ee"], ["4", "x"], ["1", "Aa"]), _said("Aa", "Bb", "Cc", "Dd"))
    assert {
        part: [r.key for r in getattr(found, part)] for part in ("new", "changed", "same", "refused", "repeated")
    } == {
        "new": ["5"],
        "changed": ["2"],
        "same": ["1"],
        "refused": ["4"],
        "repeated": ["1"],
    }
    assert found.vanished == ("3",)
    assert [r.key for r in found.to_send] == ["2", "5"]


def test_the_same_list_again_changes_nothing() -> None:
    """Whatever became of the layout of the file."""
    found = plan(read("﻿naam\tid\nAa\t1\n".encode(), "b.txt"), _said("Aa"))
    assert (len(found.same), found.to_send, found.vanished) == (1, (), ())


def test_what_was_withdrawn_is_news_when_it_stands_there_again() -> None:
    """And it has not vanished twice when it does not."""
    said = {"1": Said(_said("Aa")["1"].sha256, withdrawn=True), "2": Said("00", withdrawn=True)}
    found = plan(_sheet(["1", "Aa"]), said)
    assert [r.key for r in found.changed] == ["1"]
    assert found.vanished == ()


def test_one_run_makes_the_same_events_and_another_run_others() -> None:
    """A retry is the same event, byte for byte; a value that was changed and changed back is said anew. What else is sent in
    a run makes no difference: after an interruption less is left to send."""
    a, b = InitiativeReported(external_id="1", name="Aa"), InitiativeReported(external_id="2", name="Bb")
    first = envelopes([a, b], source="urn:burenbus:partner:x", run="r1", time=WHEN)
    assert envelopes([b], source="urn:burenbus:partner:x", run="r1", time=WHEN) == first[1:]
    second = envelopes([a, b], source="urn:burenbus:partner:x", run="r2", time=WHEN)
    assert not {e["id"] for e in first} & {e["id"] for e in second}
    twice = envelopes([a, a], source="urn:burenbus:partner:x", run="r1", time=WHEN)
    assert twice[0]["id"] != twice[1]["id"]


def test_what_vanished_is_withdrawn_for_a_reason() -> None:
    """Only when somebody asks: `plan` sends nothing of it by itself."""
    [event] = withdrawals(["3"], "verlaat-netwerk")
    assert (event.external_id, event.reason) == ("3", "verlaat-netwerk")
