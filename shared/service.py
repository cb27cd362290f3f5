"""A running service: its database, its place on the bus, its jobs and its pages, started and stopped together."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import aio_pika
import uvicorn
from fastapi import APIRouter, FastAPI
from faststream.rabbit import RabbitBroker

from . import inbox, logs, migrate, schedule, settings, web
from .bus import dead, keep, lenient, topology
from .bus.consumer import Consumer
from .bus.engine import Engine
from .bus.losses import losses
from .bus.reactions import Reaction
from .bus.relay import CONFIRM_S, Relay
from .clock import Clock, system_clock
from .db import WorldAway, end_what_hangs, world
from .events import problems
from .schedule import Job
from .settings import ServiceSettings
from .telemetry import Telemetry
from .transaction import Database, Tx, connect

S = TypeVar("S", bound=ServiceSettings)
Background = Callable[[Database], Awaitable[None]]
"""A loop of the service's own (such as mail delivery), run until cancelled."""

KEPT_DAYS = 30
"""What the inbox and the refusals remember; a duplicate of a refused event is refused again for as long."""
DRAIN_S, FLUSH_S = 6.0, 2.0
"""On stopping: how long the events at hand may take, and then what they said. Half of what a container gets (`stop_grace_period`)."""
FIGURES_S = 5.0
GARBAGE = (20_000, 20, 20)
"""How seldom to look for garbage in circles, of which there is little: a batch makes a hundred thousand objects, and by
default the interpreter looks after every 700 (a seventh of the time of a response)."""
_log = logs.get_logger(__name__)


class Service:
    """What `app.build` constructs. `here` is the service's folder: migrations, templates and static files lie in it."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        *,
        reactions: Sequence[Reaction],
        here: Path,
        jobs: Sequence[Job] = (),
        routers: Sequence[APIRouter] = (),
        background: Sequence[Background] = (),
        restate: Callable[[Tx, str], Awaitable[int]] | None = None,
        measured: Callable[[Tx, Telemetry], Awaitable[None]] | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self.name, self.settings, self.reactions, self.here = name, settings, reactions, here
        self.jobs, self.background, self.restate, self.clock = jobs, background, restate, clock
        self.measured = measured
        self.telemetry = Telemetry(name)
        self.database: Database | None = None
        self.engine: Engine | None = None
        self._consumer: Consumer | None = None
        self._relay: Relay | None = None
        self._brokers: list[RabbitBroker] = []
        self.web: FastAPI = web.build_web(
            name, settings, routers, here, telemetry=self.telemetry, troubles=self.troubles, lifespan=self._lifespan
        )
        self.web.state.clock = clock

    @property
    def migrations(self) -> list[Path]:
        return [migrate.SHARED, self.here / "migrations"]

    def use(self, database: Database) -> Engine:
        """Puts this service on a database; gives its engine."""
        self.database = self.web.state.database = database
        self.engine = Engine(
            database,
            self.reactions,
            clock=self.clock,
            telemetry=self.telemetry,
            handler_timeout_s=self.settings.handler_timeout_s,
            waiting_s=self.settings.waiting_s,
        )
        return self.engine

    async def queues(self) -> list[str]:
        """The queues that this service consumes now: facts, its dead letters, and one for each partner."""
        assert self.database is not None
        heard = [kind for reaction in self.reactions for kind in reaction.types]
        names = [topology.fact_queue(self.name, kind) for kind in topology.heard_facts(self.name, heard)]
        names.append(topology.dead_queue(self.name))
        if self.name == "registry":
            names += [topology.ANSWERS_QUEUE, topology.UNROUTABLE_QUEUE]
        if self.name in topology.TAKERS:
            partners = await self.database.pool.fetch(
                "SELECT name FROM bus.partner WHERE status <> 'removed' ORDER BY name"
            )
            names += [topology.intake_queue(self.name, row["name"]) for row in partners]
        return names

    async def troubles(self) -> list[str]:
        """Why the service is not ready; empty when it is."""
        if self.database is None or self._consumer is None:
            return ["starting"]
        found = list(self._consumer.troubles)
        for broker in self._brokers:
            if not await broker.ping(timeout=0.5):
                found.append("the broker is away")
                break
        try:
            with world():
                async with asyncio.timeout(2):
                    await self.database.pool.fetchval("SELECT 1")
        except WorldAway:
            found = [*dict.fromkeys([*found, "the database is away"])]
        return found

    async def measure(self, tx: Tx) -> None:
        """Brings the figures up to date that stand in the database."""
        figures = await keep.figures(tx.connection, tx.now)
        self.telemetry.waiting.set(figures["waiting"])
        self.telemetry.set_aside.set(figures["set_aside"])
        self.telemetry.outbox.set(figures["outbox"])
        self.telemetry.outbox_age.set(float(figures["outbox_age_s"] or 0))
        self.telemetry.causes(await keep.causes(tx.connection))
        if self.measured is not None:
            await self.measured(tx, self.telemetry)

    # --- running ------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        if self.database is not None:  # put on a database by hand: pages only
            yield
            return
        running = asyncio.create_task(self._run(), name=self.name)
        running.add_done_callback(self._stop_if_failed)
        try:
            yield
        finally:
            if self._consumer is not None and self._relay is not None and not running.done():
                await self._consumer.drain(DRAIN_S)
                await self._relay.flush(FLUSH_S)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await running
            for broker in self._brokers:
                with contextlib.suppress(Exception), losses():  # what is lost is stopped, and the next must be too
                    await asyncio.wait_for(broker.stop(), FLUSH_S)
            if self.database is not None:
                await self.database.close()

    @staticmethod
    def _stop_if_failed(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            if isinstance(error, migrate.OutdatedSchema):
                _log.critical("the schema is outdated; run `burenbus migrate` first", missing=str(error))
                raise SystemExit(settings.EXIT_CONFIG)
            _log.critical("the service stops", exc_info=error)
            raise SystemExit(1)

    async def _run(self) -> None:
        lenient.install()
        database = await self._until_connected()
        await migrate.require_current(database.pool, self.migrations)
        engine = self.use(database)
        self._brokers = [
            RabbitBroker(
                named(self.settings.amqp_url, f"burenbus-{self.name}-{role}"),
                fail_fast=False,
                reconnect_interval=1.0,
                logger=None,
            )
            for role in ("consumes", "publishes")
        ]
        consuming, publishing = self._brokers
        self._relay = Relay(
            publishing,
            database.pool,
            self.telemetry,
            confirm_s=min(CONFIRM_S, self.settings.transaction_idle_s / 2),
        )
        database.wake_relay = self._relay.wake
        something_waits = asyncio.Event()
        database.wake_waiting = something_waits.set
        self._consumer = Consumer(
            consuming.connect,
            lambda: aio_pika.connect(named(self.settings.amqp_url, f"burenbus-{self.name}-takes")),
            engine,
            self.queues,
            service=self.name,
            batch_messages=self.settings.batch_messages,
            batch_events=self.settings.batch_events,
            prefetch=self.settings.prefetch,
            world_away_s=self.settings.world_away_s,
            pause_s=self.settings.pause_s,
            said=self._relay.caught_up,
        )
        _log.info("started")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._relay.run(), name="relay")
            group.create_task(self._consumer.run(), name="consumer")
            group.create_task(self._retry_waiting(engine, something_waits), name="waiting")
            group.create_task(self._look_at_queues(self._consumer), name="queues")
            group.create_task(self._consumer.replay_pausing(), name="replay")
            ours = [Job("purge", 3600, purge), Job("measure", FIGURES_S, self.measure)]
            ours.append(Job("hanging", self.settings.transaction_idle_s / 2, self._end_what_hangs))
            group.create_task(schedule.run([*self.jobs, *ours], database), name="jobs")
            for loop in self.background:
                group.create_task(_loop(loop, database), name=getattr(loop, "__name__", "background"))

    async def _until_connected(self) -> Database:
        pause, waited = 0.2, False
        while True:
            try:
                database = await connect(
                    self.settings.database_url,
                    service=self.name,
                    clock=self.clock,
                    max_size=self.settings.database_connections,
                    handler_timeout_s=self.settings.handler_timeout_s,
                    transaction_idle_s=self.settings.transaction_idle_s,
                )
            except WorldAway as error:
                _log.warning("waiting for the database", error=repr(error), pause_s=pause)
                await asyncio.sleep(pause)
                pause, waited = min(pause * 2, 5), True
            else:
                database.was_away = waited
                return database

    async def _end_what_hangs(self, tx: Tx) -> None:
        """Another replica of this service; the database itself ends only what asks nothing in its transaction."""
        if ended := await end_what_hangs(tx.connection, self.settings.transaction_idle_s):
            _log.warning("connections that hung in the middle of a statement are ended", connections=ended)

    async def _look_at_queues(self, consumer: Consumer) -> None:
        while True:
            self.telemetry.queues(await consumer.depths())
            await asyncio.sleep(FIGURES_S)

    async def _retry_waiting(self, engine: Engine, wake: asyncio.Event) -> None:
        while True:
            wake.clear()
            try:
                if await engine.retry_waiting() or await engine.retry_replays():
                    continue
            except WorldAway as error:
                _log.warning("cannot run waiting events now", error=repr(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), 2)


async def _loop(loop: Background, database: Database) -> None:
    """A background loop that fails is logged and started again."""
    while True:
        try:
            await loop(database)
        except Exception:  # noqa: BLE001 - the next turn may succeed
            _log.exception("a loop failed; it starts again")
        await asyncio.sleep(1)


def named(amqp_url: str, name: str) -> str:
    """The address, with a name for the connection that the operator sees in the broker's lists."""
    return f"{amqp_url}{'&' if '?' in amqp_url else '?'}name={name}"


