import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest
import pytest_asyncio

from deploy.demo.client import Client
from shared.events.base import PREFIX

TYPE = f"{PREFIX}initiative-reported.v1"


def event(number: int, kind: str = TYPE) -> dict[str, object]:
    data = {"event": {"id": str(number)}} if "event-" in kind else {"externalId": str(number)}
    return {"specversion": "1.0", "id": str(number), "source": "urn:x", "type": kind, "data": data}


@pytest.fixture
def name() -> str:
    """Broker users belong to the broker and not to the vhost."""
    return f"demo-{secrets.token_hex(4)}"


@pytest_asyncio.fixture
async def admin(vhost) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    connection = await aio_pika.connect(vhost.admin_url)
    async with connection:
        yield await connection.channel()


async def taken(admin: aio_pika.abc.AbstractChannel, queue: str) -> list[tuple[str | None, Any]]:
    """Everything in a queue: content type and body of each message, in order."""
    found = []
    source = await admin.get_queue(queue, ensure=False)
    while message := await source.get(fail=False):
        found.append((message.content_type, json.loads(message.body)))
        await message.ack()
    return found


async def test_a_partner_with_batches_sends_events_of_one_type_together(vhost, admin, name):
    """One message for a run of one type, in the order in which they were said."""
    withdrawn = f"{PREFIX}initiative-withdrawn.v1"
    async with Client(name, await vhost.board(name)) as client:
        said = [event(1), event(2), event(3, withdrawn), event(4)]
        await client.publish(said, batches=True)
    got = await taken(admin, f"registry.from.{name}")
    assert [[e["id"] for e in batch] for _, batch in got] == [["1", "2"], ["3"], ["4"]]
    assert {kind for kind, _ in got} == {"application/cloudevents-batch+json"}


async def test_a_partner_without_batches_sends_every_event_alone(vhost, admin, name):
    """As the simplest of clients does."""
    async with Client(name, await vhost.board(name)) as client:
        await client.publish([event(1), event(2)], batches=False)
        assert client.unanswered == 2
    got = await taken(admin, f"registry.from.{name}")
    assert [(kind, e["id"]) for kind, e in got] == [("application/cloudevents+json", str(n)) for n in (1, 2)]


async def test_answers_are_counted_by_outcome_and_other_news_apart(vhost, admin, name):
    """A batch of feedback holds answers of any outcome; a fact about the partner's own is no answer."""
    url = await vhost.board(name)
    feedback = [
        event(n, f"{PREFIX}{kind}.v1") for n, kind in enumerate(("event-accepted", "event-refused", "event-delayed"))
    ]
    feedback.append(event(9, f"{PREFIX}possible-duplicate-found.v1"))
    exchange = await admin.get_exchange("feedback", ensure=False)
    await exchange.publish(aio_pika.Message(json.dumps(feedback).encode()), name)
    async with Client(name, url) as client:
        await client.heard.wait()
        assert dict(client.answers) == {"accepted": 1, "refused": 1, "delayed": 1}
        assert client.answered == {"0", "1"}
        assert dict(client.told) == {"possible-duplicate-found": 1}
