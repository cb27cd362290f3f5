"""Builds the notify service: the only place that constructs."""

from pathlib import Path

from services.notify import handlers, schedule
from services.notify.api import login, preferences, unsubscribe
from services.notify.mailer import Mailer
from services.notify.post import PostOffice
from services.notify.settings import Settings
from services.notify.store import deliveries
from shared.bus.reactions import reactions_in
from shared.schedule import jobs_in
from shared.service import Service
from shared.telemetry import Telemetry
from shared.transaction import Tx


async def measure(tx: Tx, telemetry: Telemetry) -> None:
    """The mails that should have left."""
    telemetry.mails(*await deliveries.backlog(tx))


def build(settings: Settings) -> Service:
    """The service with these settings; nothing runs yet."""
    mailer = Mailer(settings)
    post = PostOffice(settings, mailer.wake)
    service = Service(
        "notify",
        settings,
        reactions=reactions_in(*handlers.MODULES, post=post),
        jobs=jobs_in(schedule, post=post, settings=settings),
        routers=[login.router, preferences.router, unsubscribe.router],
        background=[mailer.run],
        measured=measure,
        here=Path(__file__).parent,
    )
    service.web.state.post = post
    return service
