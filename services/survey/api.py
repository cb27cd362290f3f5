"""The questionnaire on the web, `/enquete/<token>`: filled in, kept for later, sent in, changed until closing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from services.survey.domain import form as forms
from services.survey.domain.campaign import Campaign, until_in_words
from services.survey.domain.form import Form
from services.survey.handlers.intake import NotTaken, NotYet, Taken, take_in
from services.survey.handlers.inviting import fingerprint
from services.survey.store import campaigns, initiatives, invitations, responses
from services.survey.store.initiatives import Place
from services.survey.store.invitations import Invitation
from shared import geo
from shared.dutch import date_and_time
from shared.events.alone import municipality_code
from shared.events.base import Received
from shared.events.envelope import new_id
from shared.events.partner import SurveyResponseSubmitted
from shared.events.problems import Problem
from shared.events.questionnaire import DO_NOT_KNOW, Field, Kind, Questionnaire, check, questionnaire
from shared.transaction import Tx
from shared.web import DatabaseDep, page

router = APIRouter(prefix="/enquete", include_in_schema=False)

SOURCE = "urn:burenbus:web:enquete"
LARGEST_FORM_BYTES = 256 * 1024
MOST_INPUTS = 2000
KEPT = "ja"
NOTHING: Mapping[str, str] = {}
UNKNOWN = "weet niet of wil niet zeggen"


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who came with a token that we know."""

    invitation: Invitation
    campaign: Campaign
    initiative: Place
    partners: Mapping[str, str]

    @property
    def asked(self) -> Questionnaire:
        return questionnaire(self.campaign.questionnaire)

    @property
    def withdrawn(self) -> bool:
        """The initiative is no longer in the registry. One that went into another may still answer for it."""
        return self.invitation.withdrawn_for == "closed"


@router.get("/{token}")
async def show(request: Request, token: str, database: DatabaseDep, bewaard: str = "") -> Response:
    """The questionnaire, with what was filled in before; or why it cannot be filled in."""
    async with database.transaction() as tx:
        visit = await _visit(tx, token)
        if visit is None or not visit.campaign.is_open(tx.now) or visit.withdrawn:
            return _barred(request, visit, tx)
        filled = await invitations.draft(tx, visit.invitation.id)
        earlier = await responses.counting_for(tx, visit.campaign.id, visit.initiative.id)
        if filled is None and earlier is not None:
            apart = (await responses.kept_apart(tx, [earlier.id]))[earlier.id]
            consents = {f"K.{p.purpose}": p.given for p in apart.permissions}
            filled = forms.form_of({**earlier.answers, **apart.words, **consents}, visit.asked)
        if filled is None:
            filled = _proposed(visit.initiative)
    received = date_and_time(earlier.received_at) if earlier else None
    return _form(request, visit, _with_names(filled), kept=bewaard == KEPT, received=received)


@router.post("/{token}")
async def send(request: Request, token: str, database: DatabaseDep) -> Response:
    """Keeps what was filled in, or sends it in; all faults are shown at once, and nothing that was typed is lost."""
    sent = await _read(request)
    here = f"/enquete/{token}"
    async with database.transaction() as tx:
        visit = await _visit(tx, token)
        if visit is None or not visit.campaign.is_open(tx.now) or visit.withdrawn:
            return _barred(request, visit, tx)
        filled = forms.only_known(sent, visit.asked)
        proposed = _propose_municipality(filled)
        if sent.get("actie") != ["versturen"]:
            await invitations.save_draft(tx, visit.invitation.id, filled)
            return RedirectResponse(f"{here}?bewaard={KEPT}#bewaard", status_code=303)
        answers = forms.answers_of(filled, visit.asked)
        if proposed is None:
            faults = await _submit(tx, visit, token, answers)
        else:  # there is something to confirm first
            partners = list(visit.partners)
            faults = check(visit.asked, answers, municipality=municipality_code, partners=partners, echo=True).problems
        if proposed is None and not faults:
            return RedirectResponse(f"{here}/bedankt", status_code=303)
        await invitations.save_draft(tx, visit.invitation.id, filled)
    return _form(request, visit, filled, errors=_by_field(faults, visit.asked), proposed=proposed)


