"""A relay may die at any await of a round: nothing that was committed is lost, and nothing stays behind."""

import contextlib
import json

import aio_pika
from faststream.rabbit import RabbitBroker

from shared import db
from shared.bus import topology
from shared.bus.relay import Relay
from shared.events.survey import InvitationWithdrawn, SignalRecorded
from shared.telemetry import Telemetry
from shared.transaction import Database
from tests.waiting import until

from .broker import House
from .endstate import clear
from .mortal import Life

COUNT = 120
"""Two messages of one type, and one of another."""


async def test_a_relay_dies_at_every_await(house: House) -> None:
    """Between publishing, each confirm, the delete and its commit. The next one publishes what is left: some events may be
    heard twice, each is heard."""
    database = Database(house.pool, service="survey", clock=house.now)
    telemetry = Telemetry("survey")
    withdrawn = InvitationWithdrawn(invitation_id="i", campaign_id="c", initiative_id="x", reason="closed")

    async def once(life: Life) -> bool:
        async def process(amqp: str, database_url: str) -> None:
            pool = await db.create_pool(database_url, max_size=1, application="mortal")
            broker = RabbitBroker(amqp, fail_fast=False, logger=None)
            try:
                await broker.connect()
                life.begin()
                await Relay(broker, pool, telemetry).once()
            finally:
                pool.terminate()
                with contextlib.suppress(Exception):
                    await broker.stop()

        lived = await life.live(process, house.vhost.url("survey"), house.database_url)
        await until(gone, "the database has noticed that the relay is gone")
        return lived

    async def gone() -> bool:
        return not await house.pool.fetchval(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'mortal')"
        )

    async with await aio_pika.connect(house.vhost.admin_url) as connection:
        ear = await (await connection.channel()).declare_queue(exclusive=True)
        await ear.bind(topology.EVENTS, "#")
        dies_at, lived = 0, False
        while not lived:
            dies_at += 1
            await clear(house.pool)
            async with database.transaction() as tx:
                for n in range(COUNT):
                    tx.emit(SignalRecorded(signal_id=str(n), kind="droom", category="financiering", region="NL"))
                tx.emit(withdrawn)
            life = Life(dies_at)
            lived = await once(life)
            await once(Life())
            heard = []
            while message := await ear.get(no_ack=True, fail=False):
                heard += [event["subject"] for event in json.loads(message.body)]
            assert set(heard) == {*map(str, range(COUNT)), withdrawn.subject()}, life
            assert not await house.pool.fetchval("SELECT count(*) FROM bus.outbox")
        assert dies_at > 15
