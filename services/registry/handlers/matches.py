"""Partners answer whether two initiatives are the same."""

from uuid import UUID

from services.registry.actions import decisions, questions
from services.registry.domain.answers import agreement, left_to_staff, meaning
from services.registry.store import claims, matches
from services.registry.store.matches import Match
from shared.bus import on
from shared.events.base import Received
from shared.events.partner import MatchAnswered
from shared.events.problems import problem
from shared.transaction import Refused, Tx


@on(MatchAnswered)
async def weigh_answer(event: Received[MatchAnswered], tx: Tx) -> None:
    """When all partners that were asked agree, that is the decision; when they cannot agree, staff decide.

    While a question is open a partner may change its answer. A partner that changes it after the decision, and looks upon
    it otherwise than it stands now, asks again: a new question, to the same partners and to staff.
    """
    match_id = event.data.match_id
    await claims.lock_grouping(tx)
    match = await matches.find(tx, match_id) if _is_uuid(match_id) else None
    if match is None:
        raise Refused(problem("unknown-match", "/data/matchId", value=match_id))
    if event.partner is None or event.partner not in match.asked:
        raise Refused(problem("not-your-match", "/data/matchId", value=match_id))
    answer = event.data.answer
    if match.status != "open":
        if not await _asks_again(tx, match, event.partner, answer):
            tx.accept(event, "unchanged")
            return
        await matches.answer(tx, match.id, event.partner, answer)
        match = await questions.ask_again(tx, match, because=event)
    await _take(tx, match, event.partner, answer)
    tx.accept(event, "recorded", warnings=[problem("unknown-field", pointer) for pointer in event.unknown])


async def _take(tx: Tx, match: Match, partner: str, answer: str) -> None:
    said = await matches.answer(tx, match.id, partner, answer)
    if verdict := agreement(match.asked, said):
        await decisions.decide(tx, match, verdict, by="partners")
    elif left_to_staff(match.asked, said) and not match.staff_decide:
        await questions.say(tx, [await matches.leave_to_staff(tx, match)])


async def _asks_again(tx: Tx, match: Match, partner: str, answer: str) -> bool:
    """Whether it is another answer than it gave before, and other than how the two stand now."""
    wanted = meaning(answer)
    together = match.one_initiative == match.other_initiative
    before = (await matches.answers(tx, match.id)).get(partner)
    return wanted is not None and answer != before and (wanted == "same") != together


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
