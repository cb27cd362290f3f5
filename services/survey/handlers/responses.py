"""Responses that partners collected."""

from collections.abc import Sequence

from services.survey.handlers.intake import NotTaken, NotYet, Taken, take_in
from shared.bus import on
from shared.events.base import Received
from shared.events.partner import SurveyResponseSubmitted
from shared.events.problems import problem
from shared.transaction import Tx


@on(SurveyResponseSubmitted, batch=True)
async def take_responses(events: Sequence[Received[SurveyResponseSubmitted]], tx: Tx) -> None:
    """A response counts from the moment it is received until closing; a later one of the same initiative replaces it."""
    for event, outcome in zip(events, await take_in(tx, events, channel="partner"), strict=True):
        match outcome:
            case Taken():
                unknown = [problem("unknown-field", pointer) for pointer in event.unknown]
                tx.accept(
                    event,
                    outcome.outcome,
                    initiative_id=outcome.initiative_id,
                    warnings=[*outcome.warnings, *unknown],
                )
            case NotTaken():
                tx.refuse(event, *outcome.problems)
            case NotYet():
                tx.wait(event, outcome.key, outcome.problem)
