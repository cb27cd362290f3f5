"""The administrator's side of RabbitMQ: topology, users and permissions, through its management API.

Services and partners never configure anything; what they use is made here.
"""

import asyncio
import base64
import hashlib
import importlib
import importlib.util
import os
import pkgutil
from collections.abc import Iterable, Mapping
from typing import Any, Self
from urllib.parse import quote, urlsplit, urlunsplit

import httpx

from deploy.errors import DeployError
from shared.bus import topology
from shared.bus.reactions import types_heard
from shared.events.base import Event

TIMEOUT_S = 60.0
PARTNER_CONNECTIONS = 5
PARTNER_CHANNELS = 20
QUEUE_KEYS = ("durable", "arguments")


class BrokerError(DeployError):
    """RabbitMQ refused what the administrator asked, or does not answer."""


def password_hash(password: str) -> str:
    """RabbitMQ's salted SHA-256 of a password (https://www.rabbitmq.com/docs/passwords, "Computing password hash")."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def amqp_url(admin_url: str, *, user: str, password: str, vhost: str) -> str:
    """The address of the same broker for another user and vhost."""
    parts = urlsplit(admin_url)
    where = parts.netloc.rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{where}", path="/" + quote(vhost, safe="")))


def hears() -> dict[str, list[type[Event]]]:
    """The event types that each service reacts to, read from its handlers; a service without handlers hears nothing."""
    found = {}
    for service in topology.SERVICES:
        name = f"services.{service}.handlers"
        modules = [importlib.import_module(name)] if importlib.util.find_spec(name) else []
        for package in modules[:1]:
            inside = pkgutil.iter_modules(getattr(package, "__path__", ()), f"{name}.")
            modules += [importlib.import_module(module.name) for module in inside]
        found[service] = types_heard(*modules)
    return found


async def apply(management: "Management", passwords: Mapping[str, str]) -> list[str]:
    """Make the platform's part of the vhost, or bring it up to date: exchanges, queues, bindings, the services' users.

    A queue of a fact that a service hears no longer gets nothing more; it is removed by a later call, once it is empty.
    Returns the names of such queues that still hold messages.
    """
    wanted = topology.platform(hears())
    users = {name: (password, topology.service_permissions(name)) for name, password in passwords.items()}
    await management.create_vhost()
    await management.define(definitions(management.vhost, wanted, users))
    return await _retire(management, {queue.name for queue in wanted.queues})


async def board(management: "Management", partner: str, passwords: Mapping[str, str]) -> None:
    """Make a partner's queues and its users (name to password), each with its limits. Doing it again changes passwords.

    Raises ValueError for a name that is not a partner's.
    """
    permissions = topology.partner_permissions(partner)
    users = {name: (password, permissions) for name, password in passwords.items()}
    await management.define(definitions(management.vhost, topology.partner(partner), users))
    for user in users:
        await management.limit_user(user, connections=PARTNER_CONNECTIONS, channels=PARTNER_CHANNELS)


def definitions(
    vhost: str, wanted: topology.Topology, users: Mapping[str, tuple[str, topology.Permissions]]
) -> dict[str, Any]:
    """A topology and users (name to password and permissions) as a document that RabbitMQ imports."""
    return {
        "exchanges": [
            {
                "name": name,
                "vhost": vhost,
                "type": kind,
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": dict(arguments),
            }
            for name, (kind, arguments) in wanted.exchanges.items()
        ],
        "queues": [
            {
                "name": queue.name,
                "vhost": vhost,
                "durable": True,
                "auto_delete": False,
                "arguments": dict(queue.arguments),
            }
            for queue in wanted.queues
        ],
        "bindings": [
            {
                "source": binding.exchange,
                "vhost": vhost,
                "destination": binding.queue,
                "destination_type": "queue",
                "routing_key": binding.routing_key,
                "arguments": {},
            }
            for binding in wanted.bindings
        ],
        "users": [
            {
                "name": name,
                "password_hash": password_hash(password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": [],
            }
            for name, (password, _) in users.items()
        ],
        "permissions": [
            {"user": name, "vhost": vhost, "configure": may.configure, "write": may.write, "read": may.read}
            for name, (_, may) in users.items()
        ],
        "topic_permissions": [
            {"user": name, "vhost": vhost, "exchange": exchange, "write": keys, "read": ".*"}
            for name, (_, may) in users.items()
            for exchange, keys in may.topics.items()
        ],
    }


async def _retire(management: "Management", wanted: set[str]) -> list[str]:
    left = []
    for queue in await management.queues():
        name = queue["name"]
        service, _, rest = name.partition(".")
        if name in wanted or service not in topology.SERVICES or rest.startswith("from."):
            continue
        if await management.unbind(name) or queue.get("messages", 1) or await management.holds_messages(name):
            left.append(name)
        else:
            await management.delete_queue(name)
    return left


class Management:
    """The management API for one vhost, as an administrator. The address carries name and password."""

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
        """Make everything in a definitions document that is not there yet; what is there is left as it is.

        Raises BrokerError when a queue or exchange exists with other properties: RabbitMQ keeps the old ones without
        a word, and what the platform relies on (limits, dead-lettering) would not hold.
        """
        await self._call("POST", "definitions", json={"rabbit_version": "3.10.0", **document})
        await self._check("queues", document.get("queues", ()))
        await self._check("exchanges", document.get("exchanges", ()))

    async def create_vhost(self) -> None:
        """Make the vhost, and let our own administrator in."""
        await self._call("PUT", self._at("vhosts"), json={"description": "Burenbus"})
        me = (await self._call("GET", "whoami")).json()["name"]
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        await self._call("PUT", self._at("permissions", me), json=everything)

    async def delete_vhost(self) -> None:
        """Remove the vhost with everything in it. Nothing happens when it is not there."""
        await self._call("DELETE", self._at("vhosts"), missing_ok=True)

    async def queues(self) -> list[dict[str, Any]]:
        """Every queue of the vhost, as the API describes it; counts are up to five seconds old."""
        found: list[dict[str, Any]] = (await self._call("GET", self._at("queues"))).json()
        return found

    async def holds_messages(self, queue: str) -> bool:
        """Whether a message waits in a queue at this moment. Looking counts as a delivery of it."""
        peek = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "base64", "truncate": 1}
        return bool((await self._call("POST", self._at("queues", queue, "get"), json=peek)).json())

    async def purge(self) -> None:
        """Empty every queue."""
        names = [queue["name"] for queue in await self.queues()]
        await asyncio.gather(*(self._call("DELETE", self._at("queues", name, "contents")) for name in names))

    async def unbind(self, queue: str) -> int:
        """Let nothing more into a queue; returns how many bindings that took."""
        bindings = (await self._call("GET", self._at("queues", queue, "bindings"))).json()
        named = [one for one in bindings if one["source"]]  # each queue is bound to the default exchange for good
        for one in named:
            where = ("e", one["source"], "q", queue, one["properties_key"])
            await self._call("DELETE", self._at("bindings", *where), missing_ok=True)
        return len(named)

    async def delete_queue(self, queue: str) -> None:
        """Remove a queue with what is in it."""
        await self._call("DELETE", self._at("queues", queue), missing_ok=True)

    async def limit_user(self, user: str, *, connections: int, channels: int) -> None:
        """How many connections and channels a user may have open at once."""
        for name, value in (("max-connections", connections), ("max-channels", channels)):
            await self._call("PUT", f"user-limits/{quote(user, safe='')}/{name}", json={"value": value})

    async def delete_user(self, user: str) -> None:
        """Remove a user. Its open connections are closed first, or they would live on."""
        await self._call("DELETE", f"users/{quote(user, safe='')}", missing_ok=True)
        await self.disconnect(user)

    async def disconnect(self, user: str) -> None:
        """Close every connection of a user."""
        for connection in (await self._call("GET", self._at("vhosts", "connections"))).json():
            if connection.get("user") == user:
                name = quote(connection["name"], safe="")
                await self._call("DELETE", f"connections/{name}", missing_ok=True)

    async def _check(self, kind: str, wanted: Iterable[Mapping[str, Any]]) -> None:
        there = {one["name"]: one for one in (await self._call("GET", self._at(kind))).json()}
        keys = ("type", *QUEUE_KEYS) if kind == "exchanges" else QUEUE_KEYS
        for one in wanted:
            found = there.get(one["name"], {})
            if differs := [key for key in keys if found.get(key) != one[key]]:
                raise BrokerError(
                    f"In RabbitMQ bestaat {kind[:-1]} {one['name']} al met andere eigenschappen ({', '.join(differs)}): "
                    f"{[found.get(key) for key in differs]} in plaats van {[one[key] for key in differs]}. "
                    "Verwijder die (eerst leeg laten lopen) en probeer opnieuw."
                )

    def _at(self, kind: str, *names: str) -> str:
        return "/".join((kind, *(quote(name, safe="") for name in (self.vhost, *names))))

    async def _call(self, method: str, path: str, *, json: object = None, missing_ok: bool = False) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise BrokerError(f"De beheer-API van RabbitMQ antwoordt niet: {error!r}") from error
        if answer.is_success or (missing_ok and answer.status_code == httpx.codes.NOT_FOUND):
            return answer
        raise BrokerError(f"RabbitMQ weigert {method} {path}: {answer.status_code} {answer.text[:500]}")
