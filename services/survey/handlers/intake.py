"""Taking in responses, whoever brings them: partners in batches, the web form one at a time. One way in for all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.survey.domain.answers import permissions
from services.survey.domain.counting import Standing, recount
from services.survey.domain.submission import InvitedBy, judge
from services.survey.handlers.attributing import say
from services.survey.handlers.inviting import fingerprint
from services.survey.store import campaigns, initiatives, invitations, lock_attribution, responses
from services.survey.store.initiatives import Claim
from services.survey.store.invitations import Invitation
from services.survey.store.responses import Apart, Response
from shared.events.alone import municipality_code
from shared.events.base import Received
from shared.events.envelope import new_id
from shared.events.partner import SurveyResponseSubmitted
from shared.events.problems import Problem, problem
from shared.events.questionnaire import questionnaire
from shared.transaction import Tx

Submission = Received[SurveyResponseSubmitted]


@dataclass(frozen=True, slots=True)
class Taken:
    """It was kept; `replaced` says whether it counts instead of an earlier one of the same initiative."""

    outcome: Literal["recorded", "replaced"]
    initiative_id: str | None
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """It can never succeed, with every reason."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class NotYet:
    """It names an initiative not heard of; when `key` arrives it can be tried again."""

    key: str
    problem: Problem


Outcome = Taken | NotTaken | NotYet


@dataclass(frozen=True, slots=True)
class _Named:
    """The initiative that a submission names, in one of three ways."""

    claim: Claim | None = None
    initiative: str | None = None
    invitation: Invitation | None = None


async def take_in(tx: Tx, submissions: Sequence[Submission], *, channel: str, echo: bool = False) -> list[Outcome]:
    """Judges submissions and keeps the good ones; an outcome for each, in their order.

    `channel` is how permissions were given, for those without a proof of their own; `echo` as for `check`.
    """
    known = await campaigns.find(tx, [s.data.campaign_id for s in submissions])
    tokens = {
        s.data.invitation_token: fingerprint(s.data.invitation_token) for s in submissions if s.data.invitation_token
    }
    by_token = await invitations.by_tokens(tx, tokens.values())
    invited = {token: by_token[hashed] for token, hashed in tokens.items() if hashed in by_token}
    partners = await initiatives.partner_titles(tx) if any("A8" in s.data.answers for s in submissions) else {}

    outcomes: dict[int, Outcome] = {}
    good: dict[int, tuple[_Named, Response, Apart]] = {}
    causes: dict[str, Submission] = {}
    for n, submission in enumerate(submissions):
        invitation = invited.get(submission.data.invitation_token or "")
        judged = judge(
            submission,
            known.get(submission.data.campaign_id),
            InvitedBy(invitation.campaign_id, invitation.withdrawn_for == "closed") if invitation else None,
            municipality=municipality_code,
            partners=partners,
            echo=echo,
        )
        if judged.problems:
            outcomes[n] = NotTaken(judged.problems)
        else:
            response, apart = _made(submission, judged.answers, channel)
            good[n] = (_named(submission, invitation), response, apart)
            causes[response.id] = submission

    await lock_attribution(tx, change=False)
    whose = await _whose(tx, [named for named, _, _ in good.values()])
    placed: dict[int, tuple[Response, Apart]] = {}
    for n, (named, response, apart) in good.items():
        initiative_id = whose.get(named.claim or named.initiative or "")
        if initiative_id is None:
            outcomes[n] = _waits_for(named)
        else:
            placed[n] = (_placed(response, named, initiative_id), apart)
    outcomes |= await _keep(tx, placed, causes)
    return [outcomes[n] for n in range(len(submissions))]


def _named(submission: Submission, invitation: Invitation | None) -> _Named:
    said = submission.data
    if said.external_id is not None:
        assert submission.partner is not None, "only a partner has ids of its own"
        return _Named(claim=(submission.partner, said.external_id))
    return _Named(initiative=invitation.initiative_id if invitation else said.initiative_id, invitation=invitation)


