"""Taking in responses, whoever brings them: partners in batches, the web form one at a time. One way in for all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.survey.domain.answers import permissions
from services.survey.domain.counting import Standing, Verdict, recount
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


@dataclass(slots=True)
class _Coming:
    """A response on its way in: what it says, the initiative that it names in one of three ways, and whose it proves to be."""

    id: str
    submission: Submission
    answers: dict[str, Any]
    apart: Apart
    answered_at: datetime
    claim: Claim | None
    named_initiative: str | None
    invitation: Invitation | None
    initiative_id: str = ""

    @property
    def standing(self) -> Standing:
        """Where it stands, before it is known what it is compared with."""
        said = self.submission
        return Standing(self.id, said.data.campaign_id, self.initiative_id, self.answered_at, said.received_at)


async def take_in(tx: Tx, submissions: Sequence[Submission], *, channel: str, echo: bool = False) -> list[Outcome]:
    """Judges submissions and keeps the good ones; an outcome for each, in their order.

    `channel` is how permissions were given, for those without a proof of their own; `echo` as for `check`.
    """
    known = await campaigns.find(tx, {s.data.campaign_id for s in submissions})
    invited = await _invitations(tx, submissions)
    partners = await initiatives.partner_titles(tx) if any("A8" in s.data.answers for s in submissions) else {}

    outcomes: dict[int, Outcome] = {}
    good: dict[int, _Coming] = {}
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
            good[n] = _coming(submission, judged.answers, invitation, channel)

    await lock_attribution(tx, change=False)
    whose = await _whose(tx, good.values())
    placed: dict[int, _Coming] = {}
    for n, coming in good.items():
        initiative_id = whose.get(coming.claim or coming.named_initiative or "")
        if initiative_id is None:
            outcomes[n] = _waits_for(coming)
        else:
            coming.initiative_id = initiative_id
            placed[n] = coming
    outcomes |= await _keep(tx, placed)
    return [outcomes[n] for n in range(len(submissions))]


async def _invitations(tx: Tx, submissions: Sequence[Submission]) -> Mapping[str, Invitation]:
    """The invitations that were answered, by their tokens."""
    tokens = {token: fingerprint(token) for s in submissions if (token := s.data.invitation_token)}
    if not tokens:
        return {}
    found = await invitations.by_tokens(tx, tokens.values())
    return {token: found[hashed] for token, hashed in tokens.items() if hashed in found}


def _coming(submission: Submission, answers: dict[str, Any], invitation: Invitation | None, channel: str) -> _Coming:
    said, asked = submission.data, questionnaire(submission.data.questionnaire)
    answered_at = said.answered_at or submission.received_at
    text = f"Vragenlijst {said.questionnaire}, onderdeel K"
    given = permissions(
        asked.consents(answers), said.consents, at=min(answered_at, submission.received_at), text=text, channel=channel
    )
    assert said.external_id is None or submission.partner is not None, "only a partner has ids of its own"
    return _Coming(
        new_id(),
        submission,
        asked.public(answers),
        Apart(asked.open_text(answers), given),
        answered_at,
        (submission.partner, said.external_id) if submission.partner and said.external_id is not None else None,
        invitation.initiative_id if invitation else said.initiative_id,
        invitation,
    )


async def _whose(tx: Tx, named: Collection[_Coming]) -> Mapping[Claim | str, str]:
    """The initiative for each claim or id, as merges and splits have it; locked against others who count for it."""
    claims = await initiatives.of_claims(tx, {n.claim for n in named if n.claim})
    ids = [n.named_initiative for n in named if n.named_initiative]
    gone_to = await initiatives.roots(tx, ids) if ids else {}
    await initiatives.lock(tx, {*claims.values(), *gone_to.values()})
    whose: dict[Claim | str, str] = {}
    whose.update(claims)
    whose.update(gone_to)
    return whose


def _waits_for(coming: _Coming) -> NotYet:
    if coming.claim:
        partner, external_id = coming.claim
        unknown = problem("unknown-initiative", "/data/externalId", value=external_id)
        return NotYet(f"claim:{partner}/{external_id}", unknown)
    unknown = problem("unknown-initiative", "/data/initiativeId", value=coming.named_initiative)
    return NotYet(f"initiative:{coming.named_initiative}", unknown)


async def _keep(tx: Tx, placed: Mapping[int, _Coming]) -> dict[int, Outcome]:
    """Writes the responses, counts anew where they came in, and says what changed."""
    if not placed:
        return {}
    coming = {c.id: c.standing for c in placed.values()}
    before = await responses.counted(tx, {(s.campaign_id, s.initiative_id) for s in coming.values()})
    verdicts = {v.id: v for v in recount([*before, *coming.values()])}
    now = await responses.apply(tx, [verdicts[s.id] for s in before if s.id in verdicts])
    new = [_response(c, verdicts[c.id]) for c in placed.values()]
    apart = {c.id: c.apart for c in placed.values()}
    await responses.insert(tx, new, apart)
    causes = {c.id: c.submission for c in placed.values()}
    await say(tx, [*now, *new], begins={r.id for r in new if r.counted}, causes=causes, known=apart)
    return _outcomes(placed, before, coming)


def _response(coming: _Coming, verdict: Verdict) -> Response:
    submission = coming.submission
    return Response(
        id=coming.id,
        campaign_id=submission.data.campaign_id,
        version=1,
        initiative_id=coming.initiative_id,
        counted=verdict.counted,
        replaced_by=verdict.replaced_by,
        partner=submission.partner,
        external_id=submission.data.external_id,
        named_initiative=coming.named_initiative,
        invitation_id=coming.invitation.id if coming.invitation else None,
        questionnaire=submission.data.questionnaire,
        answers=coming.answers,
        answered_at=coming.answered_at,
        received_at=submission.received_at,
    )


def _outcomes(
    placed: Mapping[int, _Coming], before: Sequence[Standing], coming: Mapping[str, Standing]
) -> dict[int, Outcome]:
    """What each did when it came in, in order: took its place, replaced one that counted, or was too old to count."""
    best: dict[tuple[str, str], Standing] = {(s.campaign_id, s.initiative_id): s for s in before}
    outcomes: dict[int, Outcome] = {}
    for n, one in placed.items():
        standing = coming[one.id]
        at = (standing.campaign_id, standing.initiative_id)
        held = best.get(at)
        if held is None or standing.rank > held.rank:
            best[at] = standing
            outcomes[n] = Taken("replaced" if held else "recorded", one.initiative_id)
        else:
            value = one.submission.data.external_id or one.initiative_id
            outcomes[n] = Taken(
                "recorded", one.initiative_id, (problem("superseded", "/data/answeredAt", value=value),)
            )
    return outcomes
