"""What compose gives to each process is what that process reads, so that an operator can set it in `.env`."""

import importlib
import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from pydantic_settings import BaseSettings

from deploy import doorkeeper
from deploy.databases import SERVICES
from deploy.local import mailbox
from deploy.settings import AdminSettings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
OUTSIDE = {"BURENBUS_RABBITMQCTL"}
"""There is no such command in the image: beside RabbitMQ's container, the management API is there."""


def settings_of(service: str) -> type[BaseSettings]:
    kind: type[BaseSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return kind


def read_by(*kinds: type[BaseSettings]) -> set[str]:
    return {f"BURENBUS_{name.upper()}" for kind in kinds for name in kind.model_fields} - OUTSIDE


def given_to(process: str) -> set[str]:
    return {name for name in COMPOSE[process]["environment"] if name.startswith("BURENBUS_")}


@pytest.mark.parametrize("service", SERVICES)
def test_each_setting_of_a_service_is_passed_on(service: str) -> None:
    """All of them, and none that it does not read."""
    assert given_to(service) == read_by(settings_of(service))


def test_each_setting_beside_the_services_is_passed_on() -> None:
    """To doorkeeper and mailbox; and to the administrator, who also works on behalf of each service."""
    assert given_to("doorkeeper") == read_by(doorkeeper.Settings)
    assert given_to("mailbox") == read_by(mailbox.Settings)
    everything = read_by(AdminSettings, *map(settings_of, SERVICES))
    assert given_to("setup") == everything
    assert given_to("admin") == everything | {"BURENBUS_GATEWAY_URL", "BURENBUS_MAIL_DIR", "BURENBUS_MAIL_URL"}


def test_a_default_stands_in_the_code_alone() -> None:
    """Compose passes on what `.env` says or is silent, but for what is different there: mail goes to the mailbox."""
    defaulted = {
        name
        for process in COMPOSE.values()
        for name, value in (process.get("environment") or {}).items()
        if isinstance(value, str) and value.startswith("${" + name + ":-")
    }
    assert defaulted == {"BURENBUS_SMTP_HOST", "BURENBUS_SMTP_PORT", "BURENBUS_PARTNER_AMQP_URL"}


def test_each_setting_is_in_the_manual() -> None:
    """Of the services and the doorkeeper, by the name without its beginning."""
    manual = set(re.findall(r"`(?:BURENBUS_)?([A-Z][A-Z_]+)`", (DEPLOY / "README.md").read_text("utf-8")))
    named = {n.removeprefix("BURENBUS_") for n in read_by(doorkeeper.Settings, *map(settings_of, SERVICES))}
    assert named - manual == set()
