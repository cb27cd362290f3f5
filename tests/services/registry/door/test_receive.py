"""Events over HTTP: taken in once the broker has confirmed, answered as any other way."""

import json

import pytest

from deploy.local.process import free_ports
from services.registry.gateway import Publisher
from services.survey.app import build as build_survey
from services.survey.settings import Settings as SurveySettings
from shared.bus import topology
from shared.events.partner import SignalReported
from shared.events.schema import EXAMPLES
from tests.conftest import MakeDatabase
from tests.room import SECRET
from tests.shared.bus.broker import Cable

from .conftest import Open
from .house import House, serving


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


async def test_binary_form_is_the_same_event(door: House) -> None:
    """Attributes in `ce-` headers, percent-encoded where they are not ASCII; the data as the body."""
    partner = await door.sender()
    event = partner.event(subject="Zuid é")
    headers = {f"ce-{k}": v for k, v in event.items() if k not in ("data", "datacontenttype", "subject")}
    answer = await partner.post(event["data"], "application/json", **headers, ce_subject='"Zuid%20%C3%A9"')
    assert answer.status_code == 202, answer.text
    [became] = await partner.became(event["id"])
    assert became["outcome"] == "new"
    assert (await partner.post(event)).status_code == 202
    assert {one["outcome"] for one in await partner.became(event["id"], 2)} == {"new", "duplicate"}


async def test_all_faults_of_an_event_at_once_and_nothing_is_published(door: House) -> None:
    """400 with every fault at its pointer; the same answer as over AMQP stands in the history, and the id stays free."""
    partner = await door.sender()
    event = partner.event()
    event["data"] |= {"kind": "soepclub", "website": "geen adres", "contact": {"email": "jan@", "consents": []}}
    event["time"] = "gisteren"
    answer = await partner.post(event)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert {(p["pointer"], p["code"]) for p in found["problems"]} >= {
        ("/time", "time"), ("/data/kind", "not-in-list"), ("/data/website", "website"), ("/data/contact/email", "email"),
    }  # fmt: skip
    assert "jan@" not in answer.text
    [became] = await partner.became(event["id"])
    assert (became["outcome"], became["problems"]) == ("refused", found["problems"])
    assert not await door.lying(f"registry.from.{partner.name}")
    assert (await partner.post(partner.event(id=event["id"]))).status_code == 202
    assert {one["outcome"] for one in await partner.became(event["id"], 2)} == {"refused", "new"}


async def test_the_answer_to_a_fault_is_that_of_amqp(door: House) -> None:
    """What a partner sends over its own connection gets the very same problems, and both reach its feedback queue."""
    partner = await door.sender()
    events = [partner.event(id=f"e{n}") for n in range(2)]
    for event in events:
        event["data"]["kind"] = "soepclub"
    over_http = (await partner.post(events[0])).json()["problems"]
    await door.amqp(partner, events[1])
    [over_amqp] = await partner.became("e1")
    assert over_amqp["problems"] == over_http
    await partner.became("e0")
    told = await door.feedback(partner, 2)
    assert [t["data"]["problems"] for t in told] == [over_http, over_http]
    assert {t["data"]["event"]["id"] for t in told} == {"e0", "e1"}


async def test_of_a_batch_each_event_stands_and_falls_alone(door: House) -> None:
    """202 says of each what it came to; several types go to several takers."""
    partner = await door.sender()
    good, signal = partner.event(), partner.event(SignalReported(kind="succes", category="anders"))
    faulty = partner.event(id="")
    foreign = partner.event(source="urn:burenbus:partner:ander")
    answer = await partner.batch(good, faulty, signal, foreign, "geen gebeurtenis")
    assert answer.status_code == 202, answer.text
    lines = answer.json()["events"]
    assert [one["status"] for one in lines] == ["received", "refused", "received", "refused", "refused"]
    assert [[p["code"] for p in one.get("problems", ())] for one in lines] == [
        [], ["missing"], [], ["another-identity"], ["not-cloudevent"],
    ]  # fmt: skip
    await partner.became(good["id"])
    assert len(await door.lying(f"survey.from.{partner.name}")) == 1


