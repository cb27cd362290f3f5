"""The registry, put together."""

from pathlib import Path

from shared.bus import reactions_in
from shared.schedule import jobs_in
from shared.service import Service

from . import api, handlers, schedule
from .actions.restating import restate
from .gateway import Publisher
from .settings import Settings


def build(settings: Settings) -> Service:
    """The service with these settings; nothing runs yet."""
    publisher = Publisher(settings.amqp_url)
    service = Service(
        "registry",
        settings,
        reactions=reactions_in(*handlers.MODULES, matching_settings=settings.matching()),
        jobs=jobs_in(schedule),
        routers=[api.router],
        background=[publisher.run],
        restate=restate,
        here=Path(__file__).parent,
    )
    service.web.state.publisher = publisher
    return service
