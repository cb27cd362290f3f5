"""The answers of all takers to all partners pass by: the history that a partner can ask for."""

from collections.abc import Sequence

from services.registry.actions import watching
from services.registry.store import history
from services.registry.store.history import Answered
from shared.bus import on
from shared.events.answers import Answer, EventAccepted, EventDelayed, EventRefused
from shared.events.base import Received
from shared.events.problems import Problem
from shared.transaction import Tx


@on(EventAccepted, EventRefused, EventDelayed, batch=True)
async def keep_history(events: Sequence[Received[Answer]], tx: Tx) -> None:
    """What became of every event that a partner published is kept, and what it says of how the partner is doing."""
    await watching.note(tx, events)
    await history.keep(tx, [_answered(event) for event in events])


def _answered(event: Received[Answer]) -> Answered:
    said = event.data
    outcome, problems, initiative_id = "delayed", tuple[Problem, ...](), None
    if isinstance(said, EventAccepted):
        outcome, problems, initiative_id = said.outcome, said.warnings, said.initiative_id
    elif isinstance(said, EventRefused):
        outcome, problems = "refused", said.problems
    return Answered(
        taker=event.source,
        id=event.id,
        partner=said.partner,
        event_source=said.event.source,
        event_id=said.event.id,
        event_type=said.event.type,
        event_subject=said.event.subject,
        outcome=outcome,
        problems=problems,
        initiative_id=initiative_id,
        received_at=said.received_at,
        answered_at=event.time,
    )
