"""Reading what a partner sends over HTTP: which form it has, and no more of it than may be, within its time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from fastapi import Request
from starlette.requests import ClientDisconnect

from shared.events.envelope import BATCH_JSON, EVENT_JSON, EVENT_LIMIT_BYTES, MESSAGE_LIMIT_BYTES
from shared.events.problems import Problem, problem

from .faults import Fault

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Form:
    """How the events of a request are written: its content type, and in binary mode the attributes in its headers."""

    content_type: str
    attributes: Mapping[str, str]

    @property
    def is_batch(self) -> bool:
        """Whether the body is a list of events."""
        return self.content_type == BATCH_JSON

    @property
    def limit_bytes(self) -> int:
        """How long the body may be."""
        return MESSAGE_LIMIT_BYTES if self.is_batch else EVENT_LIMIT_BYTES


def form_of(request: Request) -> Form:
    """The form of a request. Raises Fault: 415 for one that is not known, 400 for an attribute that is there twice."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Fault(415, problem("content-encoding", value=encoding), Accept_Encoding="identity")
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    kind, charset = kind.strip().lower(), _charset(parameters)
    expected = f"{EVENT_JSON}, {BATCH_JSON}, {JSON}"
    if kind not in (EVENT_JSON, BATCH_JSON, JSON) or charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise Fault(415, problem("content-type", value=request.headers.get("content-type", ""), expected=expected))
    names = [k for k in request.headers if k.startswith("ce-")]
    if kind != JSON:
        return Form(kind, {})
    twice: list[Problem] = [problem("repeated", f"/{k[3:]}", value=k) for k in sorted(set(names)) if names.count(k) > 1]
    if twice:
        raise Fault(400, *twice)
    return Form(kind, {name: _text(request.headers[name]) for name in names})


async def read(request: Request, limit: int, within_s: float) -> bytes:
    """The body. Raises Fault: 413 for one that is (or says it is) longer than `limit` bytes, 408 for one that takes longer
    than `within_s`."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise Fault(413, problem("too-large", size=int(declared[:20]), limit=limit))
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise Fault(413, problem("too-large", size=len(body), limit=limit))
    except TimeoutError as error:
        raise Fault(408, problem("too-slow", limit=f"{within_s:g}")) from error
    except ClientDisconnect as error:  # nobody reads this
        raise Fault(400, problem("too-slow", limit=f"{within_s:g}")) from error
    return bytes(body)


def _charset(parameters: str) -> str:
    for one in parameters.split(";"):
        name, _, value = one.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""


def _text(value: str) -> str:
    """An attribute in a header: percent-encoded UTF-8, perhaps in quotes (CloudEvents HTTP binding 1.0, 3.1.3.2). Bytes
    beyond ASCII, which that does not allow, are taken for UTF-8."""
    raw = value.encode("latin-1", "replace").decode("utf-8", "replace")
    if len(raw) > 1 and raw[0] == raw[-1] == '"':
        raw = raw[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return unquote(raw, errors="replace")
