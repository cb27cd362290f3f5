"""What the HTTP door bears: large, slow and lying requests, and one partner that sends too fast."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from services.registry.domain.rate import Bucket, Rates
from shared.clock import FixedClock, system_clock
from shared.events.envelope import EVENT_LIMIT_BYTES, MESSAGE_LIMIT_BYTES
from tests.room import NOW
from tests.waiting import PATIENCE_S, until

from .conftest import Open
from .house import House, Sender

BATCH = "application/cloudevents-batch+json"


@asynccontextmanager
async def begun(
    sender: Sender, start: bytes, kind: str = "application/cloudevents+json"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A request in so many words, of which `start` comes behind the headers of who sends it."""
    address = urlsplit(sender.house.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sender.token}\r\nContent-Type: {kind}\r\n"
    writer.write(head.encode() + start)
    await writer.drain()
    try:
        yield reader, writer
    finally:
        writer.close()


async def answered(reader: asyncio.StreamReader) -> tuple[int, str]:
    """The status, and all that was said."""
    said = await asyncio.wait_for(reader.read(65536), PATIENCE_S)
    return int(said.split(b" ")[1]), said.decode()


async def raw(sender: Sender, said: bytes) -> tuple[int, str]:
    """What a request is answered of which no more comes than this."""
    async with begun(sender, said) as (reader, _):
        return await answered(reader)


