"""What a partner can ask: what became of its events, by whatever way they came, and what the platform holds as its word."""

from datetime import timedelta

from shared.clock import system_clock
from shared.events.content import content_hash, split_contact
from shared.events.partner import InitiativeReported, InitiativeWithdrawn
from tests.room import source_of

from .house import House


def _report(number: int, **said: object) -> InitiativeReported:
    return InitiativeReported.model_validate({"externalId": f"H-{number}", "name": f"Buurtnet {number}", **said})


async def test_a_partner_sees_its_own_history_alone_whatever_way_it_came(door: House) -> None:
    """AMQP or HTTP, all faults and warnings in full; another partner sees nothing of it."""
    partner, other = await door.sender(), await door.sender()
    by_http, by_amqp = partner.event(_report(1), id="h1"), partner.event(_report(2), id="h2")
    by_amqp["data"]["webside"] = "x"
    await partner.post(by_http)
    await door.amqp(partner, by_amqp)
    [became] = await partner.became("h2")
    assert [w["pointer"] for w in became["warnings"]].count("/data/webside") == 1
    assert became["warnings"][0].keys() >= {"code", "nl", "en", "documentation"}
    await partner.became("h1")
    assert {one["id"] for one in await partner.history()} == {"h1", "h2"}
    assert await other.history() == []
    assert (await other.http.get("/partner/history/h1")).status_code == 404


async def test_pages_follow_each_other_without_gap_or_repeat(door: House) -> None:
    """`next` leads on, with the same filters, until all has been seen; newest first."""
    partner = await door.sender()
    await partner.batch(*[partner.event(_report(n), id=f"p{n}") for n in range(7)])
    await partner.became("p6")
    seen, path = list[str](), "/partner/history?limit=3&outcome=new"
    pages = 0
    while path:
        answer = (await partner.http.get(path)).json()
        seen += [one["id"] for one in answer["events"]]
        path, pages = answer.get("next", ""), pages + 1
    assert (sorted(seen), pages) == ([f"p{n}" for n in range(7)], 3)


async def test_every_filter_filters(door: House) -> None:
    """By time, type, outcome, code, id, source and subject; a question that cannot be read is refused by name."""
    partner = await door.sender()
    before = system_clock()
    faulty = partner.event(_report(2), id="f2")
    faulty["data"]["kind"] = "soepclub"
    await partner.batch(partner.event(_report(1), id="f1"), faulty)
    await partner.became("f1")
    await partner.became("f2")
    await partner.post(partner.event(InitiativeWithdrawn(external_id="H-1", reason="gestopt"), id="f3"))
    await partner.became("f3")

    async def ids(**asked: str) -> set[str]:
        return {one["id"] for one in await partner.history(**asked)}

    assert await ids(since=before.isoformat()) == {"f1", "f2", "f3"}
    assert await ids(until=before.isoformat()) == set()
    assert await ids(since=(system_clock() + timedelta(minutes=1)).isoformat()) == set()
    assert await ids(type="initiative-withdrawn.v1") == {"f3"}
    assert await ids(type="nl.zorgzame-gemeenschappen.initiative-reported.v1") == {"f1", "f2"}
    assert await ids(outcome="refused") == {"f2"}
    assert await ids(code="not-in-list") == {"f2"}
    assert await ids(subject="H-1") == {"f1", "f3"}
    assert await ids(id="f1") == {"f1"}
    assert await ids(source="urn:burenbus:partner:ander") == set()
    for asked, code in (
        ({"since": "gisteren"}, "time"),
        ({"since": "2026-01-01T00:00:00"}, "time"),
        ({"limit": "0"}, "parameter"),
        ({"limit": "veel"}, "parameter"),
        ({"outcome": "mooi"}, "not-in-list"),
        ({"after": "???"}, "parameter"),
        ({"after": "eA"}, "parameter"),
        ({"id": "\x00"}, "parameter"),
    ):
        answer = await partner.http.get("/partner/history", params=asked)
        assert answer.status_code == 400, asked
        [fault] = answer.json()["problems"]
        assert (fault["pointer"], fault["code"]) == (f"/{next(iter(asked))}", code)


async def test_ids_of_any_shape_are_found(door: House) -> None:
    """Where the 202 says to look is right for every id that an event may have."""
    partner = await door.sender()
    for event_id in ("a/b", "..", "é?x=1&y#z", "a b", "%2F"):
        answer = await partner.post(partner.event(id=event_id))
        where = answer.json()["events"][0]["history"]
        await partner.became(event_id)
        assert [one["id"] for one in (await partner.http.get(where)).json()["events"]] == [event_id]


async def test_claims_say_what_the_platform_holds(door: House) -> None:
    """Of each initiative the hash of what was last said, by which a list can tell what changed; one's own alone."""
    partner, other = await door.sender(), await door.sender()
    one, two = _report(1, contact={"person": "An", "published": True}), _report(2)
    await partner.batch(partner.event(one, id="c1"), partner.event(two, id="c2"))
    await partner.became("c2")
    await partner.post(partner.event(InitiativeWithdrawn(external_id="H-2", reason="gestopt"), id="c3"))
    await partner.became("c3")
    first = (await partner.http.get("/partner/claims", params={"limit": 1})).json()
    second = (await partner.http.get(first["next"])).json()
    assert "next" not in second
    assert [(c["externalId"], c["sha256"], c["withdrawn"]) for c in (*first["claims"], *second["claims"])] == [
        ("H-1", content_hash(*split_contact(one)).hex(), False),
        ("H-2", content_hash(*split_contact(two)).hex(), True),
    ]
    told = (await other.http.get("/partner/claims")).json()
    assert told == {"partner": other.name, "sources": [source_of(other.name)], "claims": []}


async def test_what_cannot_be_asked_is_told_with_what_can(door: House) -> None:
    """A filter that is misspelled, or a code that is none, would give everything or nothing without a word."""
    partner = await door.sender()
    for path, asked, code, known in (
        ("/partner/history", {"outcom": "refused"}, "unknown-parameter", "outcome"),
        ("/partner/history", {"code": "bestaatniet"}, "not-in-list", "postcode"),
        ("/partner/claims", {"externalId": "1"}, "unknown-parameter", "limit"),
    ):
        answer = await partner.http.get(path, params=asked)
        assert answer.status_code == 400
        [fault] = answer.json()["problems"]
        assert (fault["code"], fault["pointer"]) == (code, f"/{next(iter(asked))}")
        assert known in fault["nl"]
