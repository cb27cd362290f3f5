"""Saying the survey's present state again, to one service: its read models can be emptied and rebuilt."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from services.survey.domain.campaign import Status
from services.survey.handlers import facts
from services.survey.store import campaigns, invitations, responses, signals
from shared.events.base import Event
from shared.events.survey import CampaignClosed, CampaignOpened, CampaignScheduled, CampaignState
from shared.transaction import Tx

PAGE = 1000
_KIND: dict[Status, type[CampaignState]] = {
    "scheduled": CampaignScheduled,
    "open": CampaignOpened,
    "closed": CampaignClosed,
}


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_HasId)


async def restate(tx: Tx, to: str) -> int:
    """Says every campaign, invitation (without its token), response and signal to the service `to`; gives how many."""
    said = 0

    def say(*about: Event) -> None:
        nonlocal said
        for fact in about:
            tx.emit(fact, to=to)
        said += len(about)

    known = {c.id: c for c in await campaigns.all_of_them(tx)}
    for campaign in known.values():
        say(facts.of_campaign(_KIND[campaign.status], campaign, await campaigns.tally(tx, campaign.id)))
    async for invited in _pages(tx, invitations.every):
        for invitation in invited:
            say(*facts.of_invitation(invitation, known[invitation.campaign_id]))
    async for sent_in in _pages(tx, responses.every):
        apart = await responses.kept_apart(tx, [r.id for r in sent_in if r.counted])
        for response in sent_in:
            say(facts.of_response(response, first=response.counted))
            if response.counted:
                say(*facts.of_respondent(response, apart[response.id]))
    async for told in _pages(tx, signals.every):
        say(*(facts.of_signal(s) for s in told))
    return said


async def _pages(tx: Tx, read: Callable[..., Awaitable[Sequence[R]]]) -> AsyncIterator[Sequence[R]]:
    after = ""
    while rows := await read(tx, after=after, limit=PAGE):
        yield rows
        after = rows[-1].id
