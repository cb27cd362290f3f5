"""The registry as it runs, behind a real HTTP server, with a real broker; and partners who have only a token."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import aio_pika
import httpx
import uvicorn

from services.registry.actions import boarding
from services.registry.store import tokens
from shared.bus import topology
from shared.clock import system_clock
from shared.events.base import PREFIX, Event
from shared.events.envelope import EVENT_JSON, new_id, write_event
from shared.events.partner import InitiativeReported
from shared.service import Service
from tests.conftest import VHost
from tests.room import source_of
from tests.waiting import until


@dataclass
class Sender:
    """A partner that comes in over HTTP."""

    name: str
    token: str
    http: httpx.AsyncClient
    house: "House"

    def event(self, data: Event | None = None, **changes: Any) -> dict[str, Any]:
        """A CloudEvent of this partner; `changes` replace attributes, None takes them away."""
        said = data or InitiativeReported(external_id="U-1", name="Stadsdorp Zuid", kind="stadsdorp")
        event = write_event(said, source=source_of(self.name), time=system_clock(), id=new_id())
        return {k: v for k, v in {**event, **changes}.items() if v is not None}

    async def post(
        self, body: Any, kind: str = "application/cloudevents+json", **headers: str | bytes
    ) -> httpx.Response:
        """POST /events."""
        content = body if isinstance(body, bytes) else httpx.Request("POST", "http://x", json=body).content
        named = [("content-type", kind), *((k.replace("_", "-"), v) for k, v in headers.items())]
        encoded = [(k.encode(), v.encode() if isinstance(v, str) else v) for k, v in named]
        return await self.http.post("/events", content=content, headers=encoded)

    async def batch(self, *events: Any) -> httpx.Response:
        return await self.post(list(events), "application/cloudevents-batch+json")

    async def history(self, **asked: Any) -> list[dict[str, Any]]:
        answer = await self.http.get("/partner/history", params=asked)
        assert answer.status_code == 200, answer.text
        lines: list[dict[str, Any]] = answer.json()["events"]
        return lines

    async def became(self, event_id: str, count: int = 1) -> list[dict[str, Any]]:
        """The answers to an event, when there are so many."""

        async def answered() -> list[dict[str, Any]]:
            lines = [one for one in await self.history(id=event_id) if one["outcome"] != "underway"]
            return lines if len(lines) >= count else []

        found: list[dict[str, Any]] = await until(answered, f"answers to {event_id}")
        return found


@dataclass
class House:
    """What runs."""

    url: str
    registry: Service
    vhost: VHost
    senders: list[Sender] = field(default_factory=list)

    async def sender(self, **known: Any) -> Sender:
        """A new partner with a token, and its queues."""
        name = f"p-{secrets.token_hex(4)}"
        await self.vhost.board(name)
        assert self.registry.database
        async with self.registry.database.transaction() as tx:
            await boarding.board(tx, name, title=name.title(), **known)
            token = await tokens.issue(tx, name)
        client = httpx.AsyncClient(
            base_url=self.url, trust_env=False, timeout=30, headers={"authorization": f"Bearer {token}"}
        )
        self.senders.append(Sender(name, token, client, self))
        return self.senders[-1]

    async def set_status(self, sender: Sender, status: Literal["active", "suspended"]) -> None:
        """Suspends a partner, or lets it go on."""
        assert self.registry.database
        async with self.registry.database.transaction() as tx:
            await boarding.set_status(tx, sender.name, status)

    async def amqp(self, sender: Sender, event: dict[str, Any]) -> None:
        """An event of the partner over its own broker connection."""
        async with await aio_pika.connect(self.vhost.url(f"{sender.name}.1")) as connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange(topology.IN, ensure=False)
            message = aio_pika.Message(json.dumps(event).encode(), content_type=EVENT_JSON)
            await exchange.publish(message, f"{sender.name}.{event['type'].removeprefix(PREFIX)}")

    async def feedback(self, sender: Sender, count: int) -> list[dict[str, Any]]:
        """What lies in the partner's feedback queue, when there are so many."""
        told: list[dict[str, Any]] = []

        async def enough() -> bool:
            for message in await self.lying(topology.feedback_queue(sender.name)):
                told.extend(json.loads(message.body))
            return len(told) >= count

        await until(enough, f"{count} answers")
        return told

    async def lying(self, queue: str) -> list[aio_pika.abc.AbstractIncomingMessage]:
        """The messages in a queue; they stay away."""
        async with await aio_pika.connect(self.vhost.admin_url) as connection:
            channel = await connection.channel()
            found = await channel.get_queue(queue, ensure=False)
            messages = []
            while message := await found.get(fail=False, no_ack=True):
                messages.append(message)
            return messages

    async def close(self) -> None:
        for sender in self.senders:
            await sender.http.aclose()
            await self.vhost.management.delete_user(f"{sender.name}.1")
            for queue in topology.partner(sender.name).queues:
                await self.vhost.management.delete_queue(queue.name)


@asynccontextmanager
async def serving(service: Service, port: int) -> AsyncIterator[None]:
    """The service as a process would run it, in this one; ready when entered."""
    server = uvicorn.Server(uvicorn.Config(service.web, host="127.0.0.1", port=port, log_config=None, access_log=False))
    with contextlib.suppress(asyncio.CancelledError):
        task = asyncio.create_task(server._serve())

        async def ready() -> bool:
            assert not task.done()
            return server.started and not await service.troubles()

        await until(ready, f"{service.name} is ready")
        try:
            yield
        finally:
            server.should_exit = True
            await task
