"""How a scenario begins: servers of its own, and on them the platform as it was prepared, as new each time."""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aio_pika
import asyncpg

from deploy import broker, databases
from deploy.broker import Management
from deploy.databases import SERVICES, Database
from deploy.local.servers import Servers
from services.notify.store import staff
from services.registry.actions import boarding
from services.survey import admin as campaigns
from services.survey.settings import Settings as SurveySettings
from shared.bus import topology
from shared.clock import system_clock
from tests.servers import VAR
from tests.services.notify.mailserver import MailServer

from .ending import OBSERVER, until_quiet
from .process import load_services
from .workload import CAMPAIGN, PARTNERS, STAFF
from .world import VHOST, World


@asynccontextmanager
async def new_world() -> AsyncIterator[World]:
    """A world with private servers and the platform on them, that ends with everything in it."""
    load_services()
    directory = VAR / f"test-faults-{os.getpid()}"
    (directory / "logs").mkdir(parents=True)
    servers = Servers(directory / "servers", durable=False)
    passwords = {name: secrets.token_urlsafe(16) for name in SERVICES}
    try:
        await asyncio.to_thread(servers.start)
        async with Management(servers.rabbitmq.api_url, VHOST) as management:
            world = World(servers, directory, passwords, management)
            try:
                await _prepare(world)
                yield world
            finally:
                await world.halt()
                await world.mail.stop()
    finally:
        servers.rabbitmq.kill()
        await asyncio.to_thread(servers.stop)
        shutil.rmtree(servers.home, ignore_errors=True)
        (directory / "servers").unlink(missing_ok=True) if (directory / "servers").is_symlink() else None


async def _prepare(world: World) -> None:
    """The platform with two partners, a campaign that is open and a member of staff; kept to start from."""
    await world.management.create_vhost()
    await broker.apply(world.management, world.passwords)
    for name in SERVICES:
        await databases.prepare_and_migrate(world.admin_dsn, world.database(name))
    await _keep_promises(world)
    for partner in PARTNERS:
        await board(world, partner)
    await _observe(world)
    await world.mail.start()
    async with world.transaction("registry") as tx:
        for partner in PARTNERS:
            await boarding.board(tx, partner, title=partner.title(), contact_mail=f"beheer@{partner}.example")
    async with world.transaction("notify") as tx:
        els, _ = await staff.add(
            tx, STAFF, name="Els", role=None, digest_at=system_clock().time(), working_hours_only=False
        )
        await staff.follow(tx, els.id, [staff.Subscription("bottleneck", "NL", "at-once")])
    async with world.transaction("survey") as tx:
        today = tx.now.date()
        await campaigns.plan(
            tx,
            CAMPAIGN,
            title="Zorgzame gemeenschappen",
            questionnaire="2026.1",
            opens=today.isoformat(),
            closes=(today + timedelta(weeks=7)).isoformat(),
        )
        settings = {k.removeprefix("BURENBUS_").lower(): v for k, v in world.environment("survey").items()}
        await campaigns.open_now(tx, CAMPAIGN, SurveySettings.model_validate({**settings, "http_port": 1}))
    await world.start(*SERVICES)
    await until_quiet(world)
    await world.halt()
    for name in SERVICES:
        await databases.drop(world.admin_dsn, f"{name}_base")
        await databases.clone(world.admin_dsn, world.database(name), f"{name}_base")


async def board(world: World, partner: str) -> None:
    """The partner's part of the broker, or what is missing of it."""
    await broker.board(world.management, partner, {partner: world.passwords["survey"]})


async def _keep_promises(world: World) -> None:
    """What is committed survives a kill of the server, as where it matters; servers for tests are careless about that."""
    admin = await asyncpg.connect(world.admin_dsn)
    try:
        for name in SERVICES:
            await admin.execute(f"ALTER ROLE {world.database(name).role} SET synchronous_commit = on")
    finally:
        await admin.close()


async def _observe(world: World) -> None:
    """A queue that hears every fact."""
    connection = await aio_pika.connect(world.admin_amqp)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(OBSERVER, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(topology.EVENTS, "#")


async def begin_anew(world: World) -> None:
    """As it was after it was prepared, without services."""
    await end_all(world)
    world.amqp = world.postgres = ""
    await asyncio.to_thread(world.servers.start)
    await world.mail.stop()
    world.mail = MailServer()
    await world.mail.start()
    await world.management.purge()
    for name in SERVICES:
        one = world.database(name)
        await databases.drop(world.admin_dsn, one.database)
        await databases.clone(world.admin_dsn, Database(name, one.password, f"{name}_base"), one.database)
    shutil.rmtree(world.directory / "logs")
    (world.directory / "logs").mkdir()


async def end_all(world: World) -> None:
    """Nothing of a scenario runs any more."""
    await world.halt()
    for partner in world.partners:
        await partner.leave()
    world.partners.clear()
