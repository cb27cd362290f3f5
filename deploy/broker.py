"""The administrator's side of RabbitMQ: topology, users and permissions.

Services and partners never configure anything; what they use is made here.
"""

import base64
import hashlib
import importlib
import importlib.util
import os
import pkgutil
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.administration import Administration, BrokerError
from deploy.management import Management
from deploy.rabbitmqctl import Rabbitmqctl
from shared.bus import topology
from shared.bus.reactions import types_heard
from shared.events.base import Event

__all__ = ["Administration", "BrokerError", "Management", "Rabbitmqctl"]

PARTNER_CONNECTIONS = 5
PARTNER_CHANNELS = 20


class BrokerSettings(Protocol):
    """Where the broker is: one of the two is not empty."""

    @property
    def rabbitmq_api_url(self) -> str: ...
    @property
    def rabbitmqctl(self) -> str: ...
    @property
    def vhost(self) -> str: ...


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


async def apply(management: Administration, passwords: Mapping[str, str]) -> list[str]:
    """Make the platform's part of the vhost, or bring it up to date: exchanges, queues, bindings, the services' users.

    A queue of a fact that a service hears no longer gets nothing more; it is removed by a later call, once it is empty.
    Returns the names of such queues that still hold messages.
    """
    wanted = topology.platform(hears())
    users = {name: (password, topology.service_permissions(name)) for name, password in passwords.items()}
    await management.create_vhost()
    await management.define(definitions(management.vhost, wanted, users))
    return await _retire(management, {queue.name for queue in wanted.queues})


async def board(
    management: Administration, partner: str, passwords: Mapping[str, str], *, publishes: bool = True
) -> None:
    """Make a partner's queues and its users (name to password), each with its limits. Doing it again changes passwords.

    `publishes` is False for a partner that stands still. Raises ValueError for a name that is not a partner's.
    """
    permissions = topology.partner_permissions(partner, publishes=publishes)
    users = {name: (password, permissions) for name, password in passwords.items()}
    await management.define(definitions(management.vhost, topology.partner(partner), users))
    for user in users:
        await management.limit_user(user, connections=PARTNER_CONNECTIONS, channels=PARTNER_CHANNELS)


async def let_publish(management: Administration, partner: str, users: Iterable[str], *, publishes: bool) -> None:
    """Let a partner's users publish, or not: then they are cut off, and can come back to read their answers only."""
    for user in users:
        await management.permit(user, topology.partner_permissions(partner, publishes=publishes))
        if not publishes:
            await management.disconnect(user)  # a channel goes on by what it could when it was opened


async def unboard(management: Administration, partner: str) -> None:
    """Take away all that a partner has at the broker, with what is still in its queues."""
    for user in topology.partner_users(partner):
        await management.delete_user(user)
    for queue in topology.partner(partner).queues:
        await management.delete_queue(queue.name)


async def waiting(management: Administration, partner: str) -> int:
    """How many messages of a partner no service has finished yet; the count lags (`administration.COUNTS_LAG_S`)."""
    intake = {topology.intake_queue(service, partner) for service in topology.TAKERS}
    return sum(queue["messages"] for queue in await management.queues() if queue["name"] in intake)


def administration(settings: BrokerSettings) -> Administration:
    """The broker as its administrator reaches it: by `rabbitmqctl` where the settings name that command."""
    if settings.rabbitmqctl:
        return Rabbitmqctl(settings.rabbitmqctl, settings.vhost)
    return Management(settings.rabbitmq_api_url, settings.vhost)


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


async def _retire(management: Administration, wanted: set[str]) -> list[str]:
    left = []
    for queue in await management.queues():
        name = queue["name"]
        service, _, rest = name.partition(".")
        if name in wanted or service not in topology.SERVICES or rest.startswith("from."):
            continue
        if not await management.retire(name):
            left.append(name)
    return left
