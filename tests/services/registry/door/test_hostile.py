"""What somebody who means harm sends over HTTP: a refusal of that request alone, with the reason."""

import json

import pytest

from shared.events.partner import InitiativeReported

from .house import House

JSON, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


@pytest.mark.parametrize("value", ["1e400", "NaN", "-Infinity", '"\\ud800"', "9" * 5000, "[" * 5000 + "]" * 5000])
async def test_what_json_does_not_have_is_refused(door: House, value: str) -> None:
    """In an event or in a batch, sent in earnest or to be checked: 400, and the door stays open."""
    partner = await door.sender()
    body = json.dumps(partner.event())[:-1] + f', "anders": {value}' + "}"
    for path in ("/events", "/events/validate"):
        for kind, content in ((JSON, body), (BATCH, f"[{body}]")):
            answer = await partner.http.post(path, content=content.encode(), headers={"content-type": kind})
            assert answer.status_code == 400, (path, kind, answer.text)
            assert {p["code"] for p in answer.json()["problems"]} <= {"not-json", "too-deep"}
    assert (await partner.post(partner.event())).status_code == 202


async def test_numbers_without_end_are_refused_at_their_field(door: House) -> None:
    """A thousand digits fit in no column: the field is named, and the answer is short."""
    partner = await door.sender()
    event = partner.event(sequence=10**400)
    event["data"] |= {"founded": 10**400, "numbers": {"members": 10**400, "paidFte": 1e308}}
    answer = await partner.post(event)
    assert answer.status_code == 400
    assert {p["pointer"] for p in answer.json()["problems"]} == {
        "/sequence", "/data/founded", "/data/numbers/members", "/data/numbers/paidFte",
    }  # fmt: skip
    assert len(answer.content) < 10_000


@pytest.mark.parametrize("own", ["../../etc/passwd", "%2e%2e", "?x=1&y", "#", "a/b", "..", "%00", "\\..\\"])
async def test_a_number_that_looks_like_an_address_is_a_number(door: House, own: str) -> None:
    """It is found by itself in the history and among the claims, and is no way to anywhere."""
    partner = await door.sender()
    answer = await partner.post(partner.event(InitiativeReported(external_id=own, name="Buurtnet"), id=f"id {own}"))
    [line] = answer.json()["events"]
    [became] = await partner.became(f"id {own}")
    assert became["subject"] == own
    assert (await partner.http.get(line["history"])).json()["events"] == [became]
    assert await partner.history(subject=own) == [became]
    assert [c["externalId"] for c in (await partner.http.get("/partner/claims")).json()["claims"]] == [own]
