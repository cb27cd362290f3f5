"""Partners come, change what they come in with, stand still and go: on real servers, by both ways to the broker."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import aio_pika
import aiormq
import pytest
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ProbableAuthenticationError

from deploy import boarding, broker
from deploy.administration import Administration, BrokerError
from deploy.boarding import Login
from deploy.errors import DeployError
from deploy.rabbitmqctl import Rabbitmqctl
from services.registry.actions import leaving
from services.registry.actions.boarding import CannotBoard
from services.registry.store import broker_users, partners, tokens
from shared.bus import topology
from shared.events.partner import InitiativeReported
from shared.events.registry import InitiativeClosed, PartnerBoarded, PartnerChanged, PartnerSuspended
from tests.conftest import VHost
from tests.deploy.test_administration import cut_off, publish
from tests.room import Room

pytestmark = pytest.mark.stack

WEEK = timedelta(days=7)


@pytest.fixture
def name() -> str:
    return f"p-{secrets.token_hex(4)}"


class Desk:
    """The operator, with the registry and the broker at hand."""

    def __init__(self, room: Room, vhost: VHost, administration: Administration, name: str) -> None:
        self.room, self.vhost, self.administration, self.name = room, vhost, administration, name

    async def do(self, work: Callable[..., Awaitable[Any]], **knobs: Any) -> Any:
        async with self.room.tx() as tx:
            return await work(tx, self.administration, self.name, **knobs)

    async def expire(self) -> list[str]:
        async with self.room.tx() as tx:
            return await boarding.expire(tx, self.administration)

    async def connect(self, login: Login) -> AbstractConnection:
        return await aio_pika.connect(self.vhost.url(login.user, login.password))

    async def comes_in(self, login: Login) -> tuple[bool, bool]:
        """Whether its password opens the broker, and its token the door."""
        async with self.room.tx() as tx:
            owner = await tokens.owner_of(tx, login.token)
        try:
            await (await self.connect(login)).close()
        except ProbableAuthenticationError:
            return False, owner is not None
        return True, owner is not None


@pytest.fixture
async def desk(room_of, vhost, name):
    """By the management API."""
    yield (made := Desk(await room_of("registry"), vhost, vhost.management, name))
    await broker.unboard(vhost.management, made.name)


@pytest.fixture
async def any_desk(desk, administration):
    """By both ways, for what asks most of the broker."""
    desk.administration = administration
    return desk


async def test_a_new_partner_comes_in_by_password_and_token(any_desk):
    """Both work at once, under its own key; of both only a hash is kept."""
    desk = any_desk
    done, login = await desk.do(boarding.take_on, title="Proef", regions=["PV26"], contact_mail="a@b.example")
    assert done.joined
    assert login.first
    assert await desk.comes_in(login) == (True, True)
    async with await desk.connect(login) as connection:
        await publish(connection, desk.name)
    kept = await desk.room.fetch("SELECT t::text FROM token AS t UNION ALL SELECT u::text FROM broker_user AS u")
    assert login.password not in str(kept)
    assert login.token not in str(kept)


async def test_a_known_partner_keeps_its_password_and_what_is_not_said(desk):
    """Adding again changes only what is given: the partner goes on speaking with what it has."""
    _, first = await desk.do(
        boarding.take_on, title="Proef", regions=["PV26"], contact_mail="a@b.example", sandbox=True
    )
    done, none = await desk.do(boarding.take_on, title="Proef Twee")
    assert none is None
    assert (done.now.title, done.now.regions, done.now.contact_mail, done.now.sandbox) == (
        "Proef Twee", ("PV26",), "a@b.example", True,
    )  # fmt: skip
    assert await desk.comes_in(first) == (True, True)


async def test_rotation_leaves_the_old_valid_until_the_stated_moment(any_desk):
    """Both come in until then; from then on the old password and token do not, and its open connection is closed."""
    desk = any_desk
    _, old = await desk.do(boarding.take_on, title="Proef")
    new = await desk.do(boarding.rotate, old_valid_for=WEEK)
    assert (old.user, new.user) == (f"{desk.name}.1", f"{desk.name}.2")
    assert new.old_until == desk.room.clock() + WEEK
    desk.room.clock.advance(WEEK - timedelta(seconds=1))
    assert await desk.expire() == []
    assert await desk.comes_in(old) == await desk.comes_in(new) == (True, True)
    open_ones = await desk.connect(old), await desk.connect(new)
    desk.room.clock.advance(timedelta(seconds=1))
    assert await desk.expire() == [old.user]
    assert await desk.expire() == []
    assert await desk.comes_in(old) == (False, False)
    assert await desk.comes_in(new) == (True, True)
    await cut_off(open_ones[0], desk.name)
    await publish(open_ones[1], desk.name)
    await open_ones[1].close()
    assert (await desk.do(boarding.rotate, old_valid_for=WEEK)).user == old.user


async def test_what_was_stolen_is_worth_nothing_at_once(any_desk):
    """With --now the old password and token open nothing any more, also when a rotation was under way; connections are closed."""
    desk = any_desk
    _, first = await desk.do(boarding.take_on, title="Proef")
    second = await desk.do(boarding.rotate, old_valid_for=WEEK)
    open_ones = [await desk.connect(first), await desk.connect(second)]
    third = await desk.do(boarding.rotate, old_valid_for=None)
    assert third.old_until is None
    for stolen in (first, second):
        assert await desk.comes_in(stolen) == (False, False)
    for connection in open_ones:
        await cut_off(connection, desk.name)
    assert await desk.comes_in(third) == (True, True)


async def test_a_second_rotation_waits_for_the_first(desk):
    """The broker has two users for a partner; a third password is refused with the moment from which it can be had."""
    await desk.do(boarding.take_on, title="Proef")
    await desk.do(boarding.rotate, old_valid_for=WEEK)
    with pytest.raises(CannotBoard, match=r"27 september 2026 om 12.00 uur.*--now"):
        await desk.do(boarding.rotate, old_valid_for=WEEK)
    desk.room.clock.advance(WEEK)
    again = await desk.do(boarding.rotate, old_valid_for=WEEK)  # also when nobody removed the old one yet
    assert await desk.comes_in(again) == (True, True)


async def test_who_stands_still_publishes_nothing_and_reads_its_answers(any_desk):
    """Also with a password that it gets meanwhile. The token says that it stands still. Then it goes on with what it had."""
    desk = any_desk
    _, login = await desk.do(boarding.take_on, title="Proef")
    connection = await desk.connect(login)
    await publish(connection, desk.name)
    await desk.do(boarding.suspend)
    await cut_off(connection, desk.name)
    newer = await desk.do(boarding.rotate, old_valid_for=WEEK)
    for each in (login, newer):
        async with await desk.connect(each) as reading:
            channel = await reading.channel()
            feedback = await channel.get_queue(topology.feedback_queue(desk.name), ensure=False)
            assert await feedback.get(fail=False) is None
            with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                await publish(reading, desk.name)
    async with desk.room.tx() as tx:
        owner = await tokens.owner_of(tx, login.token)
        assert owner
        assert owner.status == "suspended"
    await desk.do(boarding.resume)
    for each in (login, newer):
        async with await desk.connect(each) as connection:
            await publish(connection, desk.name)
    said = [type(fact) for fact in await desk.room.said(PartnerBoarded)]
    assert said == [PartnerBoarded]
    assert len(await desk.room.said(PartnerSuspended)) == 1


async def test_a_removed_partner_is_gone_and_others_are_not(desk, vhost):
    """Users, tokens and queues are gone; its claims are withdrawn; what another lists too stays; its name and history stay."""
    room, name = desk.room, desk.name
    other = f"p-{secrets.token_hex(4)}"
    _, login = await desk.do(
        boarding.take_on, title="Proef", sources=["urn:nld:kvknr:12345678:systeem:crm"], contact_mail="a@b.example"
    )
    async with room.tx() as tx:
        _, others = await boarding.take_on(tx, desk.administration, other, title="Ander")
    both = {"name": "Buurthuiskamer De Linde", "municipality": "GM0344", "website": "https://delinde.example"}
    for who, number, said in (
        (name, "1", both),
        (other, "a", both),
        (name, "2", {"name": "Zorgcoöperatie Hoogeloon", "municipality": "GM1728"}),
    ):
        source = {"source": "urn:nld:kvknr:12345678:systeem:crm"} if who == name else {}
        answer = await room.take(who, InitiativeReported.model_validate({"externalId": number, **said}), **source)
        assert answer.outcome == "new"
    async with room.tx() as tx:
        _, ahead = await leaving.look_ahead(tx, name)
    assert ahead == leaving.Consequences(claims=2, closes=1)

    for _ in range(2):  # interrupted and done again is the same
        await desk.do(boarding.close_door)
    assert await desk.comes_in(login) == (False, False)
    async with room.tx() as tx:
        await leaving.leave(tx, name)
    await broker.unboard(desk.administration, name)

    facts = [one.data for one in await room.outbox() if one.exchange == topology.EVENTS]
    assert [fact.name for fact in facts if isinstance(fact, InitiativeClosed)] == ["Zorgcoöperatie Hoogeloon"]
    left = [fact for fact in facts if isinstance(fact, PartnerChanged) and fact.partner == name]
    assert [(fact.status, fact.sources) for fact in left] == [("removed", ())]
    async with room.tx() as tx:
        gone = await partners.find(tx, name)
        assert gone
        assert (gone.status, gone.contact_mail) == ("removed", None)
        assert (await leaving.look_ahead(tx, name))[1] is None
        with pytest.raises(CannotBoard, match="verwijderd"):
            await leaving.leave(tx, name)
    there = {queue["name"] for queue in await vhost.management.queues()}
    assert not there & {queue.name for queue in topology.partner(name).queues}
    assert there >= {queue.name for queue in topology.partner(other).queues}
    assert await desk.comes_in(others) == (True, True)

    done, again = await desk.do(boarding.take_on)
    assert done.joined
    assert (done.now.title, done.now.status, done.now.sources) == ("Proef", "active", (f"urn:burenbus:partner:{name}",))
    assert await desk.comes_in(again) == (True, True)
    assert await desk.comes_in(login) == (False, False)
    await broker.unboard(vhost.management, other)


async def test_what_was_sent_before_a_removal_is_not_thrown_away(room_of, vhost, name):
    """While messages of the partner wait, nothing is withdrawn and no queue is deleted: the operator hears what to do."""
    desk = Desk(await room_of("registry"), vhost, vhost.management, name)
    _, login = await desk.do(boarding.take_on, title="Proef")
    async with await desk.connect(login) as connection:
        await publish(connection, name)
    await desk.do(boarding.close_door)
    with pytest.raises(DeployError, match=r"wachtrijen.*nog eens"):
        await boarding.worked_off(vhost.management, name, patience_s=0, lag_s=0)
    await vhost.management._call(
        "DELETE", vhost.management._at("queues", topology.intake_queue("registry", name), "contents")
    )
    await boarding.worked_off(vhost.management, name, lag_s=0)
    await broker.unboard(vhost.management, name)


async def test_nothing_is_done_by_halves(room_of, vhost, name):
    """Refuses the registry, then the broker never hears of it; fails the broker, then the registry forgets it, and again is harmless."""
    desk = Desk(await room_of("registry"), vhost, vhost.management, name)
    with pytest.raises(CannotBoard):
        await desk.do(boarding.take_on, title="", contact_mail="nietgoed")
    assert f"feedback.{name}" not in {queue["name"] for queue in await vhost.management.queues()}
    desk.administration = Rabbitmqctl("false", vhost.name)
    with pytest.raises(BrokerError):
        await desk.do(boarding.take_on, title="Proef")
    async with desk.room.tx() as tx:
        assert await partners.find(tx, name) is None
    desk.administration = vhost.management
    await broker.board(vhost.management, name, {f"{name}.1": "of an attempt that failed halfway"})
    _, login = await desk.do(boarding.take_on, title="Proef")
    assert await desk.comes_in(login) == (True, True)
    desk.administration = Rabbitmqctl("false", vhost.name)
    with pytest.raises(BrokerError):
        await desk.do(boarding.rotate, old_valid_for=None)
    assert await desk.comes_in(login) == (True, True)
    async with desk.room.tx() as tx:
        assert [user.name for user in await broker_users.of_partner(tx, name)] == [login.user]
    await broker.unboard(vhost.management, name)
