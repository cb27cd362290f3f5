"""Partners answer whether two initiatives are the same."""

from uuid import UUID

from services.registry.actions import decisions
from services.registry.domain.answers import agreement
from services.registry.store import claims, matches
from shared.bus import on
from shared.events.base import Received
from shared.events.partner import MatchAnswered
from shared.events.problems import problem
from shared.transaction import Refused, Tx


@on(MatchAnswered)
async def weigh_answer(event: Received[MatchAnswered], tx: Tx) -> None:
    """When all partners that were asked agree, that is the decision; otherwise staff decide."""
    match_id = event.data.match_id
    await claims.lock_grouping(tx)
    match = await matches.find(tx, match_id) if _is_uuid(match_id) else None
    if match is None:
        raise Refused(problem("unknown-match", "/data/matchId", value=match_id))
    if event.partner not in match.asked:
        raise Refused(problem("not-your-match", "/data/matchId", value=match_id))
    if match.status != "open":
        tx.accept(event, "unchanged")
        return
    said = await matches.answer(tx, match.id, event.partner, event.data.answer)
    if verdict := agreement(match.asked, said):
        await decisions.decide(tx, match, verdict, by="partners")
    tx.accept(event, "recorded", warnings=[problem("unknown-field", pointer) for pointer in event.unknown])


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
