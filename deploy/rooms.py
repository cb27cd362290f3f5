"""Admin commands work where the service works: with its settings, in its own database, in one transaction with outbox."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from deploy.errors import DeployError
from deploy.settings import service_environment
from shared.db import WorldAway, world
from shared.settings import ServiceSettings
from shared.transaction import Tx, connect

if TYPE_CHECKING:
    from shared.service import Service  # takes a second to import, and most commands need no service

R = TypeVar("R")


def settings_of(service: str) -> ServiceSettings:
    """The settings of a service that runs here or that the environment describes. Raises DeployError."""
    kind: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    given = {
        name.removeprefix("BURENBUS_").lower(): value
        for name, value in service_environment(service).items()
        if name.startswith("BURENBUS_")
    }
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        faults = [
            f"BURENBUS_{'_'.join(map(str, f['loc'])).upper()}: {f['msg']}"
            for f in error.errors(include_url=False, include_input=False)
        ]
        raise DeployError("Deze instellingen kloppen niet: " + "; ".join(faults)) from None


def built(service: str) -> "Service":
    """The service as its app builds it; nothing of it runs."""
    made: Service = importlib.import_module(f"services.{service}.app").build(settings_of(service))
    return made


def in_service(service: str, work: Callable[[Tx], Awaitable[R]]) -> R:
    """Does the work in one transaction on the service's database. Raises DeployError if that is away."""
    settings = settings_of(service)

    async def run() -> R:
        database = await connect(settings.database_url, service=service, max_size=1)
        try:
            async with database.transaction() as tx:
                return await work(tx)
        finally:
            await database.close()

    try:
        with world():
            return asyncio.run(run())
    except WorldAway as error:
        raise DeployError(f"De database van {service} is niet bereikbaar: {error}") from None
