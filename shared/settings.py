"""The knobs that every service has, read from the environment (`BURENBUS_…`) by `__main__`, and nowhere else."""

import sys
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .logs import LogFormat

S = TypeVar("S", bound="ServiceSettings")
EXIT_CONFIG = 78
"""sysexits.h EX_CONFIG: what is wrong is in the settings; starting again does not help."""


class ServiceSettings(BaseSettings):
    """Where the broker and the database are, where people come in, and how much is done at once."""

    model_config = SettingsConfigDict(env_prefix="BURENBUS_", frozen=True, extra="ignore")

    amqp_url: str = Field(description="amqp://user:password@host:port/vhost of this service's own broker user")
    database_url: str = Field(
        description="postgresql://role:password@host:port/database of this service's own database"
    )
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535, description="port of pages, health and metrics")
    public_url: str = Field(description="address under which people reach the pages; links in mails begin with it")
    link_secret: SecretStr = Field(min_length=32, description="signs links and sessions; the same for all services")
    notice: str | None = Field(
        None, min_length=1, max_length=300, description="stands above every page, such as: this is a trial"
    )
    log_format: LogFormat = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    database_connections: int = Field(8, ge=4, le=100)
    batch_messages: int = Field(100, ge=1, le=1000, description="messages taken into one transaction at most")
    batch_events: int = Field(
        500, ge=1, le=10_000, description="events taken into one transaction, before the last message"
    )
    prefetch: int = Field(200, ge=1, le=2000, description="messages that the broker may send ahead, per queue")
    handler_timeout_s: float = Field(30, gt=0, le=600)
    transaction_idle_s: float = Field(
        default_factory=lambda known: max(60.0, 2 * known["handler_timeout_s"]),
        le=3600,
        description="how long a process that hangs keeps what it has locked",
    )
    waiting_s: float = Field(900, gt=0, description="how long an event waits for what it names before it is refused")
    pause_s: float = Field(60, gt=0, description="how long a queue rests on which every event fails")
    world_away_s: float = Field(300, gt=0, description="how long messages are held while the database is away")

    @field_validator("transaction_idle_s")
    @classmethod
    def _longer_than_a_handler(cls, value: float, info: ValidationInfo) -> float:
        """A handler may spend all its time between two statements; its process does not hang then."""
        if value <= info.data.get("handler_timeout_s", 0.0):
            raise ValueError("must be longer than BURENBUS_HANDLER_TIMEOUT_S")
        return value

    @field_validator("amqp_url")
    @classmethod
    def _amqp(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("amqp", "amqps") or not urlsplit(value).hostname:
            raise ValueError("must look like amqp://user:password@host:5672/vhost")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
            raise ValueError("must look like postgresql://role:password@host:5432/database")
        return value

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError("must look like https://burenbus.example")
        return value.rstrip("/")


def load(kind: type[S]) -> S:
    """The settings of this process. Exits with EXIT_CONFIG and a sentence for each setting that makes no sense."""
    try:
        return kind()
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            if fault["type"] == "default_factory_not_called":  # what it hangs on is at fault itself
                continue
            name = "BURENBUS_" + "_".join(str(part) for part in fault["loc"]).upper()
            what = "is not set" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
            print(f"burenbus: setting {name}: {what}", file=sys.stderr)  # noqa: T201 - logging is not set up yet
        sys.exit(EXIT_CONFIG)
