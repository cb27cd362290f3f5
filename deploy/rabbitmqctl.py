"""RabbitMQ through its own command `rabbitmqctl`, where there is no management API.

Slower (each call starts an Erlang machine, about a second), and in one thing less: `rabbitmqctl` cannot take away a
binding, so queues of facts that are no longer heard are told and never removed (see `retire`).
"""

import asyncio
import base64
import json
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Self

from deploy.administration import BrokerError, check_same
from shared.bus.topology import Permissions

TIMEOUT_S = 120.0
IMPORT = "rabbit_definitions:import_raw"
"""What `rabbitmqctl import_definitions` calls. That command itself reads no standard input on RabbitMQ 4 (and waits for
ever), and a file with hashes of passwords must not lie about; `eval`, alone on its line, reads it on 3.10 and on 4."""
NO_USER = "does not exist"
NO_QUEUE = "Queue not found"


class Rabbitmqctl:
    """One vhost through `rabbitmqctl` (see `administration.Administration`).

    `command` is what stands before its arguments, as one types it: `docker compose exec -T rabbitmq rabbitmqctl`.
    Passwords go through standard input, hashed: no list of processes shows them.
    """

    def __init__(self, command: str, vhost: str) -> None:
        self.vhost = vhost
        self._command = shlex.split(command)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing stays open."""

    async def define(self, document: Mapping[str, Any]) -> None:
        whole = json.dumps({"rabbit_version": "3.10.0", **document})
        encoded = base64.b64encode(whole.encode()).decode()
        said = await self._run("eval", stdin=f'{IMPORT}(base64:decode("{encoded}")).')
        if said.strip() != "ok":
            raise BrokerError(f"RabbitMQ neemt de definities niet aan: {_short(said)}")
        for kind, columns in (("queues", ()), ("exchanges", ("type",))):
            if wanted := document.get(kind):
                rows = await self._list(f"list_{kind}", "-p", self.vhost, "name", "durable", "arguments", *columns)
                check_same(kind, wanted, {row["name"]: {**row, "arguments": _table(row["arguments"])} for row in rows})

    async def create_vhost(self) -> None:
        """Make the vhost. Whoever runs `rabbitmqctl` needs no permissions in it."""
        if self.vhost not in {row["name"] for row in await self._list("list_vhosts", "name")}:
            await self._call("add_vhost", self.vhost)

    async def delete_vhost(self) -> None:
        await self._call("delete_vhost", self.vhost, missing=NO_USER)

    async def queues(self) -> list[dict[str, Any]]:
        return await self._list("list_queues", "-p", self.vhost, "name", "messages")

    async def purge(self) -> None:
        for queue in await self.queues():
            await self._call("purge_queue", "-p", self.vhost, queue["name"])

    async def retire(self, queue: str) -> bool:  # noqa: ARG002 - of the protocol
        """Never: a binding cannot be taken away here, and a queue that is bound may still get messages."""
        return False

    async def delete_queue(self, queue: str) -> None:
        await self._call("delete_queue", "-p", self.vhost, queue, missing=NO_QUEUE)

    async def permit(self, user: str, may: Permissions) -> None:
        await self._call("set_permissions", "-p", self.vhost, user, may.configure, may.write, may.read)
        for exchange, keys in may.topics.items():
            await self._call("set_topic_permissions", "-p", self.vhost, user, exchange, keys, ".*")

    async def limit_user(self, user: str, *, connections: int, channels: int) -> None:
        limits = {"max-connections": connections, "max-channels": channels}
        await self._call("set_user_limits", user, json.dumps(limits))

    async def delete_user(self, user: str) -> None:
        await self._call("delete_user", user, missing=NO_USER)  # which closes its connections

    async def disconnect(self, user: str) -> None:
        await self._call("close_all_user_connections", user, "closed by the administrator")

    async def connections(self) -> Counter[str]:
        rows = await self._list("list_connections", "user", "vhost")
        return Counter(row["user"] for row in rows if row["vhost"] == self.vhost)

    async def _list(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(await self._call(*arguments, "--formatter", "json"))
        return found

    async def _call(self, *arguments: str, missing: str | None = None) -> str:
        """What it prints. Raises BrokerError; `missing` is what it says of something that was not there, which is fine."""
        return await self._run("--silent", *arguments, missing=missing)

    async def _run(self, *words: str, stdin: str = "", missing: str | None = None) -> str:
        whole, name = [*self._command, *words], next(word for word in words if not word.startswith("--"))
        try:
            process = await asyncio.create_subprocess_exec(
                *whole, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
        except OSError as error:
            raise BrokerError(f"`{self._command[0]}` (uit BURENBUS_RABBITMQCTL) start niet: {error.strerror}") from None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                out, err = await process.communicate(stdin.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            raise BrokerError(f"rabbitmqctl {name} is na {TIMEOUT_S:.0f} seconden niet klaar.") from None
        said = err.decode(errors="replace").strip()
        if process.returncode == 0 or (missing is not None and missing in said):
            return out.decode()
        raise BrokerError(f"rabbitmqctl {name} lukt niet ({process.returncode}): {_short(said)}")


def _table(rows: Sequence[Sequence[Any]] | Mapping[str, Any]) -> dict[str, Any]:
    """A table of arguments: `rabbitmqctl` prints it as [name, type, value] (3.10), or as an object."""
    return dict(rows) if isinstance(rows, Mapping) else {name: value for name, _, value in rows}


def _short(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return " ".join(lines[:8])[:500]