def sized(sender: Sender, size: int) -> bytes:
    """An event of exactly so many bytes."""
    event = sender.event()
    event["data"]["x"] = ""
    event["data"]["x"] = "é" * ((size - len(json.dumps(event, ensure_ascii=False).encode())) // 2)
    body = json.dumps(event, ensure_ascii=False).encode()
    return body + b" " * (size - len(body))


async def test_an_event_may_be_so_large_and_no_larger(door: House) -> None:
    """64 KB goes in; one byte more is 413, however its length is told."""
    partner = await door.sender()
    assert (await partner.post(sized(partner, EVENT_LIMIT_BYTES))).status_code == 202
    body = sized(partner, EVENT_LIMIT_BYTES + 1)
    answer = await partner.post(body)
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (413, "too-large")

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    answer = await partner.http.post(
        "/events", content=chunks(), headers={"content-type": "application/cloudevents+json"}
    )
    assert answer.status_code == 413
    assert (await partner.post(partner.event())).status_code == 202


async def test_a_batch_may_be_so_large_and_no_larger(door: House) -> None:
    """1 MiB; an event in it that is too large is refused alone."""
    partner = await door.sender()
    big, small = json.loads(sized(partner, EVENT_LIMIT_BYTES + 1000)), partner.event()
    answer = await partner.batch(big, small)
    assert [one["status"] for one in answer.json()["events"]] == ["refused", "received"]
    body = b"[" + b" " * MESSAGE_LIMIT_BYTES + b"]"
    answer = await partner.post(body, BATCH)
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (413, "too-large")


async def test_a_length_that_is_a_lie(door: House) -> None:
    """Too large a length is 413 before a byte has come; one that is no number, or one of two that differ, is 400."""
    partner = await door.sender()
    status, said = await raw(partner, b"Content-Length: 99999999999\r\n\r\n{")
    assert status == 413
    assert "connection: close" in said.lower()
    status, _ = await raw(partner, b"Content-Length: -5\r\n\r\n{}")
    assert status == 400
    status, _ = await raw(partner, b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}   \r\n0\r\n\r\n")
    assert status == 400
    assert (await partner.post(partner.event())).status_code == 202


async def test_a_slow_body_is_given_up(open_door: Open) -> None:
    """What never comes, and what comes a drop at a time for as long as it is listened to: 408, and the place is free."""
    partner = await (await open_door(door_body_s=0.3, door_requests=1)).sender()
    status, said = await raw(partner, b"Content-Length: 50\r\n\r\n{}")
    assert status == 408
    assert "too-slow" in said
    assert "connection: close" in said.lower()
    async with begun(partner, b"Transfer-Encoding: chunked\r\n\r\n") as (reader, writer):
        answer = asyncio.create_task(answered(reader))

        async def given_up() -> bool:
            writer.write(b"1\r\n \r\n")
            return answer.done()

        await until(given_up, "the door gives up")
        assert (await answer)[0] == 408


async def test_chunks_are_one_body(door: House) -> None:
    """Chunked, in pieces, without a length: an event like any other."""
    partner = await door.sender()
    event = json.dumps(partner.event(id="c1")).encode()
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (event[:10], event[10:11], event[11:]))
    status, _ = await raw(partner, b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
    assert status == 202
    [became] = await partner.became("c1")
    assert became["outcome"] == "new"


async def test_a_partner_that_sends_too_fast_waits_and_no_other(open_door: Open) -> None:
    """429 with when to come back; what a batch holds is counted; another partner notices nothing."""
    door = await open_door(door_events_per_second=0.5, door_burst_events=3)
    door.registry.web.state.clock = clock = FixedClock(system_clock())
    partner, other = await door.sender(), await door.sender()
    assert (await partner.batch(*[partner.event() for _ in range(5)])).status_code == 202
    answer = await partner.post(partner.event())
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (429, "too-fast")
    assert answer.headers["retry-after"] == "6"
    assert (await other.post(other.event())).status_code == 202
    clock.advance(timedelta(seconds=6))
    assert (await partner.post(partner.event())).status_code == 202


async def test_so_many_requests_may_be_open_at_once(open_door: Open) -> None:
    """Requests that drag on take places of their own partner alone, until they are done."""
    door = await open_door(door_requests=2, door_body_s=300)
    partner, other = await door.sender(), await door.sender()
    body = json.dumps(partner.event()).encode()
    start = b"Content-Length: %d\r\n\r\n" % len(body)

    async def both_are_in() -> bool:
        return bool(door.registry.web.state.rates.open.get(partner.name) == 2)

    async with begun(partner, start) as one, begun(partner, start) as another:
        await until(both_are_in, "both are at the door")
        answer = await partner.post(partner.event())
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (429, "too-many-requests")
        assert (await other.post(other.event())).status_code == 202
        for reader, writer in (one, another):
            writer.write(body)
            assert (await reader.readline()).split()[1] == b"202"
    assert (await partner.post(partner.event())).status_code == 202


def test_a_bucket_fills_at_its_rate_and_no_further_than_its_rim() -> None:
    """What a large batch took beyond is waited for."""
    bucket = Bucket(per_second=2, burst=10, level=10, at=NOW)
    assert bucket.wait_s(NOW) == 0
    bucket.take(15)
    assert bucket.wait_s(NOW) == pytest.approx(3)
    assert bucket.wait_s(NOW + timedelta(seconds=2)) == pytest.approx(1)
    assert bucket.wait_s(NOW + timedelta(seconds=3)) == 0
    assert bucket.wait_s(NOW + timedelta(hours=1)) == 0
    assert bucket.level == 10
    assert bucket.wait_s(NOW) == 0, "a clock that was set back takes nothing away"


def test_partners_that_are_quiet_take_no_room() -> None:
    """Who has no request open is not in the table of those who have."""
    rates = Rates(per_second=1, burst=1, at_once=1)
    assert rates.enter("omzien")
    assert not rates.enter("omzien")
    rates.leave("omzien")
    assert rates.open == {}


async def test_a_body_without_end_is_cut_off(door: House) -> None:
    """No more is read than may be, and a little to let the sender hear it; what it goes on sending reaches nobody."""
    partner = await door.sender()
    async with begun(partner, b"Transfer-Encoding: chunked\r\n\r\n", BATCH) as (reader, writer):
        answer = asyncio.create_task(reader.readline())
        sent, chunk = 0, b"8000\r\n" + b" " * 0x8000 + b"\r\n"
        with contextlib.suppress(ConnectionError):
            while not answer.done() and sent < 64 * MESSAGE_LIMIT_BYTES:
                writer.write(chunk)
                await writer.drain()
                sent += len(chunk)
        assert (await answer).split()[1] == b"413"
    assert sent < 16 * MESSAGE_LIMIT_BYTES
