"""Where the work of the partner commands is done: in the registry's database, and at the broker."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from deploy.errors import DeployError, WrongCommand

if TYPE_CHECKING:
    from collections import Counter

    from deploy.administration import Administration
    from deploy.settings import AdminSettings
    from shared.transaction import Tx

R = TypeVar("R")

Name = Annotated[str, typer.Argument(metavar="NAAM", help="De naam op de bus, zoals omzien.", show_default=False)]


@dataclass(frozen=True, slots=True)
class Where:
    """The administrator's settings, and where partners come in."""

    admin: "AdminSettings"
    amqp_url: str
    http_url: str

    def addresses(self, user: str, password: str) -> tuple[str, str]:
        """Where this partner speaks AMQP, with its name and password in it, and where it speaks HTTP."""
        from deploy import broker

        amqp = broker.amqp_url(self.amqp_url, user=user, password=password, vhost=self.admin.vhost)
        return amqp, self.http_url.rstrip("/")


def settings() -> Where:
    """From the environment, else from the local stack. Raises DeployError."""
    import os

    from deploy.rooms import settings_of
    from deploy.settings import admin, elsewhere

    given = admin()
    amqp = given.partner_amqp_url or os.environ.get("BURENBUS_AMQP_URL")
    if not amqp and not elsewhere():
        from deploy.local.current import current

        amqp = current().state.amqp_url
    return Where(given, amqp or "amqp://127.0.0.1:5672/", settings_of("registry").public_url)


def at_both(work: "Callable[[Tx, Administration], Awaitable[R]]") -> R:
    """Does the work in one transaction on the registry's database, with the broker at hand. Raises DeployError."""
    from deploy import broker
    from deploy.settings import admin

    given = admin()

    async def both(tx: "Tx") -> R:
        async with broker.administration(given) as management:
            return await work(tx, management)

    return in_registry(both)


def at_broker(work: "Callable[[Administration], Awaitable[R]]") -> R:
    """Does the work at the broker alone. Raises DeployError."""
    from deploy import broker
    from deploy.settings import admin

    given = admin()

    async def there() -> R:
        async with broker.administration(given) as management:
            return await work(management)

    return asyncio.run(there())


def in_registry(work: "Callable[[Tx], Awaitable[R]]") -> R:
    """Does the work in one transaction on the registry's database. Raises DeployError with why it cannot be done."""
    from deploy.rooms import in_service
    from services.registry.actions.boarding import CannotBoard
    from services.registry.store.partners import SourceTaken

    try:
        return in_service("registry", work)
    except SourceTaken as taken:
        raise WrongCommand(f"De bron {taken.source} is al van {taken.partner}.") from None
    except CannotBoard as reason:
        raise WrongCommand(str(reason)) from None


def looked_up() -> "Counter[str] | None":
    """How many connections each broker user has open; None when the broker does not tell."""
    try:
        return at_broker(lambda management: management.connections())
    except DeployError:
        return None
