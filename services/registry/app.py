"""The registry, put together."""

from pathlib import Path

from shared.bus import reactions_in
from shared.schedule import jobs_in
from shared.service import Service

from . import api, handlers, schedule, uploading_schedule
from .actions.restating import restate
from .api import contract, door
from .api import history as api_history
from .api import partner as partner_pages
from .gateway import Publisher
from .reading import Reader
from .settings import Settings


def build(settings: Settings) -> Service:
    """The service with these settings; nothing runs yet."""
    publisher = Publisher(settings.amqp_url)
    service = Service(
        "registry",
        settings,
        reactions=reactions_in(*handlers.MODULES, matching_settings=settings.matching()),
        jobs=jobs_in(schedule, uploading_schedule, publisher=publisher, history_days=settings.history_days),
        routers=[door.router, api_history.router, api.router, partner_pages.router, contract.router],
        background=[publisher.run],
        restate=restate,
        here=Path(__file__).parent,
    )
    service.web.state.publisher = publisher
    service.web.state.reader = Reader()
    service.web.state.rates = settings.rates()
    return service
