"""What partners put on the wire, on a real broker: whatever it is, it harms nobody and is answered."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import pika
import pika.exceptions
import pytest
from aio_pika.exceptions import AMQPError

from shared.bus import topology
from shared.events.envelope import BATCH_LIMIT, EVENT_JSON, EVENT_LIMIT_BYTES

from .broker import House
from .small.events import order, response

MIB = 1024 * 1024


def properties(**strange: Any) -> pika.BasicProperties:
    return pika.BasicProperties(**{"content_type": EVENT_JSON, "delivery_mode": 2, **strange})


POISON: dict[str, dict[str, Any]] = {
    "message_id": {"message_id": b"\xff\xfe"},
    "correlation_id": {"correlation_id": b"\xc3\x28"},
    "content_type": {"content_type": b"application/\xff"},
    "type": {"type": b"\xf0\x28\x8c\x28"},
    "header key": {"headers": {b"\xff": "x"}},
    "header value": {"headers": {"x": b"\xff\xfe"}},
    "timestamp": {"timestamp": 2**63},
    "timestamp in a header": {"headers": {"when": datetime(9999, 12, 31, tzinfo=UTC)}},
    "reply_to": {"reply_to": "registry.dead"},
}


async def test_poison_among_good_messages_harms_nobody(house: House) -> None:
    """Bytes that make a decoder raise would take the connection down, and with it every message that is on its way."""
    partner = await house.partner()
    wanted = []
    for name, strange in POISON.items():
        good = [(partner.event(order(f"{name} {n}")), properties()) for n in range(10)]
        wanted += [f"{name} {n}" for n in range(10)]
        bad = (partner.event(order(f"{name} poison")), properties(**strange))
        partner.raw(*good[:5], bad, *good[5:])
    async with house.service() as service:
        await partner.answers(11 * len(POISON))
        assert await service.troubles() == []
    effects = await house.effects()
    assert {*wanted} <= {*effects}
    assert {f"{name} poison" for name in POISON if name != "content_type"} <= {*effects}
    assert len(effects) == len({*effects})


async def test_a_strange_delivery_mode_does_not_silence_the_consumer(house: House) -> None:
    """Some brokers take it, some close the connection on it: what was said before and after is answered."""
    partner = await house.partner()
    async with house.service():
        try:
            partner.raw((partner.event(order("mode 7")), properties(delivery_mode=7)))
        except pika.exceptions.AMQPError:
            taken = 0
        else:
            taken = 1
        await partner.say(*[order(f"hallo {n}") for n in range(3)])
        await partner.answers(3 + taken)


async def test_reply_to_is_ignored(house: House) -> None:
    """A partner cannot make a service publish where it wants."""
    partner = await house.partner()
    async with house.service():
        await partner.publish(
            partner.event(order("hallo")), reply_to=topology.dead_queue("registry"), correlation_id="c"
        )
        await partner.answers(1)
    admin = await aio_pika.connect(house.vhost.admin_url)
    async with admin:
        queue = await (await admin.channel()).declare_queue(topology.dead_queue("registry"), passive=True)
        assert queue.declaration_result.message_count == 0


async def test_the_body_counts_and_not_the_message_id(house: House) -> None:
    """Without a message id all is well; one message id for two events makes no duplicate of the second."""
    partner = await house.partner()
    async with house.service():
        await partner.publish(partner.event(order("een")), message_id=None)
        await partner.publish(partner.event(order("twee")), partner.event(order("drie")), message_id="same")
        assert await partner.verdicts(3) == ["new"] * 3


@pytest.mark.parametrize("prefix", ["ce-", "cloudEvents:", "cloudEvents_"])
async def test_binary_mode(house: House, prefix: str) -> None:
    """Attributes in headers, data in the body; a time may be a timestamp of AMQP."""
    partner = await house.partner()
    event = json.loads(partner.event(order("hallo")))
    data = json.dumps(event.pop("data")).encode()
    headers = {f"{prefix}{name}": value for name, value in event.items() if name != "datacontenttype"}
    async with house.service():
        await partner.publish(data, content_type="application/json", headers=headers)
        stamp = headers | {f"{prefix}id": "another", f"{prefix}time": datetime.now(UTC) - timedelta(seconds=1)}
        await partner.publish(data, content_type="application/json", headers=stamp)
        assert await partner.verdicts(2) == ["new", "new"]


async def test_a_batch_stands_and_falls_event_by_event(house: House) -> None:
    """A hundred events in one message, one of them refused; a hundred and one are too many; two types do not mix."""
    partner = await house.partner()
    async with house.service():
        await partner.batch(*[partner.event(order("refuse:x" if n == 7 else f"{n}")) for n in range(BATCH_LIMIT)])
        assert Counter(await partner.verdicts(BATCH_LIMIT)) == {"new": BATCH_LIMIT - 1, "unknown-question,type": 1}
        await partner.batch(*[partner.event(order(f"{n}")) for n in range(BATCH_LIMIT + 1)])
        await partner.batch(partner.event(order("een")), partner.event(response()))
        assert await partner.verdicts(2) == ["batch-size", "mixed-batch"]


async def test_sizes(house: House) -> None:
    """Just within 64 KB is taken, above it is refused; above 1 MiB the broker closes the channel, to that partner alone."""
    partner, other = await house.partner(), await house.partner()
    event = json.loads(partner.event(order("hallo"), id="big"))
    event["filler"] = ""
    size = len(json.dumps(event, separators=(",", ":")))
    async with house.service():
        event["filler"] = "x" * (EVENT_LIMIT_BYTES - size)
        await partner.publish(json.dumps(event, separators=(",", ":")).encode())
        event |= {"filler": "x" * (EVENT_LIMIT_BYTES - size + 1), "id": "big2"}
        await partner.publish(json.dumps(event, separators=(",", ":")).encode())
        assert await partner.verdicts(2) == ["new", "too-large"]
        with pytest.raises(AMQPError):
            await partner.publish(b"x" * (MIB + 1))
        await other.say(order("hallo"))
        assert await other.verdicts(1) == ["new"]


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{not json", EVENT_JSON, "not-json"),
        (b"\xff\xfe", EVENT_JSON, "not-json"),
        (b"", EVENT_JSON, "not-json"),
        (b'"text"', EVENT_JSON, "not-cloudevent"),
        (b"[" * 500 + b"]" * 500, EVENT_JSON, "too-deep"),
        (b'{"id": 1e400}', EVENT_JSON, "not-json"),
        (b'{"id": "e1", "data": NaN}', EVENT_JSON, "not-json"),
        (b'{"id": "\\ud800"}', EVENT_JSON, "not-json"),
        (b'{"id": ' + b"9" * 5000 + b"}", EVENT_JSON, "not-json"),
        (b"{}", "text/html", "content-type"),
    ],
)
async def test_what_is_no_event_is_refused_and_answered(
    house: House, body: bytes, content_type: str, code: str
) -> None:
    """Nothing is dropped in silence."""
    partner = await house.partner()
    async with house.service():
        await partner.publish(body, content_type=content_type)
        assert await partner.verdicts(1) == [code]


async def test_what_cannot_be_read_is_answered_by_its_message_id(house: House) -> None:
    """Two such messages under one message id are both refused: it is not the id of an event."""
    partner = await house.partner()
    async with house.service():
        await partner.publish(b"{not json", b"{nor this", message_id="m1")
        answers = await partner.answers(2)
    told = [a["data"]["event"] for a in answers]
    assert [t["id"] for t in told] == ["m1", "m1"]
    assert {t["sha256"] for t in told} == {hashlib.sha256(b).hexdigest() for b in (b"{not json", b"{nor this")}
    assert [a["data"]["problems"][0]["code"] for a in answers] == ["not-json", "not-json"]