async def test_a_batch_in_which_nothing_is_good_is_refused_with_every_place(door: House) -> None:
    """Pointers of a refused batch begin with the place in the list."""
    partner = await door.sender()
    answer = await partner.batch(partner.event(time="gisteren"), partner.event(time="morgen"))
    assert answer.status_code == 400
    assert [p["pointer"] for p in answer.json()["problems"]] == ["/0/time", "/1/time"]
    for size in (0, 101):
        answer = await partner.batch(*[{}] * size)
        assert (answer.status_code, [p["code"] for p in answer.json()["problems"]]) == (400, ["batch-size"])


async def test_who_speaks_is_told_by_the_token(door: House) -> None:
    """401 without a token that is valid; 403 for a source of another, and for who stands still: he may still ask."""
    partner, other = await door.sender(), await door.sender()
    event = partner.event()
    for token in ("", "Bearer", "Bearer nonsense", "Basic eDp5", "Bearer \xff"):
        answer = await partner.post(event, authorization=token.encode("latin-1"))
        assert answer.status_code == 401, token
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["problems"][0]["code"] == "token"
    answer = await other.post(event)
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (403, "another-identity")
    assert [one["id"] for one in await other.became(event["id"])] == [event["id"]]
    assert not await partner.history(), "what another says in our name is not our history"
    await door.set_status(partner, "suspended")
    answer = await partner.post(event)
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (403, "suspended")
    assert await partner.history() == []


async def test_the_trace_goes_on(door: House) -> None:
    """The request's traceparent goes on in events that have none; an event's own goes first."""
    partner = await door.sender()
    asked, own = f"00-{'a' * 32}-{'b' * 16}-01", f"00-{'c' * 32}-{'d' * 16}-01"
    signal = SignalReported(kind="succes", category="anders")
    for event in (partner.event(signal), partner.event(signal, traceparent=own)):
        assert (await partner.post(event, traceparent=asked)).status_code == 202
    messages = await door.lying(f"survey.from.{partner.name}")
    assert [json.loads(m.body)[0]["traceparent"] for m in messages] == [asked, own]


@pytest.mark.parametrize(
    ("kind", "headers", "code"),
    [
        ("text/csv", {}, "content-type"),
        ("application/xml", {"ce-id": "1"}, "content-type"),
        ("application/cloudevents+json; charset=latin-1", {}, "content-type"),
        ("application/cloudevents+json", {"content-encoding": "gzip"}, "content-encoding"),
    ],
)
async def test_other_forms_are_refused(door: House, kind: str, headers: dict[str, str], code: str) -> None:
    """415: nothing is guessed, and nothing unpacked."""
    partner = await door.sender()
    answer = await partner.post(partner.event(), kind, **headers)
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (415, code)


async def test_strange_headers_do_no_harm(door: House) -> None:
    """Control characters, an attribute that is there twice, bytes that are no text: a refusal of this request alone."""
    partner = await door.sender()
    event = partner.event()
    binary = {f"ce-{k}": v for k, v in event.items() if k not in ("data", "datacontenttype", "subject", "id")}
    for value in (b"a%0d%0aX-Evil:%201", b"\xff\xfe", b"a\tb", b"%00", b"x" * 300, b""):
        answer = await partner.post(event["data"], "application/json", **binary, **{"ce-id": value})
        assert answer.status_code in (202, 400), (value, answer.text)
        assert "x-evil" not in answer.headers
    twice = [*binary.items(), ("ce-id", "1"), ("ce-id", "2"), ("content-type", "application/json")]
    answer = await partner.http.post("/events", content=b"{}", headers=twice)
    assert [(p["pointer"], p["code"]) for p in answer.json()["problems"]] == [("/id", "repeated")]
    strange = {"\x00web\u202esite": 1, "a/b~c": 2}
    event["data"] |= strange
    assert (await partner.post(event)).status_code == 202
    [became] = await partner.became(event["id"])
    assert len(became["warnings"]) >= 2


