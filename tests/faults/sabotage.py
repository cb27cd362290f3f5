"""`python -m tests.faults.sabotage SERVICE`: a service as it is, but for one fault that the environment names.

BURENBUS_SABOTAGE, one or more with spaces between:
    fail:REACTION           raises for every event: a release that is broken
    fail:REACTION:TEXT      raises when TEXT occurs in an event's data: a bug
    kill:REACTION:TEXT      the process kills itself then
    hang:REACTION:SECONDS   the first batch takes so long in a statement of the database
    relay:N                 the process is killed after its Nth round was published, before it is deleted from the outbox
    deadlock:REACTION       every third batch is the victim of a deadlock
"""

import importlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import asyncpg

from shared import outbox
from shared.bus.reactions import Reaction
from shared.events.base import Received
from shared.service import Service, main
from shared.settings import ServiceSettings
from shared.transaction import Tx

Run = Callable[[Any, Any], Awaitable[None]]


def _text(what: Received[Any] | Sequence[Received[Any]]) -> str:
    return " ".join(e.data.model_dump_json() for e in ([what] if isinstance(what, Received) else what))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _spoilt(run: Run, how: str, text: str) -> Run:
    turns = 0

    async def spoilt(what: Any, tx: Tx) -> None:
        nonlocal turns
        turns += 1
        if how == "fail" and text in _text(what):
            raise LookupError("a bug of the test's own")
        if how == "kill" and text in _text(what):
            _die()
        if how == "hang" and turns == 1:
            await tx.execute("SELECT pg_sleep($1)", float(text))
        await run(what, tx)
        if how == "deadlock" and turns % 3 == 0:
            raise asyncpg.DeadlockDetectedError

    return spoilt


def _spoil_relay(rounds: int) -> None:
    delete, done = outbox.delete, 0

    async def spoilt(connection: Any, ids: Sequence[int]) -> None:
        nonlocal done
        done += 1
        if done == rounds:
            _die()
        await delete(connection, ids)

    outbox.delete = spoilt


def spoil(reactions: Sequence[Reaction], orders: Sequence[str]) -> Sequence[Reaction]:
    """The reactions with their faults. Raises ValueError for one that does not exist."""
    by_name = {reaction.name: reaction for reaction in reactions}
    for order in orders:
        how, _, rest = order.partition(":")
        name, _, text = rest.partition(":")
        if how == "relay":
            _spoil_relay(int(rest))
        elif name in by_name:
            by_name[name] = replace(by_name[name], run=_spoilt(by_name[name].run, how, text))
        else:
            raise ValueError(order)
    return list(by_name.values())


def _main() -> None:
    name = sys.argv[1]
    module = importlib.import_module(f"services.{name}.app")
    kind: type[ServiceSettings] = importlib.import_module(f"services.{name}.settings").Settings

    def build(settings: ServiceSettings) -> Service:
        service: Service = module.build(settings)
        service.reactions = spoil(service.reactions, os.environ.get("BURENBUS_SABOTAGE", "").split())
        return service

    main(build, kind)


if __name__ == "__main__":
    _main()
