"""Every event type that there is, by its name on the wire."""

from collections.abc import Mapping
from functools import cache

from . import answers, notify, operation, partner, registry, reporting, survey, watching
from .base import Event


@cache
def by_type() -> Mapping[str, type[Event]]:
    """All types, keyed as in routing keys: `initiative-reported.v1`."""
    found: dict[str, type[Event]] = {}
    for module in (partner, answers, registry, watching, survey, notify, reporting, operation):
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Event)
                and value.type
                and value.__module__ == module.__name__
            ):
                if found.setdefault(value.type, value) is not value:
                    raise TypeError(f"two events are called {value.type}")
                if not (value.owner and value.nl and value.en):
                    raise TypeError(f"{value.type} lacks owner or description")
    return found


def owned_by(owner: str) -> list[type[Event]]:
    """The types that `owner` says, in the order in which they are written down."""
    return [e for e in by_type().values() if e.owner == owner]


def taken_by(service: str) -> list[type[Event]]:
    """The partner types of which `service` is the taker."""
    return [e for e in by_type().values() if e.taker == service]


_TOLD: tuple[type[Event], ...] = (
    registry.InitiativeState,
    registry.PossibleDuplicateFound,
    watching.SequenceGap,
    watching.PartnerSilent,
    survey.CampaignOpened,
    survey.CampaignClosed,
    survey.InvitationIssued,
    survey.ResponseRecorded,
    reporting.ReportPublished,
)
"""Facts that registry passes on to the partners whom they concern."""


def told_to_partners() -> list[type[Event]]:
    """What can stand in a partner's feedback queue: the answers to its events, and facts that concern it."""
    return [e for e in by_type().values() if e.owner == answers.OWNER or issubclass(e, _TOLD)]
