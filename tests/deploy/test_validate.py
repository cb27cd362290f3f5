"""`burenbus validate` says offline what the services themselves answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy import offline
from deploy.cli import build
from deploy.offline import Sender, judge_lines, judge_row
from shared.events.answers import EventRefused
from shared.events.base import PREFIX
from shared.events.envelope import new_id
from shared.events.questionnaire import versions
from shared.sheets import read
from tests.room import NOW, RoomOf, source_of
from tests.shared.sheets.build import csv_of, xlsx_of

OMZIEN = Sender("omzien", frozenset({source_of("omzien")}))
MEMORY = {"unknown-campaign", "unknown-initiative", "unknown-invitation"}
"""What only the platform knows."""
CONSENT = {"purpose": "uitnodiging", "at": "2026-09-01T10:00:00+02:00", "text": "v1"}
GOOD_ANSWERS = {"A1": "Noaber", "A2.postcode": "3705", "A2.gemeente": "Zeist"}


def _event(kind: str, data: Any, **changes: Any) -> dict[str, Any]:
    said = {
        "specversion": "1.0",
        "id": new_id(),
        "source": source_of("omzien"),
        "type": f"{PREFIX}{kind}.v1",
        "time": NOW.isoformat(),
        "data": data,
    }
    return {k: v for k, v in {**said, **changes}.items() if v is not None}


def _reported(**data: Any) -> dict[str, Any]:
    return {"externalId": new_id(), "name": "Noaberhulp", **data}


REGISTRY = [
    _event("initiative-reported", _reported(municipality="Zeist")),
    _event("initiative-reported", _reported(municipality="Loppersum", postcode="9999")),
    _event("initiative-reported", _reported(place="Nergenshuizen", plaats="x")),
    _event("initiative-reported", _reported(contact={"email": "a@b.nl", "fone": "1"})),
    _event("initiative-reported", _reported(contact={"email": "a@b.nl", "consents": [CONSENT]})),
    _event("initiative-reported", _reported(contact={"email": "spambots", "consents": [{"purpose": "x"}]})),
    _event("initiative-reported", {"name": "x", "postcode": "99", "kind": "dorp", "numbers": {"members": "ca. 60"}}),
    _event("initiative-reported", {"naam": "Noaberhulp", "externalId": "1", "contact": {"mail": "a@b.nl"}}),
    _event("initiative-reported", _reported(founded="01-01-2014", phone="06", themes=["zorg", "x"])),
    _event("initiative-reported", _reported(), source="urn:burenbus:partner:zorgnet"),
    _event("initiative-reported", _reported(kind="x"), source="urn:burenbus:partner:zorgnet", time="gisteren"),
    _event("initiative-reported", [], subject=7, sequence="x", time="2030-01-01T00:00:00Z"),
    _event("initiative-reported", _reported(name="a\u202eb", website="javascript:alert(1)")),
    _event("initiative-withdrawn", {"externalId": "1", "reason": "klaar", "since": "x"}),
    _event("initiative-registered", {}),
    _event("initiative-vanished", {}),
    _event("match-answered", {"matchId": "", "answer": "ja"}),
]
SURVEY = [
    _event("survey-response-submitted", {"campaignId": "c", "questionnaire": versions()[-1], "externalId": "1", "answers": answers})
    for answers in (
        GOOD_ANSWERS,
        {},
        {**GOOD_ANSWERS, "A4": "dorp", "Z9": 1, "E1": "ca. 60"},
        {**GOOD_ANSWERS, "A2.gemeente": "Nergenshuizen", "B2": ["ouderen"]},
        {**GOOD_ANSWERS, "C": "zorg", "H.erkenning": "heel groot", "K.loting": "ja"},
        "niets",
    )
] + [
    _event("survey-response-submitted", {"campaignId": "c", "questionnaire": "1", "answers": GOOD_ANSWERS}),
    _event(
        "survey-response-submitted",
        {"campaignId": "c", "questionnaire": versions()[-1], "externalId": "1", "answers": GOOD_ANSWERS,
         "answeredAt": "2027-01-01T00:00:00Z", "extra": 1},
    ),
    _event("signal-reported", {"kind": "knelpunt", "category": "financiering", "region": "PV26", "toon": "boos"}),
    _event("signal-reported", {"kind": "knelpunt", "category": "financiering", "externalId": "1", "initiativeId": "2"}),
    _event("signal-reported", {"kind": "x", "externalId": "1", "initiativeId": "2", "region": "Utrecht"}),
]  # fmt: skip


def _said(answer: Any) -> tuple[str, list[Any]]:
    """Refused with these problems, or accepted with these warnings; what needs memory left out."""
    if isinstance(answer, EventRefused):
        return "refused", [p for p in answer.problems if p.code not in MEMORY]
    return "valid", list(answer.warnings)


def _judged(one: offline.Judged) -> tuple[str, list[Any]]:
    found = one.problems if one.refused else one.warnings
    return ("refused" if one.refused else "valid", [f.problem for f in found])


@pytest.mark.parametrize(("service", "events"), [("registry", REGISTRY), ("survey", SURVEY)])
async def test_the_answers_are_those_of_the_service(room_of: RoomOf, service: str, events: list[Any]) -> None:
    """Every fault and every warning, in the same words and order, for every kind of fault that can be told without memory."""
    room = await room_of(service)
    bodies = [json.dumps(event).encode() for event in events]
    answers = [
        (await room.take_raw("omzien", [body], [event["id"]]))[0] for body, event in zip(bodies, events, strict=True)
    ]
    judged = list(judge_lines(b"\n".join(bodies), OMZIEN, NOW))
    for event, answer, one in zip(events, answers, judged, strict=True):
        if _needs_memory(answer):
            assert not one.refused, event
        else:
            assert _judged(one) == _said(answer), event
        assert one.id == event["id"]


def _needs_memory(answer: Any) -> bool:
    """It waits, or is refused for what the platform knows and for nothing else."""
    return answer is None or (isinstance(answer, EventRefused) and {p.code for p in answer.problems} <= MEMORY)


@pytest.mark.parametrize("make", [csv_of, xlsx_of])
async def test_rows_are_judged_as_their_events_are(room_of: RoomOf, make: Any) -> None:
    """What a row says is sent as it is, faults and all: the registry says the same of it, at the same fields."""
    room = await room_of("registry")
    rows = [
        ["1", "Noaberhulp", "9967", "Loppersum", "a@b.nl", "12"],
        ["2", "x", "99", "Nergens", "geen", "ca. 60"],
        ["3", "Zorgzaam", "0000", "Zeist", "", "1.500"],
        ["", "Zonder nummer", "", "", "", "-"],
    ]
    sheet = read(make(["Nummer", "Naam", "Postcode", "Gemeente", "E-mail", "Leden"], *rows), "a")
    for row in sheet.rows:
        event = _event("initiative-reported", dict(row.data))
        [answer] = await room.take_raw("omzien", [json.dumps(event).encode()], [event["id"]])
        assert _judged(judge_row(sheet, row, NOW)) == _said(answer)


def test_an_id_used_twice_in_a_file_is_told() -> None:
    """The same event twice is one; another body under the same id would be refused."""
    event = _event("initiative-reported", _reported())
    other = {**event, "data": _reported()}
    lines = b"\n".join(json.dumps(e).encode() for e in (event, other, event))
    judged = list(judge_lines(lines, OMZIEN, NOW))
    assert [[f.problem.code for f in one.problems] for one in judged] == [[], ["same-id-other-body"], []]
    assert [one.repeats for one in judged] == [None, None, 1]


def _run(*arguments: str) -> Any:
    return CliRunner().invoke(build(), ["validate", *arguments])


def test_a_warning_of_a_whole_row_names_the_row_alone(tmp_path: Path) -> None:
    """No place in an event, and no mark for a value that is not there; what is of the contact stands at its column."""
    file = tmp_path / "a.csv"
    file.write_bytes(csv_of(["Nummer", "Naam", "Telefoon", "E-mail"], ["1", "Bb"], ["2", "Aa", "", "a@b.nl"]))
    said = _run(str(file)).output
    assert "rij 2: Wij kunnen niet zien in welke gemeente dit is (geen plaats en geen postcode)." in said
    assert "rij 3, kolom E-mail (D3): Er is geen toestemming" in said


def test_refusals_and_remarks_stand_under_headings_in_the_order_of_the_rows(tmp_path: Path) -> None:
    """So that one can walk down the list: within a row from left to right, each fault once."""
    file = tmp_path / "a.csv"
    headings = ["Nummer", "Naam", "Postcode", "E-mail", "Leden"]
    rows = [
        ["1", "Aa", "x", "y", "z"],
        ["2", "Bb", "", "", ""],
        ["3", "Cc", "3705", "a@b.nl", "4"],
        ["4", "Dd", "q", "", ""],
    ]
    file.write_bytes(csv_of(headings, *rows))
    lines = _run(str(file)).output.splitlines()
    refused = lines.index("Wordt geweigerd (2 rijen):")
    told = [text.partition(":")[0].strip() for text in lines[refused + 1 : refused + 5]]
    assert told == [
        "rij 2, kolom Postcode (C2)",
        "rij 2, kolom E-mail (D2)",
        "rij 2, kolom Leden (E2)",
        "rij 5, kolom Postcode (C5)",
    ]
    remarked = lines.index("Opmerkingen bij wat wel aanvaard wordt (2 rijen):")
    assert [text.partition(":")[0].strip() for text in lines[remarked + 1 : remarked + 3]] == [
        "rij 3",
        "rij 4, kolom E-mail (D4)",
    ]


def test_exit_codes_are_for_scripts(tmp_path: Path) -> None:
    """0 all good, 1 something is refused, 2 the command is wrong."""
    good, bad, useless = tmp_path / "g.csv", tmp_path / "b.csv", tmp_path / "u.csv"
    good.write_bytes(csv_of(["Nummer", "Naam"], ["1", "Aa"]))
    bad.write_bytes(csv_of(["Nummer", "Naam", "Postcode"], ["1", "Aa", "x"], ["2", "Bb", "y"], ["3", "Cc", "3705"]))
    useless.write_bytes(b"a;b\n1;2\n")
    assert _run(str(good)).exit_code == 0
    done = _run(str(bad))
    assert done.exit_code == 1
    assert "rij 2, kolom Postcode (C2): Dit is geen postcode." in done.output
    assert "2× Postcode: Dit is geen postcode." in done.output
    assert "b.csv: 1 rij goed. 2 rijen geweigerd." in done.output
    assert _run(str(useless)).exception is not None
    assert _run(str(tmp_path / "none.csv")).exit_code == 2


def test_json_has_every_fault_with_its_cell(tmp_path: Path) -> None:
    """For a program that checks a list before it sends it."""
    file = tmp_path / "b.xlsx"
    file.write_bytes(xlsx_of(["Nummer", "Naam", "Kleur"], [1, "x", "rood"]))
    done = _run(str(file), "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert (said["valid"], said["type"]) == (False, "initiative-reported.v1")
    [event] = said["events"]
    assert (event["row"], event["status"], event["problems"][0]["cell"]) == (2, "refused", "B2")
    assert [n["code"] for n in said["notes"]] == ["unknown-column"]


def test_bare_data_is_judged_with_the_type_that_is_said(tmp_path: Path) -> None:
    """A JSON list will do as well as JSON Lines."""
    file = tmp_path / "b.json"
    file.write_text('[{"externalId":"1","name":"Aa"},{"name":"Bb"}]')
    done = _run(str(file), "--type", "initiative-reported.v1", "--json")
    assert [e["status"] for e in json.loads(done.stdout)["events"]] == ["valid", "refused"]
