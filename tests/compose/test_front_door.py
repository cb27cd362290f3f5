"""The one way in, met by who sends too much, too slowly or nothing at all: nobody else notices, and programs read problems."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import stamina

from .conftest import BODY_S
from .platform import Compose, Partner

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]
PROBLEM = "application/problem+json"
FORM = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "text/html"}
MIB = 1024 * 1024


@pytest.fixture
def door(compose: Compose) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=compose.url, timeout=120) as client:
        yield client


def pieces(size: int) -> Iterator[bytes]:
    """A body that does not say beforehand how long it is."""
    for _ in range(size // 65536):
        yield bytes(65536)


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == PROBLEM
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    return str(document["problems"][0]["code"]) if document["problems"] else ""


def test_what_is_too_large_is_told_as_a_problem(door: httpx.Client, partner: Partner) -> None:
    """One byte too many, more than the proxy lets through, and without a length: the same answer, on a connection that is read."""
    for body in (bytes(64 * 1024 + 1), bytes(MIB), bytes(40 * MIB), pieces(MIB), pieces(8 * MIB)):
        answer = door.post("/events", headers=partner.headers, content=body)
        assert (answer.status_code, code(answer)) == (413, "too-large")
    assert door.get("/partner/claims", headers=partner.headers).status_code == 200


def test_an_address_or_head_that_is_too_long_is_told_as_a_problem(door: httpx.Client, partner: Partner) -> None:
    """Also what is no HTTP at all."""
    long = "x" * 9000
    headers = {**partner.headers, "ce-subject": long}
    for answer in (door.post("/events", headers=headers), door.get(f"/partner/history?id={long}")):
        assert (answer.status_code, code(answer)) == (400, "")
    with socket.create_connection((door.base_url.host, door.base_url.port or 80), 60) as connection:
        connection.sendall(b"WHAT\r\n")
        assert b"400 Bad Request" in connection.recv(4096)


def test_a_sheet_that_is_too_large_is_told_in_words(door: httpx.Client, partner: Partner) -> None:
    """By registry to who has logged in; far too large, by the proxy to anybody."""
    door.post("/partner/inloggen", data={"token": partner.environment["BURENBUS_TOKEN"]})
    head = b'--x\r\nContent-Disposition: form-data; name="bestand"; filename="a.csv"\r\n\r\n'
    for size, says in ((11, "Dit bestand is te groot: hoogstens 10 MB."), (40, "<h1>Te groot</h1>")):
        body = head + bytes(size * MIB) + b"\r\n--x--\r\n"
        answer = door.post("/partner/aanleveren", headers=FORM, content=body)
        assert answer.status_code == 413
        assert says in answer.text


@pytest.mark.parametrize(("known", "says"), [(True, b"408 Request Timeout"), (False, b"401 Unauthorized")])
def test_a_body_that_does_not_come_is_not_waited_for(
    compose: Compose, partner: Partner, known: bool, says: bytes
) -> None:
    """Registry sees it as it comes: its own limit holds, and who has no token is not waited for at all."""
    where = urlsplit(compose.url)
    token = f"Authorization: Bearer {partner.environment['BURENBUS_TOKEN']}\r\n" if known else ""
    head = f"POST /events HTTP/1.1\r\nHost: {where.netloc}\r\n{token}Content-Type: application/cloudevents+json\r\n"
    began = time.monotonic()
    with socket.create_connection((where.hostname, where.port), 60) as connection:
        connection.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
        answer = connection.recv(4096)
    assert says in answer
    assert PROBLEM.encode() in answer
    assert (time.monotonic() - began >= BODY_S) == known


def test_many_who_say_nothing_are_in_nobodys_way(compose: Compose, door: httpx.Client, partner: Partner) -> None:
    """Nine hundred open connections, of which half began a request: a new one is answered."""
    where = urlsplit(compose.url)
    with contextlib.ExitStack() as held:
        for n in range(900):
            connection = held.enter_context(socket.create_connection((where.hostname, where.port), 60))
            if n % 2:
                connection.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\n")
        assert door.get("/kaart").status_code == 200
        assert door.get("/partner/claims", headers=partner.headers).status_code == 200


def test_a_service_that_is_away_is_told_to_programs_and_people(
    compose: Compose, door: httpx.Client, partner: Partner
) -> None:
    """A problem with Retry-After for the one, a page in Dutch for the other; the pages of other services go on."""
    compose("stop", "registry")
    try:
        for method, path in (("POST", "/events"), ("GET", "/partner/history"), ("GET", "/partner/claims")):
            answer = door.request(method, path, headers=partner.headers)
            assert (answer.status_code, code(answer)) == (503, "platform-away")
            assert answer.headers["retry-after"] == "10"
        page = door.get("/partner/inloggen")
        assert page.status_code == 503
        assert "<h1>Even niet bereikbaar</h1>" in page.text
        assert door.get("/kaart").status_code == 200
    finally:
        compose("start", "registry")
    for attempt in stamina.retry_context(on=AssertionError, timeout=120, attempts=None, wait_max=1):
        with attempt:
            assert door.get("/partner/claims", headers=partner.headers).status_code == 200
