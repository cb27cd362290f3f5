"""Where everything of a running platform is, for its administrator and for the partners of the demo."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from deploy import broker
from deploy.databases import SERVICES
from deploy.local.stack import Stack


@dataclass(frozen=True)
class Platform:
    """Addresses with their names and passwords. `databases`: service to its own database, as its own role."""

    databases: Mapping[str, str]
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

    def amqp(self, user: str, password: str) -> str:
        """The broker for a partner's user."""
        return broker.amqp_url(self.amqp_url, user=user, password=password, vhost=self.vhost)


def of_stack(stack: Stack) -> Platform:
    """The local stack, which runs."""
    return Platform(
        databases={service: stack.environment(service)["BURENBUS_DATABASE_URL"] for service in SERVICES},
        amqp_url=stack.state.amqp_url,
        rabbitmq_api_url=stack.state.rabbitmq_api_url,
        vhost=stack.state.vhost,
        url=stack.url,
        mail=stack.mail,
        mail_url=stack.mail_url,
    )