async def test_a_full_queue(door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with when to come back, for the partner whose queue it is; nothing was answered, so all can be sent again."""
    monkeypatch.setattr(topology, "INTAKE_LENGTH", 1)
    partner = await door.sender()
    signal = SignalReported(kind="succes", category="anders")
    answers = [await partner.post(partner.event(signal)) for _ in range(40)]
    full = [a for a in answers if a.status_code != 202]
    assert full
    assert {(a.status_code, a.json()["problems"][0]["code"]) for a in full} == {(503, "queue-full")}
    assert int(full[0].headers["retry-after"]) > 0


async def test_a_broker_that_is_away(open_door: Open) -> None:
    """503 at once, and the door opens again by itself."""
    door = await open_door()
    partner = await door.sender()
    async with Cable(door.vhost.url("registry")) as cable:
        door.registry.web.state.publisher = publisher = Publisher(cable.url)
        cable.cut()
        answer = await partner.post(partner.event(time="gisteren"))
        assert answer.status_code == 400, "what is refused needs no broker"
        event = partner.event()
        answer = await partner.batch(event, partner.event(id="late", time="gisteren"))
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (503, "platform-away")
        assert int(answer.headers["retry-after"]) > 0
        assert not await partner.history(id="late"), "nothing of it was answered"
        await cable.mend()
        assert (await partner.post(event)).status_code == 202
        await publisher.close()


async def test_validate_says_it_and_keeps_nothing(door: House) -> None:
    """The answers that the platform would give without its memory: faults, warnings, and whose source it is."""
    partner = await door.sender()
    good, faulty = partner.event(id="v1"), partner.event(id="v2", source="urn:burenbus:partner:ander")
    good["data"]["webside"] = "x"
    faulty["data"] |= {"kind": "soepclub", "emial": "x"}
    answer = await partner.http.post(
        "/events/validate", json=[good, faulty], headers={"content-type": "application/cloudevents-batch+json"}
    )
    assert answer.status_code == 200
    said = answer.json()
    assert said["valid"] is False
    assert [one["status"] for one in said["events"]] == ["valid", "refused"]
    found = [(w["pointer"], w["code"]) for w in said["events"][0]["warnings"]]
    assert found == [("/data/webside", "unknown-field"), ("/data", "no-region")]
    faults = {(p["pointer"], p["code"]) for p in said["events"][1]["problems"]}
    assert faults == {
        ("/data/kind", "not-in-list"),
        ("/data/emial", "unknown-field"),
        ("/source", "another-identity"),
    }  # a misspelled field is told beside other faults too: all at once
    assert await partner.history() == []
    for body, status, code in ((b"{", 400, "not-json"), (b"[]", 400, "not-cloudevent"), (b"[" * 5000, 400, "too-deep")):
        answer = await partner.http.post(
            "/events/validate", content=body, headers={"content-type": "application/cloudevents+json"}
        )
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (status, code)


async def test_validate_judges_answers_as_survey_does(door: House) -> None:
    """The same function as at the taker: a municipality that does not exist, a permission that contradicts itself."""
    partner = await door.sender()
    example = json.loads((EXAMPLES / "survey-response-submitted.v1.json").read_text("utf-8"))
    event = partner.event() | {"type": example["type"], "data": example["data"]}
    event["data"]["answers"] |= {"A2.gemeente": "Nergenshuizen"}
    answer = await partner.http.post(
        "/events/validate", json=event, headers={"content-type": "application/cloudevents+json"}
    )
    [said] = answer.json()["events"]
    assert [(p["pointer"], p["code"]) for p in said["problems"]] == [("/data/answers/A2.gemeente", "municipality")]


async def test_an_event_for_another_service_is_answered_by_it(door: House, database: MakeDatabase) -> None:
    """Over the broker to survey, and its answer back to the history: what only survey knows comes later, in words."""
    partner = await door.sender()
    url, [number] = await database("survey"), free_ports(1)
    knobs = {"http_port": number, "public_url": f"http://127.0.0.1:{number}", "link_secret": SECRET, "waiting_s": 0.1}
    survey = build_survey(SurveySettings(**knobs, amqp_url=door.vhost.url("survey"), database_url=url))  # type: ignore[arg-type]
    async with serving(survey, number):
        signal = partner.event(SignalReported(kind="succes", category="anders", text="Het lukte."), id="s1")
        example = json.loads((EXAMPLES / "survey-response-submitted.v1.json").read_text("utf-8"))
        response = partner.event(id="r1") | {"type": example["type"], "data": example["data"]}
        answer = await partner.batch(signal, response)
        assert [one["status"] for one in answer.json()["events"]] == ["received", "received"], answer.text
        [became] = await partner.became("s1")
        assert (became["outcome"], became["type"]) == ("recorded", signal["type"])
        [became] = await partner.became("r1")
        assert (became["outcome"], [p["code"] for p in became["problems"]]) == ("refused", ["unknown-campaign"])
        assert await partner.history(outcome="underway") == []
