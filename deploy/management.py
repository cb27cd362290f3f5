"""RabbitMQ's management API, as an administrator."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote, urlsplit, urlunsplit

import httpx

from deploy.administration import BrokerError, check_same
from shared.bus.topology import Permissions

TIMEOUT_S = 60.0


class Management:
    """One vhost through the management API (see `administration.Administration`). The address carries name and password."""

    def __init__(self, api_url: str, vhost: str) -> None:
        parts = urlsplit(api_url)
        self.vhost = vhost
        self._client = httpx.AsyncClient(
            base_url=urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) + "/api/",
            auth=(httpx.URL(api_url).username, httpx.URL(api_url).password),
            timeout=TIMEOUT_S,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def define(self, document: Mapping[str, Any]) -> None:
        await self._call("POST", "definitions", json={"rabbit_version": "3.10.0", **document})
        for kind in ("queues", "exchanges"):
            if wanted := document.get(kind):
                there = (await self._call("GET", self._at(kind))).json()
                check_same(kind, wanted, {one["name"]: one for one in there})

    async def create_vhost(self) -> None:
        await self._call("PUT", self._at("vhosts"), json={"description": "Burenbus"})
        me = (await self._call("GET", "whoami")).json()["name"]
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        await self._call("PUT", self._at("permissions", me), json=everything)

    async def delete_vhost(self) -> None:
        await self._call("DELETE", self._at("vhosts"), missing_ok=True)

    async def queues(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self._call("GET", self._at("queues"))).json()
        return [{"messages": 1, **queue} for queue in found]  # a queue that was just made has no count yet

    async def holds_messages(self, queue: str) -> bool:
        """Whether a message waits in a queue at this moment. Looking counts as a delivery of it."""
        peek = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "base64", "truncate": 1}
        return bool((await self._call("POST", self._at("queues", queue, "get"), json=peek)).json())

    async def purge(self) -> None:
        names = [queue["name"] for queue in await self.queues()]
        await asyncio.gather(*(self._call("DELETE", self._at("queues", name, "contents")) for name in names))

    async def retire(self, queue: str) -> bool:
        if await self._unbind(queue):
            return False  # what was under way may still arrive
        [found] = [one for one in await self.queues() if one["name"] == queue] or [{"messages": 0}]
        if found["messages"] or await self.holds_messages(queue):
            return False
        await self.delete_queue(queue)
        return True

    async def delete_queue(self, queue: str) -> None:
        await self._call("DELETE", self._at("queues", queue), missing_ok=True)

    async def permit(self, user: str, may: Permissions) -> None:
        rights = {"configure": may.configure, "write": may.write, "read": may.read}
        await self._call("PUT", self._at("permissions", user), json=rights)
        for exchange, keys in may.topics.items():
            topic = {"exchange": exchange, "write": keys, "read": ".*"}
            await self._call("PUT", self._at("topic-permissions", user), json=topic)

    async def limit_user(self, user: str, *, connections: int, channels: int) -> None:
        for name, value in (("max-connections", connections), ("max-channels", channels)):
            await self._call("PUT", f"user-limits/{quote(user, safe='')}/{name}", json={"value": value})

    async def delete_user(self, user: str) -> None:
        await self._call("DELETE", f"users/{quote(user, safe='')}", missing_ok=True)
        await self.disconnect(user)

    async def disconnect(self, user: str) -> None:
        # By user: the list of all connections lags some seconds, and whoever just came in would be overlooked.
        await self._call("DELETE", f"connections/username/{quote(user, safe='')}", missing_ok=True)

    async def connections(self) -> Counter[str]:
        there = (await self._call("GET", self._at("vhosts", "connections"))).json()
        return Counter(connection.get("user", "") for connection in there)

    async def _unbind(self, queue: str) -> int:
        bindings = (await self._call("GET", self._at("queues", queue, "bindings"))).json()
        named = [one for one in bindings if one["source"]]  # each queue is bound to the default exchange for good
        for one in named:
            where = ("e", one["source"], "q", queue, one["properties_key"])
            await self._call("DELETE", self._at("bindings", *where), missing_ok=True)
        return len(named)

    def _at(self, kind: str, *names: str) -> str:
        return "/".join((kind, *(quote(name, safe="") for name in (self.vhost, *names))))

    async def _call(self, method: str, path: str, *, json: object = None, missing_ok: bool = False) -> httpx.Response:
        try:
            try:
                answer = await self._client.request(method, path, json=json)
            except httpx.RemoteProtocolError:  # it closed a connection that lay idle; all that is asked can be repeated
                answer = await self._client.request(method, path, json=json)
            if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:  # a connection went while it was being closed
                answer = await self._client.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise BrokerError(f"De beheer-API van RabbitMQ antwoordt niet: {error!r}") from error
        if answer.is_success or (missing_ok and answer.status_code == httpx.codes.NOT_FOUND):
            return answer
        raise BrokerError(f"RabbitMQ weigert {method} {path}: {answer.status_code} {answer.text[:500]}")
