"""Reporting, put together."""

from pathlib import Path

from services.reporting import api, handlers, pages
from services.reporting.publishing import restate
from services.reporting.settings import Settings
from shared.bus import reactions_in
from shared.service import Service


def build(settings: Settings) -> Service:
    """The service with these settings; nothing runs yet."""
    return Service(
        "reporting",
        settings,
        reactions=reactions_in(handlers),
        routers=[pages.router, api.router],
        restate=restate,
        here=Path(__file__).parent,
    )
