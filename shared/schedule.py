"""Time passes: functions that a service runs again and again, each in a transaction of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from .bus.reactions import bind
from .logs import get_logger
from .transaction import Database, Tx

F = TypeVar("F", bound=Callable[..., Awaitable[None]])
_MARK = "__burenbus_every__"
_log = get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """A function of a transaction, and how many seconds lie between two runs of it."""

    name: str
    seconds: float
    run: Callable[[Tx], Awaitable[None]]


def every(*, seconds: float) -> Callable[[F], F]:
    """Marks `async def job(tx)`. Every replica runs it: claim rows with FOR UPDATE SKIP LOCKED."""

    def mark(function: F) -> F:
        setattr(function, _MARK, seconds)
        return function

    return mark


def jobs_in(*modules: ModuleType, **knobs: Any) -> Sequence[Job]:
    """The marked functions of these modules, with `knobs` bound as for reactions."""
    return [
        Job(function.__name__, getattr(function, _MARK), bind(function, knobs))
        for module in modules
        for function in vars(module).values()
        if hasattr(function, _MARK) and getattr(function, "__module__", None) == module.__name__
    ]


async def run(jobs: Sequence[Job], database: Database) -> None:
    """Runs the jobs until cancelled; one that fails is logged and tried again at its next turn."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeat(job, database), name=job.name)


async def _repeat(job: Job, database: Database) -> None:
    while True:
        try:
            async with asyncio.timeout(60), database.transaction() as tx:
                await job.run(tx)
        except Exception:  # noqa: BLE001 - the next turn may succeed
            _log.exception("job failed", job=job.name)
        await asyncio.sleep(job.seconds)
