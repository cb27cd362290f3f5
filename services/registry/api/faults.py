"""What a program hears when its request cannot be served: a problem (RFC 9457) with every fault, in Dutch and English."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from shared import db
from shared.events.problems import DOCUMENTATION, Problem, problem

MEDIA_TYPE = "application/problem+json"
TITLES: Mapping[int, str] = {
    400: "Geweigerd / Refused",
    401: "Geen geldig token / No valid token",
    403: "Niet toegestaan / Not allowed",
    404: "Niet gevonden / Not found",
    408: "Te langzaam / Too slow",
    413: "Te groot / Too large",
    415: "Onbekend formaat / Unknown format",
    429: "Te veel tegelijk / Too much at once",
    503: "Even niet beschikbaar / Unavailable for a moment",
}
AWAY_S = 10
"""When to try again, where the platform is away and cannot know itself."""
DRAIN_S, DRAIN_BYTES = 2.0, 2 * 1024 * 1024
"""A client that is still sending reads its answer only if we read on for a while; a longer one is cut off."""


class Fault(Exception):
    """The request ends here, with this status and these problems."""

    def __init__(self, status: int, *problems: Problem, retry_s: float | None = None, **headers: str) -> None:
        super().__init__(f"{status}: {', '.join(p.code for p in problems)}")
        self.status, self.problems = status, problems
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if retry_s is not None:
            self.headers["Retry-After"] = str(max(math.ceil(retry_s), 1))

    def response(self) -> JSONResponse:
        """The problem document."""
        return JSONResponse(document(self.status, self.problems), self.status, self.headers, MEDIA_TYPE)


def document(status: int, problems: Sequence[Problem]) -> dict[str, Any]:
    """A problem document; its type is that of its first problem."""
    kind = f"{DOCUMENTATION}#{problems[0].code}" if problems else "about:blank"
    return {"type": kind, "title": TITLES[status], "status": status, "problems": said(problems)}


def said(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems as they go over the wire."""
    return [p.model_dump(by_alias=True, exclude_none=True) for p in problems]


def away() -> Fault:
    """The platform cannot do its work for now."""
    return Fault(503, problem("platform-away"), retry_s=AWAY_S)


class ProblemRoute(APIRoute):
    """A route for programs: whatever goes wrong in it is told as a problem."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                with db.world():
                    return await handler(request)
            except Fault as fault:
                found = fault
            except db.WorldAway:
                found = away()
            except RequestValidationError as error:
                found = Fault(400, *(_of_parameter(e) for e in error.errors()))
            response = found.response()
            if not await _drained(request):
                response.headers["Connection"] = "close"
            return response

        return handle


def _of_parameter(error: Mapping[str, Any]) -> Problem:
    """A parameter of the query that cannot be read; `pointer` is its name."""
    *_, name = error["loc"]
    value = error.get("input")
    code = "time" if str(error["type"]).startswith(("datetime", "timezone")) else "parameter"
    return problem(code, f"/{name}", value=value if isinstance(value, str | int) else None)


async def _drained(request: Request) -> bool:
    read = 0
    try:
        async with asyncio.timeout(DRAIN_S):
            async for chunk in request.stream():
                read += len(chunk)
                if read > DRAIN_BYTES:
                    return False
    except (TimeoutError, ClientDisconnect):
        return False
    except RuntimeError:  # it was read already
        return True
    return True
