"""The facts that survey says, made from what is kept."""

from collections.abc import Iterator

from services.survey.domain.answers import by_proof, described
from services.survey.domain.campaign import Campaign
from services.survey.store.campaigns import Tally
from services.survey.store.invitations import Invitation
from services.survey.store.responses import Apart, Response
from services.survey.store.signals import Signal
from shared.events.base import Event
from shared.events.questionnaire import questionnaire
from shared.events.survey import (
    CampaignState,
    ConsentsGiven,
    InitiativeDescribed,
    InvitationIssued,
    InvitationWithdrawn,
    ResponseRecorded,
    ResponseReplaced,
    ResponseState,
    SignalRecorded,
)


def of_campaign(kind: type[CampaignState], campaign: Campaign, tally: Tally) -> CampaignState:
    """The campaign's whole state, as a fact of this kind."""
    return kind(
        campaign_id=campaign.id,
        version=campaign.version,
        title=campaign.title,
        questionnaire=campaign.questionnaire,
        opens=campaign.opens,
        closes=campaign.closes,
        status=campaign.status,
        invited=tally.invited,
        responded=tally.responded,
    )


def of_invitation(invitation: Invitation, campaign: Campaign) -> Iterator[Event]:
    """An invitation that was issued before, without its token; and that it was withdrawn, if it was."""
    yield InvitationIssued(
        invitation_id=invitation.id,
        campaign_id=campaign.id,
        initiative_id=invitation.initiative_id,
        title=campaign.title,
        closes=campaign.closes,
    )
    if invitation.withdrawn_for:
        yield withdrawn(invitation)


def withdrawn(invitation: Invitation) -> InvitationWithdrawn:
    """An initiative is asked no longer."""
    assert invitation.withdrawn_for is not None
    return InvitationWithdrawn(
        invitation_id=invitation.id,
        campaign_id=invitation.campaign_id,
        initiative_id=invitation.initiative_id,
        reason=invitation.withdrawn_for,
    )


def of_response(response: Response, *, first: bool = False) -> ResponseState:
    """Where a response stands: recorded when it begins to count, replaced when it counts no longer or for another."""
    kind = ResponseRecorded if response.counted and first else ResponseReplaced
    asked = questionnaire(response.questionnaire)
    return kind(
        response_id=response.id,
        campaign_id=response.campaign_id,
        initiative_id=response.initiative_id,
        version=response.version,
        counted=response.counted,
        replaced_by=response.replaced_by,
        partner=response.partner,
        answers=asked.public(response.answers),
        answered_at=response.answered_at,
    )


def of_respondent(response: Response, apart: Apart) -> Iterator[Event]:
    """What the initiative for which a response counts says of itself in it, and what it allows."""
    moment = min(response.answered_at, response.received_at)
    yield InitiativeDescribed(
        initiative_id=response.initiative_id,
        response_id=response.id,
        at=moment,
        fields=described({**response.answers, **apart.words}),
    )
    for (at, text, channel), group in by_proof(apart.permissions).items():
        yield ConsentsGiven(
            initiative_id=response.initiative_id,
            response_id=response.id,
            at=at,
            given=tuple(p.purpose for p in group if p.given),
            withheld=tuple(p.purpose for p in group if not p.given),
            text=text,
            channel=channel,
        )


def of_signal(signal: Signal) -> SignalRecorded:
    """A signal without its text."""
    return SignalRecorded(
        signal_id=signal.id,
        version=signal.version,
        kind=signal.kind,
        category=signal.category,
        severity=signal.severity,
        activity=signal.activity,
        degree=signal.degree,
        institution=signal.institution,
        initiative_id=signal.initiative_id,
        region=signal.region,
        gathering=signal.gathering,
    )
