"""A process that dies at a chosen await: all that runs in it stops there, and the servers see its connections go.

It is a task and all the tasks that it starts, client libraries' included. Its ways to the servers are Cables, that are
cut at its death: what it had sent and the server has not got is lost, as is what the server had answered.
"""

import asyncio
import contextlib
import types
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any

from .broker import Cable

BURIAL_S = 20.0

_life: ContextVar["Life | None"] = ContextVar("life", default=None)


class Died(BaseException):
    """The process is no more."""


@dataclass(eq=False)
class Life:
    """One life of a process: it ends at the nth await after `begin`, or not before its work is done (`dies_at` 0).

    `answered`: at the moment at which what it waited for has come, and it knows nothing of it yet; otherwise as soon as it
    would begin to wait.
    """

    dies_at: int = 0
    answered: bool = False
    awaits: int = 0
    _begun: bool = False
    _dead: asyncio.Event = field(default_factory=asyncio.Event)
    _buried: bool = False
    _tasks: set["asyncio.Task[Any]"] = field(default_factory=set)
    _cables: list[Cable] = field(default_factory=list)

    def begin(self) -> None:
        """From here on its awaits are counted."""
        self._begun = True

    @property
    def over(self) -> bool:
        """It died, or came to its end."""
        return self._dead.is_set()

    async def live(self, main: Callable[..., Coroutine[Any, Any, None]], *servers: str) -> bool:
        """Runs `main(*addresses)` as the process, with an address for each server; gives whether it came to its end.

        Raises what `main` raises.
        """
        self._cables = [Cable(server) for server in servers]
        for cable in self._cables:
            await cable.mend()
        loop, context = asyncio.get_running_loop(), copy_context()
        context.run(_life.set, self)
        before = loop.get_task_factory()
        loop.set_task_factory(_born)
        process = loop.create_task(main(*(cable.url for cable in self._cables)), context=context)
        death = loop.create_task(self._dead.wait())
        try:
            await asyncio.wait({process, death}, return_when=asyncio.FIRST_COMPLETED)
            died = self._dead.is_set()
        finally:
            death.cancel()
            await self._bury()
            loop.set_task_factory(before)
        if not died:
            process.result()
        return not died

    def _die(self) -> None:
        self._dead.set()
        for cable in self._cables:
            cable.cut()

    async def _bury(self) -> None:
        """Nothing of it goes on. Its tasks are unwound, in a world in which they reach nobody."""
        if not self._dead.is_set():
            self._die()
        for _ in range(3):
            await asyncio.sleep(0)  # tasks that were about to begin
        self._buried = True
        async with asyncio.timeout(BURIAL_S):
            while left := [task for task in self._tasks if not task.done()]:
                for task in left:
                    task.cancel()
                await asyncio.wait(left, timeout=0.5)

        for task in self._tasks:
            task.cancelled() or task.exception()

    @types.coroutine
    def _steps(self, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """What Task does with a coroutine, until the process is dead."""
        go: Callable[[Any], Any] = coroutine.send
        given: Any = None
        unwinding = False
        while True:
            if self._dead.is_set() and not unwinding:
                while not self._buried:
                    with contextlib.suppress(asyncio.CancelledError):
                        yield from asyncio.get_running_loop().create_future()
                go, given, unwinding = coroutine.throw, Died(), True
            try:
                awaited = go(given)
            except StopIteration as end:
                return end.value
            mine = self._counts()
            if mine and not self.answered:
                self._die()
            try:
                given = yield awaited
                go = coroutine.send
            except BaseException as error:  # noqa: BLE001 - is the coroutine's to judge
                go, given = coroutine.throw, error
            if mine and self.answered and not self._dead.is_set():
                self._die()

    def _counts(self) -> bool:
        if not self._begun or self._dead.is_set():
            return False
        self.awaits += 1
        return self.awaits == self.dies_at

    def task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **more: Any
    ) -> "asyncio.Task[Any]":
        async def step_by_step() -> Any:
            return await self._steps(coroutine)

        one = asyncio.Task(step_by_step(), loop=loop, **more)
        self._tasks.add(one)
        return one


def _born(loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> "asyncio.Task[Any]":
    context: Context = more.get("context") or copy_context()
    life = context.get(_life)
    return life.task(loop, coroutine, **more) if life else asyncio.Task(coroutine, loop=loop, **more)
