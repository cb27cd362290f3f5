"""Where everything of a running platform is, for its administrator and for the partners of the demo."""

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

from deploy import broker
from deploy.databases import SERVICES
from deploy.errors import DeployError
from deploy.settings import admin, service_environment
from shared.settings import ServiceSettings
from shared.transaction import Tx, connect

if TYPE_CHECKING:
    from deploy.local.stack import Stack  # needs the extra `local`, which the image does not have

S = TypeVar("S", bound=ServiceSettings)
_PREFIX = "BURENBUS_"


@dataclass(frozen=True)
class Platform:
    """Addresses with their names and passwords. `environments`: what each service reads at its start."""

    environments: Mapping[str, Mapping[str, str]]
    amqp_url: str
    rabbitmq_api_url: str
    vhost: str
    url: str
    """The gateway: every page."""
    mail: Path
    """The Maildir in which all mail ends."""
    mail_url: str

    @property
    def admin_amqp_url(self) -> str:
        """The broker for its administrator."""
        return urlunsplit(urlsplit(self.amqp_url)._replace(path="/" + quote(self.vhost, safe="")))

    def partner_amqp_url(self, user: str, password: str) -> str:
        """The broker for a partner's user."""
        return broker.amqp_url(self.amqp_url, user=user, password=password, vhost=self.vhost)

    def database_url(self, service: str) -> str:
        """A service's own database, as its own role."""
        return self.environments[service][f"{_PREFIX}DATABASE_URL"]

    def settings(self, service: str, kind: type[S]) -> S:
        """The settings with which a service runs."""
        given = self.environments[service].items()
        return kind.model_validate({k.removeprefix(_PREFIX).lower(): v for k, v in given if k.startswith(_PREFIX)})

    @contextlib.asynccontextmanager
    async def transaction(self, service: str) -> AsyncIterator[Tx]:
        """A transaction in a service's database, as its administrator's commands have it: with outbox."""
        database = await connect(self.database_url(service), service=service, max_size=1)
        try:
            async with database.transaction() as tx:
                yield tx
        finally:
            await database.close()


def of_environment() -> Platform:
    """A platform that runs elsewhere, as the administrator's environment describes it; made for the compose network.

    Beside the administrator's settings: BURENBUS_GATEWAY_URL (the proxy as seen from here), BURENBUS_MAIL_DIR (the
    mailbox's Maildir) and BURENBUS_MAIL_URL. Raises DeployError with what is missing.
    """
    settings = admin()
    names = ("BURENBUS_AMQP_URL", "BURENBUS_GATEWAY_URL", "BURENBUS_MAIL_DIR", "BURENBUS_MAIL_URL")
    if missing := [name for name in names if not os.environ.get(name)]:
        raise DeployError(f"Deze instellingen ontbreken: {', '.join(missing)}")
    return Platform(
        environments={service: service_environment(service) for service in SERVICES},
        amqp_url=os.environ["BURENBUS_AMQP_URL"],
        rabbitmq_api_url=settings.rabbitmq_api_url,
        vhost=settings.vhost,
        url=os.environ["BURENBUS_GATEWAY_URL"],
        mail=Path(os.environ["BURENBUS_MAIL_DIR"]),
        mail_url=os.environ["BURENBUS_MAIL_URL"],
    )


def of_stack(stack: "Stack") -> Platform:
    """The local stack, which runs."""
    return Platform(
        environments={service: stack.environment(service) for service in SERVICES},
        amqp_url=stack.state.amqp_url,
        rabbitmq_api_url=stack.state.rabbitmq_api_url,
        vhost=stack.state.vhost,
        url=stack.url,
        mail=stack.mail,
        mail_url=stack.mail_url,
    )
