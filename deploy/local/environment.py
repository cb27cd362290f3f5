"""What each process of the local stack reads from its environment, and the command that starts it."""

import os
import re
import sys
from pathlib import Path

from deploy import broker
from deploy.databases import SERVICES, Database
from deploy.local.process import LOOPBACK
from deploy.local.state import State

MAIL_FROM = "Burenbus <burenbus@localhost.localdomain>"
ADMIN_ONLY = re.compile(r"BURENBUS_(AMQP_URL|DATABASE_URL|RABBITMQ_API_URL|PASSWORD_.*|TEST_.*)")


def address(state: State, name: str) -> str:
    """Where a process answers over HTTP."""
    return f"http://{LOOPBACK}:{state.ports[name]}"


def amqp_url(state: State, user: str, password: str) -> str:
    """The broker for one user."""
    return broker.amqp_url(state.amqp_url, user=user, password=password, vhost=state.vhost)


def of_admin(state: State) -> dict[str, str]:
    """What the administrator's commands read (`burenbus migrate`, `burenbus broker apply`)."""
    passwords = {f"BURENBUS_PASSWORD_{name.upper()}": value for name, value in state.passwords.items()}
    return {
        "BURENBUS_DATABASE_URL": state.database_url,
        "BURENBUS_AMQP_URL": state.amqp_url,
        "BURENBUS_RABBITMQ_API_URL": state.rabbitmq_api_url,
        "BURENBUS_VHOST": state.vhost,
        **passwords,
    }


def of_service(state: State, service: str) -> dict[str, str]:
    """What a service reads, and what an administrator's command on its behalf reads."""
    database = Database(service, state.passwords[service])
    mine = {
        "BURENBUS_AMQP_URL": amqp_url(state, service, state.passwords[service]),
        "BURENBUS_DATABASE_URL": database.dsn(state.database_url),
        "BURENBUS_HTTP_HOST": LOOPBACK,
        "BURENBUS_HTTP_PORT": str(state.ports[service]),
        "BURENBUS_PUBLIC_URL": address(state, "gateway"),
        "BURENBUS_LINK_SECRET": state.link_secret,
        "BURENBUS_LOG_FORMAT": "json",
    }
    if service == "notify":
        mine |= {
            "BURENBUS_SMTP_HOST": LOOPBACK,
            "BURENBUS_SMTP_PORT": str(state.ports["smtp"]),
            "BURENBUS_MAIL_FROM": MAIL_FROM,
        }
    return mine | state.settings


def command(state: State, name: str, mail: Path) -> tuple[list[str], dict[str, str]]:
    """How a process is started: its command, and all of its environment. `mail`: where the mailbox keeps it."""
    ports = state.ports
    env = {key: value for key, value in os.environ.items() if not ADMIN_ONLY.fullmatch(key)}
    http = {"BURENBUS_HTTP_HOST": LOOPBACK, "BURENBUS_HTTP_PORT": str(ports[name])}
    if name in SERVICES:
        return [sys.executable, "-m", f"services.{name}"], env | of_service(state, name)
    if name == "mailbox":
        smtp = {"BURENBUS_SMTP_HOST": LOOPBACK, "BURENBUS_SMTP_PORT": str(ports["smtp"])}
        mailbox = http | smtp | {"BURENBUS_MAIL_DIR": str(mail)}
        return [sys.executable, "-m", "deploy.local.mailbox"], env | mailbox
    if name == "doorkeeper":
        registry = Database("registry", state.passwords["registry"])
        mine = {
            "BURENBUS_DATABASE_URL": registry.dsn(state.database_url),
            "BURENBUS_RABBITMQ_API_URL": state.rabbitmq_api_url,
            "BURENBUS_VHOST": state.vhost,
        }
        return [sys.executable, "-m", "deploy.doorkeeper"], env | http | mine
    upstreams = {f"BURENBUS_UPSTREAM_{service.upper()}": address(state, service) for service in SERVICES}
    return [sys.executable, "-m", "deploy.local.gateway"], env | http | upstreams
