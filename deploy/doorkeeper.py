"""The doorkeeper: shows out whose time is up. `python -m deploy.doorkeeper`, beside the services.

A replaced password works until a stated moment. The registry knows which, but has no say over users at the broker; so this
process has: the broker's administrator, and the registry's database. It does what `burenbus partner expire` does, each
minute, and says at /health/ready when that no longer works. API tokens need nobody: these end by themselves.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import uvicorn
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from deploy import boarding, broker
from deploy.errors import DeployError
from shared import logs
from shared.clock import Clock, system_clock
from shared.db import WorldAway, world
from shared.transaction import connect

ROUNDS_MISSED = 5
"""After so many rounds without one that succeeded, it is not well."""

log = logging.getLogger(__name__)


class Settings(BaseSettings):
    """Where to listen, the registry's own database and role, and the broker for its administrator."""

    model_config = SettingsConfigDict(env_prefix="BURENBUS_", frozen=True, extra="ignore")

    http_host: str = "127.0.0.1"
    http_port: int
    database_url: str = Field(min_length=1)
    rabbitmq_api_url: str = ""
    rabbitmqctl: str = ""
    vhost: str = "burenbus"
    doorkeeper_every_s: float = Field(60.0, gt=0)
    log_format: logs.LogFormat = "json"
    log_level: str = "INFO"


class Doorkeeper:
    """Goes its rounds, and remembers when one last succeeded."""

    def __init__(self, settings: Settings, *, clock: Clock = system_clock) -> None:
        self._settings, self._clock = settings, clock
        self._since = clock()
        self.succeeded_at: datetime | None = None
        self.trouble = ""

    async def round(self) -> list[str]:
        """Removes the users whose moment has passed. Gives their names; raises DeployError or WorldAway, and then nothing changed."""
        with world():
            database = await connect(self._settings.database_url, service="registry", clock=self._clock, max_size=1)
            try:
                async with broker.administration(self._settings) as management, database.transaction() as tx:
                    gone = await boarding.expire(tx, management)
            finally:
                await database.close()
        self.succeeded_at, self.trouble = self._clock(), ""
        return gone

    async def rounds(self) -> None:
        """One round after the other, for ever; one that fails is told and tried again."""
        while True:
            try:
                if gone := await self.round():
                    log.info("expired broker users are removed: %s", ", ".join(gone))
            except (DeployError, WorldAway) as error:
                self.trouble = str(error) or repr(error)
                log.warning("cannot look for expired broker users now: %s", self.trouble)
            except Exception as error:
                self.trouble = repr(error)
                log.exception("cannot look for expired broker users now")
            await asyncio.sleep(self._settings.doorkeeper_every_s)

    @property
    def well(self) -> bool:
        """Whether it succeeded not long ago; just started, it may still have to."""
        patience = timedelta(seconds=ROUNDS_MISSED * self._settings.doorkeeper_every_s)
        return self._clock() - (self.succeeded_at or self._since) <= patience

    async def health(self, _: Request) -> Response:
        """200, or 503 with why old passwords go on working."""
        if self.well and (self.succeeded_at or not self.trouble):
            return PlainTextResponse("ok")
        return PlainTextResponse(f"expired passwords may still work: {self.trouble or 'no round yet'}", 503)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok")


def build(settings: Settings) -> Starlette:
    """Its health as an ASGI application, which goes its rounds meanwhile."""
    keeper = Doorkeeper(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        rounds = asyncio.create_task(keeper.rounds(), name="rounds")
        yield
        rounds.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await rounds

    return Starlette(lifespan=lifespan, routes=[Route("/health/live", _alive), Route("/health/ready", keeper.health)])


def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    logs.configure("doorkeeper", log_format=settings.log_format, level=settings.log_level)
    uvicorn.run(build(settings), host=settings.http_host, port=settings.http_port, access_log=False, log_config=None)


if __name__ == "__main__":
    main()