async def purge(tx: Tx) -> None:
    """Drops what the bus need not remember any longer."""
    before = tx.now - timedelta(days=KEPT_DAYS)
    await inbox.purge(tx.connection, before)
    await keep.purge(tx.connection, before)
    await dead.purge(tx.connection, before)


def _leave(*_: object) -> None:
    """Asked to stop, and stopped in order (uvicorn raises the signal again when it is done): that is no failure."""
    raise SystemExit(0)


async def _serve(server: uvicorn.Server) -> None:
    """Until it is told to stop. aio-pika's way to a broker that is away outlives being cancelled once."""
    try:
        await server.serve()
    finally:
        for _ in range(10):
            left = asyncio.all_tasks() - {asyncio.current_task()}
            if not left:
                break
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=0.2)


def main(build: Callable[[S], Service], kind: type[S]) -> None:
    """Runs a service with the settings of the environment, until SIGTERM or SIGINT."""
    knobs = settings.load(kind)
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _leave)
    problems.explain_at(knobs.public_url)
    service = build(knobs)
    gc.collect()
    gc.freeze()  # what a service is made of stays: looking through it for garbage took 0.4 s on a busy machine
    gc.set_threshold(*GARBAGE)
    logs.configure(service.name, log_format=knobs.log_format, level=knobs.log_level)
    server = uvicorn.Server(
        uvicorn.Config(
            service.web,
            host=knobs.http_host,
            port=knobs.http_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=10,
            proxy_headers=True,
        )
    )
    asyncio.run(_serve(server))
    if not server.started:
        raise SystemExit(1)
