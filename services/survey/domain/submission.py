"""Whether a submitted set of answers can be taken: every reason why not, at once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from services.survey.domain.campaign import Campaign
from shared.events.alone import faults_of_response, on_the_wire
from shared.events.base import Received
from shared.events.partner import SurveyResponseSubmitted
from shared.events.problems import Problem, problem
from shared.events.questionnaire import Checked, check, questionnaire, versions

FindMunicipality = Callable[[str, str | None], str | None]


@dataclass(frozen=True, slots=True)
class InvitedBy:
    """What is known of the invitation that a token belongs to."""

    campaign_id: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The answers in their one form, and every fault. With a fault the answers may be incomplete."""

    answers: dict[str, Any]
    problems: tuple[Problem, ...]


def judge(
    event: Received[SurveyResponseSubmitted],
    campaign: Campaign | None,
    invitation: InvitedBy | None,
    *,
    municipality: FindMunicipality,
    partners: Collection[str],
    echo: bool = False,
) -> Judged:
    """Judges one submission. `invitation` matters only where a token was given; `echo` as for `check`."""
    said = event.data
    faults = _campaign_faults(event, campaign)
    checked = _check(said, municipality, partners, echo=echo)
    faults += faults_of_response(said, checked, event.received_at)
    if said.invitation_token is not None:
        faults += _invitation_faults(said.campaign_id, invitation)
    return Judged(checked.answers, tuple(faults))


def _check(
    said: SurveyResponseSubmitted, municipality: FindMunicipality, partners: Collection[str], *, echo: bool
) -> Checked:
    """Answers are judged by the questionnaire that they name; by none when there is no such version."""
    if said.questionnaire not in versions():
        return Checked({}, ())
    asked = questionnaire(said.questionnaire)
    return check(asked, said.answers, municipality=municipality, partners=partners, echo=echo)


def _campaign_faults(event: Received[SurveyResponseSubmitted], campaign: Campaign | None) -> list[Problem]:
    said, faults = event.data, []
    if campaign is None:
        return [problem("unknown-campaign", "/data/campaignId", value=said.campaign_id)]
    if event.received_at < campaign.opens:
        faults.append(problem("campaign-not-open", "/data/campaignId", opens=on_the_wire(campaign.opens)))
    elif not campaign.is_open(event.received_at):
        faults.append(problem("campaign-closed", "/data/campaignId", closed=on_the_wire(campaign.closes)))
    if said.questionnaire != campaign.questionnaire:
        wrong = problem(
            "questionnaire-version", "/data/questionnaire", value=said.questionnaire, expected=campaign.questionnaire
        )
        faults.append(wrong)
    return faults


def _invitation_faults(campaign_id: str, invitation: InvitedBy | None) -> list[Problem]:
    at = "/data/invitationToken"
    if invitation is None:
        return [problem("unknown-invitation", at)]
    faults = []
    if invitation.campaign_id != campaign_id:
        other = problem(
            "inconsistent",
            at,
            detail_nl="Deze uitnodiging hoort bij een andere inventarisatie.",
            detail_en="This invitation belongs to another campaign.",
        )
        faults.append(other)
    if invitation.closed:
        faults.append(problem("withdrawn-invitation", at))
    return faults
