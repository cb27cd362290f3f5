"""The doorkeeper removes at the broker whose time is up, and says so when it cannot."""

import secrets
from datetime import timedelta

import aio_pika
import httpx
import pytest
from aio_pika.exceptions import ProbableAuthenticationError

from deploy import boarding, broker
from deploy.administration import BrokerError
from deploy.doorkeeper import ROUNDS_MISSED, Doorkeeper, Settings, build
from shared.db import WorldAway
from tests.waiting import until

HOUR = timedelta(hours=1)


def _settings(room, vhost, **other) -> Settings:
    return Settings.model_validate(
        {
            "http_port": 1,
            "database_url": room.service.settings.database_url,
            "rabbitmq_api_url": vhost.server.api_url,
            "vhost": vhost.name,
            **other,
        }
    )


async def test_an_old_password_works_until_its_moment_and_not_after(room_of, vhost):
    """A round before that moment changes nothing; one after it removes the user; the next has nothing to do."""
    room, name = await room_of("registry"), f"p-{secrets.token_hex(4)}"
    keeper = Doorkeeper(_settings(room, vhost), clock=room.clock)
    async with room.tx() as tx:
        _, old = await boarding.take_on(tx, vhost.management, name, title="Proef")
    assert old
    async with room.tx() as tx:
        new = await boarding.rotate(tx, vhost.management, name, old_valid_for=HOUR)
    assert await keeper.round() == []
    await (await aio_pika.connect(vhost.url(old.user, old.password))).close()
    room.clock.advance(HOUR)
    assert await keeper.round() == [old.user]
    with pytest.raises(ProbableAuthenticationError):
        await aio_pika.connect(vhost.url(old.user, old.password))
    await (await aio_pika.connect(vhost.url(new.user, new.password))).close()
    assert await keeper.round() == []
    await broker.unboard(vhost.management, name)


async def test_while_a_server_is_away_nothing_is_forgotten(room_of, vhost):
    """What could not be removed at the broker is still to be removed in the next round."""
    room, name = await room_of("registry"), f"p-{secrets.token_hex(4)}"
    async with room.tx() as tx:
        await boarding.take_on(tx, vhost.management, name, title="Proef")
    async with room.tx() as tx:
        await boarding.rotate(tx, vhost.management, name, old_valid_for=HOUR)
    room.clock.advance(HOUR)
    with pytest.raises(BrokerError):
        await Doorkeeper(_settings(room, vhost, rabbitmq_api_url="http://a:b@127.0.0.1:9"), clock=room.clock).round()
    with pytest.raises(WorldAway):
        await Doorkeeper(_settings(room, vhost, database_url="postgresql://a@127.0.0.1:9/x"), clock=room.clock).round()
    assert await Doorkeeper(_settings(room, vhost), clock=room.clock).round() == [f"{name}.1"]
    await broker.unboard(vhost.management, name)


async def test_it_is_well_as_long_as_rounds_succeed(room_of, vhost):
    """Some rounds may fail; when none succeeded for a while, old passwords may go on working, and that is told."""
    room = await room_of("registry")
    keeper = Doorkeeper(_settings(room, vhost), clock=room.clock)
    await keeper.round()
    room.clock.advance(timedelta(seconds=60 * ROUNDS_MISSED))
    assert keeper.well
    room.clock.advance(timedelta(seconds=1))
    assert not keeper.well
    await keeper.round()
    assert keeper.well


async def test_it_says_what_is_wrong(postgres):
    """Alive, but not ready while it never could do its work."""
    app = build(Settings(http_port=1, database_url=postgres, rabbitmq_api_url="http://a:b@127.0.0.1:9"))
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://d") as client:
        assert (await client.get("/health/live")).status_code == 200

        async def not_ready():
            answer = await client.get("/health/ready")
            return answer.text if answer.status_code == 503 else None

        assert "expired passwords may still work" in await until(not_ready, "a round failed")
