"""Over AMQP instead of HTTP."""

import pytest

from deploy.cli.publish_work import Way
from deploy.publishing.door import Door
from deploy.publishing.wire import Wire, partner_in
from tests.room import source_of
from tests.waiting import until

from .conftest import Desk

pytestmark = pytest.mark.stack


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


@pytest.mark.parametrize(("url", "name"), [("amqps://omzien.2:x@h/v", "omzien"), ("amqp://a-b.1@h", "a-b")])
def test_the_partner_stands_in_the_amqp_address(url: str, name: str) -> None:
    """Its user is called after it."""
    assert partner_in(url) == name
