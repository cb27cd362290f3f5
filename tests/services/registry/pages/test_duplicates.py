"""A person at a partner answers whether two initiatives are the same."""

from httpx import AsyncClient as Client
from httpx import Response

from tests.services.registry.build import ASKING, report
from tests.services.registry.door.conftest import Open
from tests.services.registry.door.house import Sender
from tests.services.registry.test_decisions import BARE
from tests.waiting import until

from .visits import at_the_pages, field, words

ONE, OTHER = "Zorgzaam Voorbeelddorp", "Voorbeelddorp Helpt"


async def _asked(open_door: Open) -> tuple[Sender, Sender, str]:
    """Two partners that may have the same initiative; gives both, and the path of the question."""
    house = await open_door(**ASKING)
    one, other = await house.sender(), await house.sender()
    for sender, data in (
        (one, report("a1", ONE, **BARE)),
        (other, report("z1", OTHER, **{**BARE, "contact": {"email": "geheim@zorgnet.example"}})),
    ):
        event = sender.event(data)
        assert (await sender.post(event)).status_code == 202
        await sender.became(event["id"])
    assert house.registry.database
    [row] = await house.registry.database.pool.fetch("SELECT id FROM match")
    return one, other, f"/partner/dubbel/{row['id']}"


async def _answer(client: Client, path: str, answer: str, page: Response | None = None) -> Response:
    page = page or await client.get(path)
    return await client.post(path, data={"sleutel": field(page, "sleutel"), "antwoord": answer})


async def _shows(client: Client, path: str, text: str) -> None:
    async def shown() -> bool:
        return text in words(await client.get(path))

    await until(shown, text)


async def test_a_partner_sees_what_waits_and_only_what_is_public_of_the_other(open_door: Open) -> None:
    """The list and the home page tell of the question; the other side shows no number, network or contact."""
    one, other, path = await _asked(open_door)
    async with at_the_pages(one) as client:
        assert "1 vraag over een mogelijk dubbel initiatief" in words(await client.get("/partner"))
        listed = await client.get("/partner/dubbel")
        assert path in listed.text
        assert "Wacht op uw antwoord (1)" in words(listed)
        shown = await client.get(path)
    assert shown.status_code == 200
    told = "Wij vragen dit ook aan 1 ander netwerk. Bent u het allemaal eens, dan is dat het besluit."
    for text in (ONE, OTHER, "Wat pleit ertegen?", "Nummer in uw lijst a1 staat er niet in", told):
        assert text in words(shown)
    for hidden in ("z1", other.name, other.name.title(), "geheim@"):
        assert hidden not in shown.text.replace(field(shown, "sleutel"), "")  # which is random


async def test_who_is_asked_alone_is_told_that_its_answer_decides(open_door: Open) -> None:
    """Both stand in its own list: nobody else is asked, and the decision is called its own."""
    house = await open_door(**ASKING)
    sender = await house.sender()
    for number, name in (("a1", ONE), ("a2", OTHER)):
        event = sender.event(report(number, name, **BARE))
        assert (await sender.post(event)).status_code == 202
        await sender.became(event["id"])
    assert house.registry.database
    [row] = await house.registry.database.pool.fetch("SELECT id FROM match")
    path = f"/partner/dubbel/{row['id']}"
    async with at_the_pages(sender) as client:
        page = await client.get(path)
        assert "Wij vragen dit alleen aan u. Uw antwoord is meteen het besluit" in words(page)
        assert "netwerken" not in words(page).partition("Uw antwoord")[2].partition("Terug naar")[0]
        await _answer(client, path, "zelfde", page)
        await _shows(client, path, "dit is hetzelfde initiatief.")
        assert f"hetzelfde initiatief (door {sender.name.title()})" in words(await client.get("/partner/dubbel"))


async def test_when_all_agree_it_is_decided_and_an_answer_can_be_changed_until_then(open_door: Open) -> None:
    """The answer goes the way of every event: it stands in the history, and counts as one over AMQP would. Who thinks
    otherwise of it later asks again."""
    one, other, path = await _asked(open_door)
    async with at_the_pages(one) as client:
        done = await _answer(client, path, "verschillend")
        assert done.status_code == 303
        await _shows(client, done.headers["location"], "Uw antwoord is: twee verschillende initiatieven.")
        assert "Door u beantwoord, nog niet besloten" in words(await client.get("/partner/dubbel"))
        async with at_the_pages(other) as second:
            contrary = await _answer(second, path, "zelfde")
            await _shows(
                second, contrary.headers["location"], "De netwerken zijn het niet eens. Een medewerker beslist."
            )
            doubt = await _answer(second, path, "onzeker")
            await _shows(second, doubt.headers["location"], "Uw antwoord is: weet ik niet.")
        again = await _answer(client, path, "zelfde")
        await _shows(client, again.headers["location"], "Uw antwoord is: hetzelfde initiatief.")
        assert words(await client.get("/partner/geschiedenis")).count("Antwoord op mogelijk dubbel") >= 2
        async with at_the_pages(other) as second:
            await _answer(second, path, "zelfde")
        await _shows(client, path, "dit is hetzelfde initiatief.")
        decided = words(await client.get("/partner/dubbel"))
        assert "Besloten in de afgelopen drie maanden" in decided
        assert "hetzelfde initiatief (door de gevraagde netwerken)" in decided

        other_mind = await _answer(client, path, "verschillend")
        assert other_mind.headers["location"].startswith("/partner/dubbel?gegeven=")
        await _shows(client, other_mind.headers["location"], "Uw antwoord is verwerkt.")
        assert "Door u beantwoord, nog niet besloten" in words(await client.get("/partner/dubbel"))


async def test_a_form_counts_once(open_door: Open) -> None:
    """The same form sent twice is told; a forged or foreign one is not taken; without a choice nothing is sent."""
    one, other, path = await _asked(open_door)
    async with at_the_pages(one) as client:
        page = await client.get(path)
        assert (await _answer(client, path, "misschien", page)).status_code == 400
        assert (await _answer(client, path, "onzeker", page)).status_code == 303
        twice = await _answer(client, path, "zelfde", page)
        assert twice.status_code == 409
        assert "al verstuurd" in twice.text
        forged = await client.post(path, data={"sleutel": "x.y", "antwoord": "zelfde"})
        assert forged.status_code == 403
        async with at_the_pages(other) as second:
            foreign = await _answer(second, path, "zelfde", page)
            assert foreign.status_code == 403
    events = await one.history(type="match-answered.v1")
    assert len(events) == 1


async def test_a_question_to_others_does_not_exist(open_door: Open) -> None:
    """A partner that was not asked does not hear that there is a question, nor can it answer."""
    one, _, path = await _asked(open_door)
    third = await one.house.sender()
    async with at_the_pages(one) as client:
        page = await client.get(path)
    async with at_the_pages(third) as client:
        assert (await client.get(path)).status_code == 404
        assert (await _answer(client, path, "zelfde", page)).status_code == 403
        assert "Er wacht niets op uw antwoord" in words(await client.get("/partner/dubbel"))
