"""Taking on a partner, and changing one, on both servers at once."""

import secrets

import aio_pika
import aiormq
import pytest

from deploy.cli.partner import take_on, what_happened
from services.registry.actions.boarding import CannotBoard


async def enters(url: str) -> None:
    async with await aio_pika.connect(url):
        pass


async def test_a_known_partner_keeps_its_password_and_what_is_not_said(room_of, vhost):
    """Adding again changes only what is given: the partner goes on speaking with the password that it has."""
    room, name = await room_of("registry"), f"p-{secrets.token_hex(4)}"
    async with room.tx() as tx:
        done, first = await take_on(
            tx, vhost.management, name, title="Proef", regions=["PV26"], contact_mail="a@b.example", sandbox=True
        )
    assert first is not None
    assert what_happened(done) == f"is aangesloten als {name}."
    async with room.tx() as tx:
        done, none = await take_on(tx, vhost.management, name, title="Proef Twee")
    assert none is None
    assert (done.now.regions, done.now.contact_mail, done.now.sandbox) == (("PV26",), "a@b.example", True)
    assert what_happened(done) == f"({name}) is bijgewerkt."
    await enters(vhost.url(first.user, first.password))
    async with room.tx() as tx:
        done, second = await take_on(tx, vhost.management, name, new_password=True)
    assert second is not None
    assert "niets veranderd" in what_happened(done)
    await enters(vhost.url(second.user, second.password))
    with pytest.raises(aiormq.exceptions.ProbableAuthenticationError):
        await enters(vhost.url(first.user, first.password))
    await vhost.management.delete_user(second.user)


async def test_a_partner_that_is_refused_gets_no_queues(room_of, vhost):
    """What the registry refuses never reaches the broker."""
    room, name = await room_of("registry"), f"p-{secrets.token_hex(4)}"
    with pytest.raises(CannotBoard):
        async with room.tx() as tx:
            await take_on(tx, vhost.management, name, title="", contact_mail="nietgoed")
    assert f"feedback.{name}" not in {queue["name"] for queue in await vhost.management.queues()}