def _made(submission: Submission, answers: dict[str, object], channel: str) -> tuple[Response, Apart]:
    """The response as it will be kept, for whom it counts left open."""
    said, asked = submission.data, questionnaire(submission.data.questionnaire)
    answered_at = said.answered_at or submission.received_at
    response = Response(
        id=new_id(),
        campaign_id=said.campaign_id,
        version=1,
        initiative_id="",
        counted=False,
        replaced_by=None,
        partner=submission.partner,
        external_id=said.external_id,
        named_initiative=None,
        invitation_id=None,
        questionnaire=said.questionnaire,
        answers=asked.public(answers),
        answered_at=answered_at,
        received_at=submission.received_at,
    )
    text = f"Vragenlijst {said.questionnaire}, onderdeel K"
    given = permissions(
        asked.consents(answers), said.consents, at=min(answered_at, submission.received_at), text=text, channel=channel
    )
    return response, Apart(asked.open_text(answers), given)


async def _whose(tx: Tx, named: Sequence[_Named]) -> Mapping[Claim | str, str]:
    """The initiative for each claim or id, as merges and splits have it; locked against others who count for it."""
    claims = await initiatives.of_claims(tx, {n.claim for n in named if n.claim})
    gone_to = await initiatives.roots(tx, [n.initiative for n in named if n.initiative])
    await initiatives.lock(tx, {*claims.values(), *gone_to.values()})
    whose: dict[Claim | str, str] = {}
    whose.update(claims)
    whose.update(gone_to)
    return whose


def _waits_for(named: _Named) -> NotYet:
    if named.claim:
        partner, external_id = named.claim
        unknown = problem("unknown-initiative", "/data/externalId", value=external_id)
        return NotYet(f"claim:{partner}/{external_id}", unknown)
    unknown = problem("unknown-initiative", "/data/initiativeId", value=named.initiative)
    return NotYet(f"initiative:{named.initiative}", unknown)


def _placed(response: Response, named: _Named, initiative_id: str) -> Response:
    return replace(
        response,
        initiative_id=initiative_id,
        named_initiative=named.initiative,
        invitation_id=named.invitation.id if named.invitation else None,
    )


async def _keep(
    tx: Tx, placed: Mapping[int, tuple[Response, Apart]], causes: Mapping[str, Submission]
) -> dict[int, Outcome]:
    """Writes the responses, counts anew where they came in, and says what changed."""
    if not placed:
        return {}
    before = await responses.counted(tx, {(r.campaign_id, r.initiative_id) for r, _ in placed.values()})
    coming = {r.id: _standing(r) for r, _ in placed.values()}
    verdicts = {v.id: v for v in recount([*before, *coming.values()])}
    now = await responses.apply(tx, [verdicts[s.id] for s in before if s.id in verdicts])
    new = [
        replace(r, counted=verdicts[r.id].counted, replaced_by=verdicts[r.id].replaced_by) for r, _ in placed.values()
    ]
    apart = {r.id: a for r, a in placed.values()}
    await responses.insert(tx, new, apart)
    await say(tx, [*now, *new], begins={r.id for r in new if r.counted}, causes=causes, known=apart)
    return _outcomes(placed, before, coming)


def _standing(response: Response) -> Standing:
    return Standing(
        response.id, response.campaign_id, response.initiative_id, response.answered_at, response.received_at
    )


def _outcomes(
    placed: Mapping[int, tuple[Response, Apart]], before: Sequence[Standing], coming: Mapping[str, Standing]
) -> dict[int, Outcome]:
    """What each did when it came in, in order: took its place, replaced one that counted, or was too old to count."""
    best: defaultdict[tuple[str, str], Standing | None] = defaultdict(lambda: None)
    best.update({(s.campaign_id, s.initiative_id): s for s in before})
    outcomes: dict[int, Outcome] = {}
    for n, (response, _) in placed.items():
        standing, at = coming[response.id], (response.campaign_id, response.initiative_id)
        held = best[at]
        if held is None or standing.rank > held.rank:
            best[at] = standing
            outcomes[n] = Taken("replaced" if held else "recorded", response.initiative_id)
        else:
            older = problem("superseded", "/data/answeredAt", value=response.external_id or response.initiative_id)
            outcomes[n] = Taken("recorded", response.initiative_id, (older,))
    return outcomes
