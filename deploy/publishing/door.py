"""The platform over HTTP: publish, ask what it holds of us, and what became of what we sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import TypeAdapter

from deploy.errors import DeployError
from shared.events.envelope import BATCH_JSON, join_batch
from shared.events.problems import Problem
from shared.sheets import Said

from .job import Answer, Item
from .reasons import WRONG_ACCESS, sentence

TRIES = 8
"""Times that a request is made that meets a platform that is busy or away."""
LONGEST_PAUSE_S = 60.0
POLL_S = (0.3, 0.5, 1.0, 2.0, 3.0)
"""Pauses between looking for answers; the last one goes on."""
SKEW = timedelta(minutes=15)
"""How far our clock may be ahead of the platform's, for finding what we sent in its history."""
MARGIN = timedelta(minutes=5)
"""How much earlier an answer may say that an event came in than the history said while it was underway: the event is worked
while the door still writes down that it came."""
NOT_FINAL = ("underway", "delayed")
_PROBLEMS = TypeAdapter(tuple[Problem, ...])
Pause = Callable[[float], Any]


@dataclass(frozen=True, slots=True)
class Owner:
    """The partner that a token is of, and the sources that it may speak as."""

    partner: str
    sources: tuple[str, ...]


@dataclass
class Door:
    """A partner's way in, with its token. `http` has the platform's address and the token."""

    http: httpx.AsyncClient
    pause: Pause = asyncio.sleep
    delayed: set[str] = field(default_factory=set)
    """Ids of what the history said, when it was last looked at, to be delayed by a fault of the platform."""

    async def whose(self) -> Owner:
        """Whose token it is."""
        response = await self._ask("GET", "/partner/claims", params={"limit": "1"})
        if response.status_code != httpx.codes.OK:
            raise DeployError(_sentence(response))
        try:
            said = response.json()
            return Owner(said["partner"], tuple(said["sources"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DeployError(f"{self.http.base_url} antwoordt niet als het platform. Klopt het adres bij --url?") from error  # fmt: skip

    async def claims(self) -> dict[str, Said]:
        """What the platform holds as this partner's last word, by external id."""
        held: dict[str, Said] = {}
        async for page in self._pages("/partner/claims", {"limit": "1000"}):
            held |= {c["externalId"]: Said(c["sha256"], c["withdrawn"]) for c in page["claims"]}
        return held

    async def send(self, items: Sequence[Item]) -> dict[str, Answer]:
        """Publishes one batch; returns when the platform has it. Gives the answers that it had at once: refusals, by id."""
        response = await self._ask("POST", "/events", content=join_batch(i.body for i in items), headers={"content-type": BATCH_JSON})  # fmt: skip
        if response.status_code == httpx.codes.ACCEPTED:
            lines = response.json()["events"]
            return {
                line["id"]: Answer("refused", _PROBLEMS.validate_python(line["problems"]))
                for line in lines
                if line["status"] == "refused"
            }
        problems = _problems(response)
        by_place = [
            [p.model_copy(update={"pointer": _below(p.pointer, n)}) for p in problems if _is_at(p.pointer, n)]
            for n in range(len(items))
        ]
        if response.status_code not in (400, 403, 413) or not all(by_place):
            raise DeployError(_sentence(response))
        return {item.id: Answer("refused", tuple(at)) for item, at in zip(items, by_place, strict=True)}

    async def answers(
        self, ids: Collection[str], since: datetime, *, patience_s: float
    ) -> AsyncIterator[dict[str, Answer]]:
        """Final answers to these events as they come, each once; ends when all are there, or when none came for
        `patience_s` seconds."""
        missing, waited, turn = set(ids), 0.0, 0
        since -= SKEW
        while missing:
            found, oldest = await self._look(missing, since)
            since = max(oldest - MARGIN, since) if oldest else since
            if found:
                missing -= found.keys()
                waited, turn = 0.0, 0
                yield found
            if not missing or waited >= patience_s:
                return
            pause = POLL_S[min(turn, len(POLL_S) - 1)]
            await self.pause(pause)
            waited, turn = waited + pause, turn + 1

    async def _look(self, ids: Collection[str], since: datetime) -> tuple[dict[str, Answer], datetime | None]:
        """What is in the history now; and when the oldest came in of what is underway, if all is there."""
        found: dict[str, Answer] = {}
        underway: dict[str, datetime] = {}
        delayed = set()
        async for page in self._pages("/partner/history", {"since": since.isoformat(), "limit": "500"}):
            for line in page["events"]:
                event_id = line.get("id")
                if event_id not in ids:
                    continue
                if line["outcome"] in NOT_FINAL:
                    underway[event_id] = datetime.fromisoformat(line["receivedAt"])
                    delayed |= {event_id} if line["outcome"] == "delayed" else set()
                elif event_id not in found or line["outcome"] != "duplicate":  # the older answer says what became of it
                    said = line.get("problems") or line.get("warnings") or ()
                    found[event_id] = Answer(line["outcome"], _PROBLEMS.validate_python(said))
        self.delayed = (self.delayed | delayed) - found.keys()
        late = [at for event_id, at in underway.items() if event_id not in found]
        return found, min(late) if late and len(late) + len(found) == len(ids) else None

    async def _pages(self, path: str, asked: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        while True:
            response = await self._ask("GET", path, params=asked)
            if response.status_code != httpx.codes.OK:
                raise DeployError(_sentence(response))
            page = response.json()
            yield page
            if not page.get("next"):
                return
            asked = dict(httpx.URL(page["next"]).params)

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One request, made again when the platform is busy or away: what it had taken, it knows by its id."""
        for turn in range(1, TRIES + 1):
            try:
                response = await self.http.request(method, path, **request)
            except httpx.TransportError as error:
                if turn == TRIES:
                    raise DeployError(f"{self.http.base_url} is niet te bereiken: {sentence(error)}") from error
                await self.pause(min(2.0**turn / 4, LONGEST_PAUSE_S))
                continue
            if response.status_code not in (429, 502, 503, 504) or turn == TRIES:
                return response
            await self.pause(_retry_after(response) or min(2.0**turn / 4, LONGEST_PAUSE_S))
        raise AssertionError


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), LONGEST_PAUSE_S) if text.isdigit() else None


def _problems(response: httpx.Response) -> tuple[Problem, ...]:
    try:
        return _PROBLEMS.validate_python(response.json()["problems"])
    except (ValueError, KeyError, TypeError):
        return ()


def _sentence(response: httpx.Response) -> str:
    said = " ".join(dict.fromkeys(p.nl for p in _problems(response)))
    if said and response.status_code == httpx.codes.UNAUTHORIZED:
        said = WRONG_ACCESS
    return f"Het platform weigert dit ({response.status_code}). {said or 'Klopt het adres bij --url?'}"


def _is_at(pointer: str, place: int) -> bool:
    return pointer == f"/{place}" or pointer.startswith(f"/{place}/")


def _below(pointer: str, place: int) -> str:
    return pointer.removeprefix(f"/{place}")
