"""A service as it is, but for the faults that the environment names.

BURENBUS_SABOTAGE, none, or one or more with spaces between:
    fail:REACTION           raises for every event: a release that is broken
    fail:REACTION:TEXT      raises when TEXT occurs in an event's data: a bug
    kill:REACTION:TEXT      the process kills itself then
    hang:REACTION:SECONDS   the first batch of several events takes so long in a statement of the database (for one that is alone,
                            that would be its own fault)
    relay:N                 the process is killed once N events were published, before the last of them are deleted from
                            the outbox
    clock:FILE              its clock is ahead by as many seconds as the file says
"""

import importlib
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from deploy.databases import SERVICES
from shared import outbox
from shared.clock import Clock, system_clock
from shared.events.base import Received
from shared.service import Service, main
from shared.settings import ServiceSettings
from shared.transaction import Tx

Run = Callable[[Any, Any], Awaitable[None]]
APPS = {name: importlib.import_module(f"services.{name}.app") for name in SERVICES}
SETTINGS = {name: importlib.import_module(f"services.{name}.settings").Settings for name in SERVICES}


def _text(what: Received[Any] | Sequence[Received[Any]]) -> str:
    return " ".join(e.data.model_dump_json() for e in ([what] if isinstance(what, Received) else what))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _spoilt(run: Run, how: str, text: str) -> Run:
    hung = False

    async def spoilt(what: Any, tx: Tx) -> None:
        nonlocal hung
        if how == "fail" and text in _text(what):
            raise LookupError("a bug of the test's own")
        if how == "kill" and text in _text(what):
            _die()
        if how == "hang" and not hung and isinstance(what, Sequence) and len(what) > 1:
            hung = True
            await tx.execute("SELECT pg_sleep($1)", float(text))
        await run(what, tx)

    return spoilt


def _spoil_relay(events: int) -> None:
    delete, said = outbox.delete, 0

    async def spoilt(connection: Any, ids: Sequence[int]) -> None:
        nonlocal said
        question = "SELECT coalesce(sum(events), 0)::int FROM bus.outbox WHERE id = ANY($1::bigint[])"
        said += await connection.fetchval(question, ids)
        if said >= events:
            _die()
        await delete(connection, ids)

    outbox.delete = spoilt


def _ahead(file: Path) -> Clock:
    return lambda: system_clock() + timedelta(seconds=float(file.read_text()))


def _spoil(service: Service, orders: Sequence[str]) -> None:
    """Puts the faults into the service. Raises ValueError for one that does not exist."""
    by_name = {reaction.name: reaction for reaction in service.reactions}
    for order in orders:
        how, _, rest = order.partition(":")
        name, _, text = rest.partition(":")
        if how == "relay":
            _spoil_relay(int(rest))
        elif how == "clock":
            service.clock = service.web.state.clock = _ahead(Path(rest))
        elif how in ("fail", "kill", "hang") and name in by_name:
            by_name[name] = replace(by_name[name], run=_spoilt(by_name[name].run, how, text))
        else:
            raise ValueError(order)
    service.reactions = list(by_name.values())


def run(name: str) -> None:
    """The service, until it is stopped; as `python -m services.NAME` runs it."""

    def build(settings: ServiceSettings) -> Service:
        service: Service = APPS[name].build(settings)
        _spoil(service, os.environ["BURENBUS_SABOTAGE"].split())
        return service

    main(build, SETTINGS[name])
