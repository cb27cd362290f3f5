"""Events over HTTP: taken in once the broker has confirmed, answered as any other way."""

from shared.events.partner import SignalReported

from .house import House


async def test_an_event_is_published_and_answered_in_the_history(door: House) -> None:
    """202 comes when the broker has it; what became of it is found where the answer says."""
    partner = await door.sender()
    event = partner.event()
    answer = await partner.post(event)
    assert answer.status_code == 202, answer.text
    [line] = answer.json()["events"]
    assert {k: line[k] for k in ("index", "id", "status", "type")} == {
        "index": 0, "id": event["id"], "status": "received", "type": event["type"],
    }  # fmt: skip
    [became] = await partner.became(event["id"])
    assert became["outcome"] == "new"
    assert became["subject"] == "U-1"
    assert (await partner.http.get(line["history"])).json()["events"] == [became]


async def test_the_same_request_twice_is_one_event(door: House) -> None:
    """A client that did not hear the answer sends again: the bus finds the duplicate."""
    partner = await door.sender()
    event = partner.event()
    for _ in range(2):
        assert (await partner.post(event)).status_code == 202
    assert {one["outcome"] for one in await partner.became(event["id"], 2)} == {"new", "duplicate"}


async def test_what_is_not_answered_yet_is_underway(door: House) -> None:
    """What lies in the queue of a service that is down is in the history all the same."""
    partner = await door.sender()
    event = partner.event(SignalReported(kind="succes", category="anders", text="Het lukte."))
    assert (await partner.post(event)).status_code == 202
    [line] = await partner.history()
    assert (line["id"], line["outcome"]) == (event["id"], "underway")
    assert [one["id"] for one in await partner.history(outcome="underway")] == [event["id"]]