@router.get("/{token}/bedankt")
async def thanks(request: Request, token: str, database: DatabaseDep) -> Response:
    """What happens next, and until when the answers can be changed."""
    async with database.transaction() as tx:
        visit = await _visit(tx, token)
        if visit is None:
            return _barred(request, None, tx)
        earlier = await responses.counting_for(tx, visit.campaign.id, visit.initiative.id)
        if earlier is None:
            return RedirectResponse(f"/enquete/{token}", status_code=303)
        still_open = visit.campaign.is_open(tx.now)
    return _private(
        page(
            request,
            "thanks.html",
            campaign=visit.campaign,
            initiative=visit.initiative,
            still_open=still_open,
            until=until_in_words(visit.campaign.closes),
            form=f"/enquete/{token}",
        )
    )


# --- who comes in --------------------------------------------------------------------------------------------------


async def _visit(tx: Tx, token: str) -> Visit | None:
    """Who this token belongs to; None for a token that was never given out."""
    hashed = fingerprint(token)
    invitation = (await invitations.by_tokens(tx, [hashed])).get(hashed)
    if invitation is None:
        return None
    campaign = (await campaigns.find(tx, [invitation.campaign_id]))[invitation.campaign_id]
    root = (await initiatives.roots(tx, [invitation.initiative_id]))[invitation.initiative_id]
    about = (await initiatives.places(tx, [root]))[root]
    return Visit(invitation, campaign, about, await initiatives.partner_titles(tx))


def _barred(request: Request, visit: Visit | None, tx: Tx) -> Response:
    """Why the questionnaire cannot be filled in (any longer), as a page."""
    if visit is None:
        return _private(page(request, "barred.html", status_code=404, reason="unknown"))
    if visit.withdrawn:
        reason, status = "withdrawn", 410
    elif tx.now < visit.campaign.opens:
        reason, status = "early", 403
    else:
        reason, status = "closed", 410
    shown = page(
        request,
        "barred.html",
        status_code=status,
        reason=reason,
        title=visit.campaign.title,
        opens=date_and_time(visit.campaign.opens),
        closed=until_in_words(visit.campaign.closes),
    )
    return _private(shown)


# --- what was filled in ----------------------------------------------------------------------------------------------


async def _read(request: Request) -> dict[str, list[str]]:
    """The inputs of the form. Raises 413 for more than any form holds."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LARGEST_FORM_BYTES:
        raise HTTPException(413, "Het formulier is te groot.")
    form = await request.form(max_fields=MOST_INPUTS, max_files=0)
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value.replace("\x00", ""))
    return found


def _proposed(initiative: Place) -> dict[str, list[str]]:
    """What the registry knows already, for the respondent to confirm or mend."""
    known = {
        "A1": initiative.name,
        "A2.postcode": initiative.pc4,
        "A2.plaats": initiative.place,
        "A2.gemeente": initiative.municipality,
    }
    return {name: [value] for name, value in known.items() if value}


def _with_names(filled: Form) -> dict[str, list[str]]:
    """A municipality is shown by its name, not by its code."""
    shown = {name: list(values) for name, values in filled.items()}
    for i, value in enumerate(shown.get("A2.gemeente", [])):
        if found := geo.municipality(value):
            shown["A2.gemeente"][i] = found.cbs_name
    return shown


def _propose_municipality(filled: dict[str, list[str]]) -> str | None:
    """Fills in the municipality that the postcode lies in, where none was given; gives its name, for the respondent
    to confirm: one postcode in a hundred lies mostly in another."""
    if filled.get("A2.gemeente") or not filled.get("A2.postcode"):
        return None
    area = geo.pc4(filled["A2.postcode"][0].strip()[:4])
    found = geo.municipality(area.municipality) if area else None
    if found is None:
        return None
    filled["A2.gemeente"] = [found.cbs_name]
    return found.name


async def _submit(tx: Tx, visit: Visit, token: str, answers: dict[str, Any]) -> Sequence[Problem]:
    """Sends the answers in, by the way that partners' responses go; gives the faults."""
    said = SurveyResponseSubmitted(
        campaign_id=visit.campaign.id,
        questionnaire=visit.campaign.questionnaire,
        invitation_token=token,
        answers=answers,
    )
    submission = Received(data=said, id=new_id(), source=SOURCE, partner=None, time=tx.now, received_at=tx.now)
    [outcome] = await take_in(tx, [submission], channel="web", echo=True)
    match outcome:
        case NotTaken(problems):
            return problems
        case Taken():
            await invitations.drop_draft(tx, visit.invitation.id)
            return ()
        case NotYet():
            raise AssertionError("an invitation is always to an initiative that we know")


