"""Facts in: each is kept, if it is not older than what is held, and counted.

Everything comes in batches: a campaign's answers are thousands of facts in an hour, a restating all of them in a minute.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from services.reporting.domain import fields, listing, regions, signals
from services.reporting.store import heard, tally
from shared.bus import on
from shared.events.base import Received
from shared.events.registry import (
    InitiativeChanged,
    InitiativeClosed,
    InitiativeMerged,
    InitiativeRegistered,
    InitiativeSplit,
    InitiativeState,
)
from shared.events.survey import (
    CampaignClosed,
    CampaignClosingSoon,
    CampaignOpened,
    CampaignScheduled,
    CampaignState,
    InvitationIssued,
    InvitationWithdrawn,
    ResponseRecorded,
    ResponseReplaced,
    ResponseState,
    SignalRecorded,
)
from shared.transaction import Tx

State = TypeVar("State", InitiativeState, ResponseState, CampaignState, SignalRecorded)


@on(InitiativeRegistered, InitiativeChanged, InitiativeMerged, InitiativeSplit, InitiativeClosed, batch=True)
async def remember_initiatives(events: Sequence[Received[InitiativeState]], tx: Tx) -> None:
    """An initiative counts, and is shown, as it is now; what counts for it moves with it."""
    await heard.alone(tx)
    newest = _newest(e.data for e in events)
    now = {one.id: one for one in map(listing.kept, newest)}
    before = await heard.provinces(tx, list(now))
    saved = await heard.save_initiatives(tx, now.values())
    await tally.recount(tx, "initiative", saved)
    moved = [at for at in saved if before.get(at) != now[at].leaf]
    invitations, responses = await heard.counting_for(tx, moved)
    await tally.recount(tx, "invitation", invitations)
    await tally.recount(tx, "response", responses)


@on(CampaignScheduled, CampaignOpened, CampaignClosingSoon, CampaignClosed, batch=True)
async def remember_campaigns(events: Sequence[Received[CampaignState]], tx: Tx) -> None:
    """A campaign names its questionnaire; responses that came before it are counted now."""
    await heard.alone(tx)
    for state in _newest(e.data for e in events):
        await heard.save_campaign(tx, state)
        waiting = await heard.uncounted(tx, state.campaign_id)
        if waiting:
            version = state.questionnaire
            await heard.count_late(tx, {i: fields.items(version, answers) for i, answers in waiting.items()})
            await tally.recount(tx, "response", waiting)


@on(InvitationIssued, InvitationWithdrawn, batch=True)
async def count_invitations(events: Sequence[Received[InvitationIssued | InvitationWithdrawn]], tx: Tx) -> None:
    """Who was invited makes the response rate; one withdrawn in a merge counts no longer. The code of the invitation is not kept."""
    await heard.alone(tx)
    invitations = [e.data for e in events]
    await heard.questionnaires(tx, (i.campaign_id for i in invitations))
    await heard.make_room_for_initiatives(tx, (i.initiative_id for i in invitations))
    saved = await heard.save_invitations(tx, invitations)
    await tally.recount(tx, "invitation", saved)


@on(ResponseRecorded, ResponseReplaced, batch=True)
async def count_responses(events: Sequence[Received[ResponseState]], tx: Tx) -> None:
    """A response counts once, in the region of the initiative for which it counts now."""
    await heard.alone(tx)
    newest = _newest(e.data for e in events)
    asked = await heard.questionnaires(tx, (r.campaign_id for r in newest))
    await heard.make_room_for_initiatives(tx, (r.initiative_id for r in newest))
    saved = await heard.save_responses(tx, [_kept(r, asked[r.campaign_id]) for r in newest])
    await tally.recount(tx, "response", saved)


@on(SignalRecorded, batch=True)
async def count_signals(events: Sequence[Received[SignalRecorded]], tx: Tx) -> None:
    """Signals are counted by kind, and bottlenecks by what they are about, in their province."""
    await heard.alone(tx)
    newest = _newest(e.data for e in events)
    rows = [(s.signal_id, s.version, regions.leaf(s.region), signals.items(s)) for s in newest]
    await tally.recount(tx, "signal", await heard.save_signals(tx, rows))


def _kept(response: ResponseState, questionnaire: str | None) -> heard.Response:
    """Its items; its answers only if it counts and its questionnaire is not known yet."""
    at_hand = response.counted and questionnaire is not None
    return heard.Response(
        id=response.response_id,
        version=response.version,
        campaign_id=response.campaign_id,
        initiative_id=response.initiative_id,
        items=fields.items(questionnaire, response.answers) if at_hand and questionnaire else (),
        answers=response.answers if response.counted and questionnaire is None else None,
    )


def _newest(states: Iterable[State]) -> list[State]:
    """Of each thing that is spoken of, the state with the highest version, by id."""
    found: dict[str, State] = {}
    for state in states:
        at = _id(state)
        if at not in found or found[at].version <= state.version:
            found[at] = state
    return [found[at] for at in sorted(found)]


def _id(state: InitiativeState | ResponseState | CampaignState | SignalRecorded) -> str:
    return state.response_id if isinstance(state, ResponseState) else state.subject()
