"""What the administrator's commands need, read from the environment (`BURENBUS_…`) or from the local stack or demo that runs."""

import os
from typing import Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.commands import runnable
from deploy.errors import DeployError


class AdminSettings(BaseSettings):
    """Both servers as their administrator reaches them, and the passwords to give to the services.

    One password a service: for its database role and for its broker user, both named in the manual.
    """

    model_config = SettingsConfigDict(env_prefix="BURENBUS_", frozen=True, extra="ignore")

    database_url: str = Field(min_length=1)
    rabbitmq_api_url: str = ""
    rabbitmqctl: str = ""
    """Where there is no management API: the command, such as `docker compose exec -T rabbitmq rabbitmqctl`."""
    vhost: str = "burenbus"
    partner_amqp_url: str = ""
    """Where partners reach the broker, without name and password: for the examples that they are given."""
    service_url: str = Field("", pattern=r"^$|^https?://.*\{service\}")
    """Where each process answers inside, with `{service}` for its name: for `burenbus status`."""
    password_registry: SecretStr = Field(min_length=16)
    password_survey: SecretStr = Field(min_length=16)
    password_notify: SecretStr = Field(min_length=16)
    password_reporting: SecretStr = Field(min_length=16)

    @model_validator(mode="after")
    def _broker_is_reached(self) -> Self:
        if not (self.rabbitmq_api_url or self.rabbitmqctl):
            raise ValueError("zet BURENBUS_RABBITMQ_API_URL, of BURENBUS_RABBITMQCTL waar geen beheer-API is")
        return self

    def passwords(self) -> dict[str, str]:
        """Service to its password."""
        return {
            "registry": self.password_registry.get_secret_value(),
            "survey": self.password_survey.get_secret_value(),
            "notify": self.password_notify.get_secret_value(),
            "reporting": self.password_reporting.get_secret_value(),
        }


def elsewhere() -> bool:
    """Whether the environment says of which platform this is the administrator; else it is the one that runs here."""
    return any(name.startswith("BURENBUS_PASSWORD_") for name in os.environ)


def admin() -> AdminSettings:
    """From the environment when that gives the services' passwords, else from the local stack.

    Raises DeployError with what is missing.
    """
    values = {}
    if not elsewhere():
        from deploy.local.current import current

        stack = current()
        if not stack.state.database_url:
            raise DeployError(
                "Er is geen platform op deze machine, en BURENBUS_PASSWORD_REGISTRY enzovoort zijn niet gezet. "
                f"Start het met `{runnable('up')}`, of zet de instellingen van de beheerder."
            )
        given = stack.admin_environment()
        values = {k.removeprefix("BURENBUS_").lower(): value for k, value in given.items()}
    try:
        return AdminSettings.model_validate(values) if values else AdminSettings()
    except ValidationError as error:
        faults = [_fault(fault) for fault in error.errors(include_url=False, include_input=False)]
        raise DeployError("Deze instellingen kloppen niet: " + "; ".join(faults)) from None


def _fault(fault: ErrorDetails) -> str:
    if not fault["loc"]:
        return fault["msg"].removeprefix("Value error, ")
    name = "BURENBUS_" + "_".join(map(str, fault["loc"])).upper()
    return f"{name} ontbreekt" if fault["type"] == "missing" else f"{name}: {fault['msg']}"


def service_environment(service: str) -> dict[str, str]:
    """What a command on behalf of a service reads: from the administrator's settings if they are set, else from the
    service's own, else from the local stack. Raises DeployError when there is none of these.
    """
    from deploy import broker, databases

    if elsewhere():
        settings = admin()
        password = settings.passwords()[service]
        own = {"BURENBUS_DATABASE_URL": databases.Database(service, password).dsn(settings.database_url)}
        if "BURENBUS_AMQP_URL" in os.environ:
            own["BURENBUS_AMQP_URL"] = broker.amqp_url(
                os.environ["BURENBUS_AMQP_URL"], user=service, password=password, vhost=settings.vhost
            )
        return {**os.environ, **own}
    if "BURENBUS_DATABASE_URL" in os.environ and "BURENBUS_LINK_SECRET" in os.environ:
        return dict(os.environ)
    from deploy.local.current import current

    stack = current()
    if service not in stack.state.ports:
        raise DeployError(f"Het platform draait hier niet. Geef eerst: {runnable('up')}")
    return {**os.environ, **stack.environment(service)}