def _by_field(faults: Sequence[Problem], asked: Questionnaire) -> dict[str, str]:
    """Each fault in Dutch by the input that it belongs to, in the order of the questions."""
    said: dict[str, list[str]] = {}
    for fault in faults:
        code = fault.pointer.removeprefix("/data/answers/").split("/")[0]
        if code in asked.fields:
            said.setdefault(code, []).append(_in_words(fault, asked.fields[code]))
    return {code: " ".join(said[code]) for code in asked.fields if code in said}


def _in_words(fault: Problem, field: Field) -> str:
    """A fault for who sees labels instead of codes."""
    if fault.code == "number" and field.decimals:
        return f"{fault.value} is geen getal. Geef een getal, zoals 3 of 1,5, zonder ‘ca.’."
    alone, together, rest = fault.nl.partition(" kan niet samen ")
    labels = {option.code: option.nl for option in field.options} | {DO_NOT_KNOW: UNKNOWN}
    return f"‘{labels[alone]}’{together}{rest}" if together and alone in labels else fault.nl


# --- what is shown -------------------------------------------------------------------------------------------------


def _form(
    request: Request,
    visit: Visit,
    filled: Form,
    *,
    errors: Mapping[str, str] = NOTHING,
    kept: bool = False,
    received: str | None = None,
    proposed: str | None = None,
) -> Response:
    """The page. `proposed`: the municipality that was filled in from the postcode, to be confirmed; that is no fault."""
    asked = visit.asked
    summary = {code: f"{_question_of(asked, code)} – {text}" for code, text in errors.items()}
    shown = page(
        request,
        "form.html",
        status_code=422 if errors else 200,
        asked=asked,
        campaign=visit.campaign,
        initiative=visit.initiative,
        until=until_in_words(visit.campaign.closes),
        errors=errors,
        summary=summary,
        kept=kept,
        received=received,
        proposed=proposed,
        form={
            "asked": asked,
            "filled": filled,
            "errors": errors,
            "proposed": proposed,
            "choices": partial(_choices, partners=visit.partners),
            "municipalities": sorted(m.cbs_name for m in geo.municipalities()),
            "do_not_know": DO_NOT_KNOW,
            "unknown": UNKNOWN,
            "given": forms.GIVEN,
        },
    )
    return _private(shown)


def _choices(field: Field, *, partners: Mapping[str, str]) -> list[tuple[str, str]]:
    """What can be chosen at a field, with its label; the last is not to say."""
    match field.kind:
        case Kind.PARTNERS:
            found = list(partners.items())
        case Kind.MARK:
            assert field.low is not None
            assert field.high is not None
            found = [(str(mark), str(mark)) for mark in range(field.low, field.high + 1)]
        case _:
            found = [(option.code, option.nl) for option in field.options]
    return [*found, (DO_NOT_KNOW, UNKNOWN)]


def _question_of(asked: Questionnaire, code: str) -> str:
    """How the summary names a field: "G gemeente", "A1 Hoe heet het initiatief?"."""
    field = asked.fields[code]
    return f"{field.question} {field.nl[0].lower() + field.nl[1:] if field.code != field.question else field.nl}"


def _private(response: Response) -> Response:
    """The address is the key to the answers: it is kept out of caches and search engines.

    Other sites do not get it either (`Referrer-Policy: same-origin`, as on every page). Not `no-referrer`: then older
    browsers send the form with `Origin: null`, which counts as somebody else's form.
    """
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
