"""What an administrator can ask of RabbitMQ. Through its management API where there is one, else through `rabbitmqctl`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, Self

from deploy.errors import DeployError
from shared.bus.topology import Permissions


class BrokerError(DeployError):
    """RabbitMQ refused what the administrator asked, or does not answer."""


class Administration(Protocol):
    """One vhost, and the users of the broker. Each method can be repeated: what is done stays done."""

    @property
    def vhost(self) -> str:
        """The vhost that this is about."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def define(self, document: Mapping[str, Any]) -> None:
        """Make everything in a definitions document that is not there yet; what is there is left as it is.

        Raises BrokerError when a queue or exchange exists with other properties: RabbitMQ keeps the old ones without
        a word, and what the platform relies on (limits, dead-lettering) would not hold.
        """
        ...

    async def create_vhost(self) -> None:
        """Make the vhost, and let our own administrator in."""
        ...

    async def delete_vhost(self) -> None:
        """Remove the vhost with everything in it. Nothing happens when it is not there."""
        ...

    async def queues(self) -> list[dict[str, Any]]:
        """Every queue of the vhost, with at least `name` and `messages`; that count lags, see `COUNTS_LAG_S`."""
        ...

    async def purge(self) -> None:
        """Empty every queue."""
        ...

    async def retire(self, queue: str) -> bool:
        """Let nothing more into a queue, and remove it once it is empty. False when it is still there."""
        ...

    async def delete_queue(self, queue: str) -> None:
        """Remove a queue with what is in it."""
        ...

    async def permit(self, user: str, may: Permissions) -> None:
        """What a user may do from now on. Open connections go on by what they could before: `disconnect` it."""
        ...

    async def limit_user(self, user: str, *, connections: int, channels: int) -> None:
        """How many connections and channels a user may have open at once."""
        ...

    async def delete_user(self, user: str) -> None:
        """Remove a user and close its connections."""
        ...

    async def disconnect(self, user: str) -> None:
        """Close every connection of a user."""
        ...

    async def connections(self) -> Counter[str]:
        """How many connections each user has open in the vhost; one that was opened within five seconds may lack."""
        ...


COUNTS_LAG_S = 11.0
"""How old the count of a quorum queue's messages may be: two periods of five seconds, and one for the road."""


def check_same(kind: str, wanted: Iterable[Mapping[str, Any]], there: Mapping[str, Mapping[str, Any]]) -> None:
    """Whether `queues` or `exchanges` are there as they were wanted. Raises BrokerError."""
    keys = ("type", "durable", "arguments") if kind == "exchanges" else ("durable", "arguments")
    for one in wanted:
        found = there.get(one["name"], {})
        if differs := [key for key in keys if found.get(key) != one[key]]:
            raise BrokerError(
                f"In RabbitMQ bestaat {kind[:-1]} {one['name']} al met andere eigenschappen ({', '.join(differs)}): "
                f"{[found.get(key) for key in differs]} in plaats van {[one[key] for key in differs]}. "
                "Verwijder die (eerst leeg laten lopen) en probeer opnieuw."
            )
