"""What the survey is made of: the only place that constructs."""

from pathlib import Path

from services.survey import api, schedule
from services.survey.handlers import initiatives, responses, signals
from services.survey.handlers.restating import restate
from services.survey.settings import Settings
from shared.bus import reactions_in
from shared.schedule import jobs_in
from shared.service import Service


def build(settings: Settings) -> Service:
    """The survey with these settings. Facts of registry run before what partners send."""
    knobs = {"public_url": settings.public_url, "invitations_at_once": settings.invitations_at_once}
    return Service(
        "survey",
        settings,
        reactions=reactions_in(initiatives, responses, signals, **knobs),
        jobs=jobs_in(schedule, **knobs),
        routers=[api.router],
        restate=restate,
        here=Path(__file__).parent,
    )
