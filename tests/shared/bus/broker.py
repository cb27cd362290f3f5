"""The small service with a broker: a vhost in which only its queues are, partners, and the service as task or process."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import asyncpg
import httpx
import pika
from aio_pika.abc import AbstractIncomingMessage

from deploy import broker
from deploy.local.process import free_ports
from shared.bus import topology
from shared.bus.reactions import types_heard
from shared.events.base import PREFIX, Event
from shared.events.envelope import BATCH_JSON, EVENT_JSON, dump_event, join_batch, write_event
from shared.service import Service
from shared.settings import ServiceSettings
from tests.conftest import VHost
from tests.room import SECRET, source_of
from tests.waiting import PATIENCE_S, until

from .small import handlers
from .small.__main__ import build


@dataclass
class Partner:
    """A partner of the test's own, with its broker user."""

    name: str
    url: str
    connection: aio_pika.abc.AbstractConnection
    house: "House"

    def event(self, data: Event, **envelope: Any) -> bytes:
        said: dict[str, Any] = {"source": source_of(self.name), "time": self.house.now(), **envelope}
        return dump_event(write_event(data, **said))

    async def publish(
        self,
        *bodies: bytes,
        type: str = "signal-reported.v1",  # noqa: A002
        key: str | None = None,
        content_type: str | None = EVENT_JSON,
        **properties: Any,
    ) -> None:
        """Each body as a message, confirmed. Raises what the broker says against it."""
        channel = await self.connection.channel()
        exchange = await channel.get_exchange(topology.IN, ensure=False)
        try:
            for body in bodies:
                message = aio_pika.Message(body, content_type=content_type, delivery_mode=2, **properties)
                await exchange.publish(message, key or f"{self.name}.{type}", timeout=PATIENCE_S)
        finally:
            if not channel.is_closed:
                await channel.close()

    async def say(self, *events: Event, ids: Sequence[str] = ()) -> None:
        """Events, each in a message of its own."""
        named = ids or [f"{self.name}-{secrets.token_hex(4)}" for _ in events]
        for event, name in zip(events, named, strict=True):
            await self.publish(self.event(event, id=name), type=event.type)

    async def batch(self, *bodies: bytes, type: str = "signal-reported.v1") -> None:  # noqa: A002
        await self.publish(join_batch(bodies), type=type, content_type=BATCH_JSON)

    def raw(self, *messages: tuple[bytes, pika.BasicProperties], key: str | None = None) -> None:
        """Whatever bytes in whatever properties; confirmed."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        channel = connection.channel()
        channel.confirm_delivery()
        for body, properties in messages:
            channel.basic_publish(topology.IN, key or f"{self.name}.signal-reported.v1", body, properties)
        connection.close()

    async def answers(self, count: int) -> list[dict[str, Any]]:
        """Its next `count` answers, as JSON objects, in the order of their sequence."""
        found = await self._heard(lambda answers: len(answers) >= count, f"{count} answers")
        assert len(found) == count, found
        return sorted(found, key=lambda answer: answer["sequence"])

    async def answered(self, count: int) -> None:
        """So many of its events have their answer, and none was taken twice. What came again, because its acknowledgement
        died with the process, is answered once more: as a duplicate, or as delayed where it is set aside. An answer that
        was on its way when the relay died comes again under its id."""

        def about(answers: Sequence[dict[str, Any]]) -> set[str]:
            return {answer["data"]["event"]["id"] for answer in answers}

        found = await self._heard(lambda answers: len(about(answers)) >= count, f"answers about {count} events")
        once = {answer["id"]: answer for answer in found}.values()
        taken = [a["data"]["event"]["id"] for a in once if a["data"].get("outcome") not in (None, "duplicate")]
        assert len(about(found)) == count, found
        assert len(taken) == len({*taken}), found

    async def _heard(self, enough: Callable[[Sequence[dict[str, Any]]], bool], what: str) -> list[dict[str, Any]]:
        channel = await self.connection.channel()
        queue = await channel.get_queue(topology.feedback_queue(self.name), ensure=False)
        found: list[dict[str, Any]] = []

        async def more() -> bool:
            message: AbstractIncomingMessage | None = await queue.get(fail=False, no_ack=True)
            if message is not None:
                found.extend(json.loads(message.body))
            return enough(found)

        await until(more, f"{what}, of which came {found}")
        await channel.close()
        return found

    async def verdicts(self, count: int) -> list[str]:
        """Of its next answers: the outcome, or the codes, or "delayed"."""
        said = []
        for answer in await self.answers(count):
            data = answer["data"]
            kind = answer["type"].removeprefix(PREFIX)
            codes = ",".join(p["code"] for p in data.get("problems", ()))
            said.append(data.get("outcome") or codes or kind)
        return said


@dataclass
class House:
    """A vhost, a database, and the small service on both."""

    vhost: VHost
    database_url: str
    pool: "asyncpg.Pool[asyncpg.Record]"
    now: Callable[[], Any]
    partners: list[Partner] = field(default_factory=list)

    def settings(self, user: str = "survey", **knobs: Any) -> ServiceSettings:
        return ServiceSettings(
            **{
                "amqp_url": self.vhost.url(user),
                "database_url": self.database_url,
                "http_port": free_ports(1)[0],
                "public_url": "http://burenbus.example",
                "link_secret": SECRET,
                **knobs,
            }
        )

    async def partner(self, *, known: bool = True) -> Partner:
        """A new partner; `known` to the service."""
        name = f"p-{secrets.token_hex(4)}"
        url = await self.vhost.board(name)
        if known:
            await self.pool.execute(
                "INSERT INTO bus.partner VALUES ($1, 1, $1, $2, '{}', 'active', false)", name, [source_of(name)]
            )
        one = Partner(name, url, await aio_pika.connect(url), self)
        self.partners.append(one)
        return one

    @asynccontextmanager
    async def service(self, **knobs: Any) -> AsyncIterator[Service]:
        """The service, running in this process until left; then stopped in order."""
        service = build(self.settings(**knobs))
        async with service.web.router.lifespan_context(service.web):

            async def ready() -> bool:
                return not await service.troubles()

            await until(ready, "the service is ready")
            yield service

    @asynccontextmanager
    async def process(self, *, wait: bool = True, **knobs: Any) -> AsyncIterator["Process"]:
        """The service as a process of its own; killed on leaving, if it still runs."""
        one = Process(self, knobs)
        await one.start(wait=wait)
        try:
            yield one
        finally:
            if one.running:
                one.kill()
                await one.wait()

    async def effects(self) -> list[str]:
        return [row["what"] for row in await self.pool.fetch("SELECT what FROM effect ORDER BY id")]

    async def done(self, count: int) -> list[str]:
        """So many effects, and no more."""

        async def enough() -> bool:
            return len(await self.effects()) >= count

        await until(enough, f"{count} effects")
        found = await self.effects()
        assert len(found) == count
        return found

    async def relayed(self) -> bool:
        """Whether all that was said has left."""
        return not await self.pool.fetchval("SELECT count(*) FROM bus.outbox")

    async def fact(self, fact: Event, by: str = "registry", *, to: str | None = None) -> None:
        """A fact of another service, as its relay would publish it."""
        connection = await aio_pika.connect(self.vhost.url(by))
        async with connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange("restate" if to else "events", ensure=False)
            event = dump_event(write_event(fact, source=f"urn:burenbus:service:{by}", time=self.now()))
            message = aio_pika.Message(join_batch([event]), content_type=BATCH_JSON, delivery_mode=2)
            await exchange.publish(message, f"{to}.{fact.type}" if to else fact.type, mandatory=False)


async def busy(house: House) -> bool:
    """Whether a handler is at work that takes its time outside the database."""
    found = await house.pool.fetchval(
        "SELECT true FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    )
    return bool(found)


class Process:
    """The small service as an operator runs it."""

    def __init__(self, house: House, knobs: dict[str, Any]) -> None:
        self.house, self.settings = house, house.settings(**knobs)
        self._knobs = knobs
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, *, wait: bool = True) -> None:
        """Starts it, again if need be."""
        dump = self.settings.model_dump(exclude={"link_secret"}, exclude_unset=True)
        env = {f"BURENBUS_{name.upper()}": str(value) for name, value in dump.items()}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.shared.bus.small",
            env={**os.environ, **env, "BURENBUS_LINK_SECRET": SECRET},
            stderr=asyncio.subprocess.PIPE,
        )
        if wait:
            await until(self.ready, "the process is ready")

    async def ready(self) -> bool:
        assert self.running, await self.log()
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.get(f"http://127.0.0.1:{self.settings.http_port}/health/ready")
            except httpx.TransportError:
                return False
        return answer.is_success

    async def breathe(self) -> None:
        """Waits a moment for it to die."""
        assert self._process
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 0.1)

    def signal(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    def stop(self) -> None:
        self.signal(signal.SIGTERM)

    async def wait(self) -> int:
        """Its exit code."""
        assert self._process
        return await asyncio.wait_for(self._process.wait(), PATIENCE_S)

    async def log(self) -> list[dict[str, Any]]:
        """What it logged, after it has stopped."""
        assert self._process
        assert self._process.stderr
        return [json.loads(line) for line in (await self._process.stderr.read()).splitlines() if line.startswith(b"{")]


class Cable:
    """A way to a server that can be cut: to the client it is as if the server stops and starts.

    While `hush` lasts, what the server says does not arrive; what is said to it does.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        [self._port] = free_ports(1)
        self._to = (parts.hostname or "", parts.port or 0)
        self.url = urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self._port}"))
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._heard = asyncio.Event()
        self._heard.set()

    @contextlib.contextmanager
    def hush(self) -> Iterator[None]:
        self._heard.clear()
        try:
            yield
        finally:
            self._heard.set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self._port)

    def cut(self) -> None:
        assert self._server
        self._server.close()
        for end in list(self._ends):
            end.transport.abort()

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._to)
        if self._server is None or not self._server.is_serving():  # cut meanwhile
            writer.transport.abort()
            far_writer.transport.abort()
            return
        self._ends |= {writer, far_writer}
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer, self._heard))
        self._ends -= {writer, far_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may: asyncio.Event | None = None) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if may is not None:
                await may.wait()
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


async def make_vhost(whole: VHost, passwords: dict[str, str]) -> VHost:
    """A vhost beside the run's own, in which survey hears what the small service hears."""
    management = broker.Management(whole.server.api_url, f"{whole.name}-small")
    await management.create_vhost()
    wanted = topology.platform({"survey": types_heard(handlers), "reporting": types_heard(handlers)})
    users = {name: (password, topology.service_permissions(name)) for name, password in passwords.items()}
    await management.define(broker.definitions(management.vhost, wanted, users))
    return VHost(management.vhost, whole.server, management)
