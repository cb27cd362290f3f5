"""How each process and server of the local stack is, for the table of `burenbus status`."""

import asyncio
from dataclasses import dataclass

import httpx

from deploy import health
from deploy.local import environment, postgres, rabbitmq
from deploy.local.servers import Servers
from deploy.local.state import State


@dataclass(frozen=True)
class Row:
    """How one is."""

    name: str
    pid: int | None
    port: int | None
    healthy: bool
    health: str


def of_process(state: State, name: str) -> Row:
    """How one of our processes is."""
    pid = state.pids.get(name)
    if pid is None or not pid.alive:
        return _stopped(name, state.ports.get(name))
    healthy, words = health.ask(environment.address(state, name))
    return Row(name, pid.number, state.ports[name], healthy, words)


def of_server(state: State, servers: Servers | None, name: str) -> Row:
    """How a server of ours is, or one from outside; of that one we know no process. `servers`: None when there is no stack."""
    if servers is None:
        return _stopped(name, None)
    pid = None
    url = state.database_url if name == "postgres" else state.amqp_url
    if getattr(state, f"private_{name}"):
        pid = getattr(servers, name).pid
        if pid is None or not pid.alive:
            return _stopped(name, httpx.URL(url).port)
    healthy = asyncio.run(postgres.answers(url)) if name == "postgres" else rabbitmq.answers(state.rabbitmq_api_url)
    words = ("gezond" if healthy else "antwoordt niet") + ("" if pid else " (van buiten)")
    return Row(name, pid.number if pid else None, httpx.URL(url).port, healthy, words)


def _stopped(name: str, port: int | None) -> Row:
    return Row(name, None, port, healthy=False, health="gestopt")
