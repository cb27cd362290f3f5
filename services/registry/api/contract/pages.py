"""The contract as pages: what there is, each type, every code of a refusal, every code list. Dutch, and English under `/en`."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from shared.bus import asyncapi, topology
from shared.events.base import PARTNER, Event
from shared.events.catalogue import by_type, owned_by, told_to_partners
from shared.events.codelists import codelist, codelists
from shared.events.envelope import BATCH_LIMIT, EVENT_LIMIT_BYTES, MESSAGE_LIMIT_BYTES
from shared.events.problems import CODES
from shared.events.questionnaire import questionnaire, versions
from shared.web import page

from . import words
from .documents import text_of_example
from .fields import fields_of
from .words import Language

router = APIRouter(prefix="/contract")


def language_of(request: Request) -> Language:
    return "en" if request.url.path.startswith("/contract/en") else "nl"


LanguageDep = Annotated[Language, Depends(language_of)]


@router.get("", include_in_schema=False)
@router.get("/en", include_in_schema=False)
async def overview(request: Request, language: LanguageDep) -> HTMLResponse:
    """Every type by who says it, the envelope, and where the documents are."""
    groups = [(_said(heading, language), owned_by(owner)) for owner, heading in words.OWNERS.items()]
    return _page(
        request,
        "index.html",
        language,
        groups=[(heading, kinds) for heading, kinds in groups if kinds],
        told=[kind for kind in told_to_partners() if kind.owner != "taker"],
        limits={"event_kb": EVENT_LIMIT_BYTES // 1024, "message_kb": MESSAGE_LIMIT_BYTES // 1024, "batch": BATCH_LIMIT},
        lists=codelists(),
        questionnaires=[questionnaire(version) for version in versions()],
        version=asyncapi.VERSION,
    )


@router.get("/types/{name}", include_in_schema=False)
@router.get("/en/types/{name}", include_in_schema=False)
async def event_type(request: Request, language: LanguageDep, name: str) -> HTMLResponse:
    """One type: who says it, its fields, what may follow, an example."""
    kind = by_type().get(name)
    if kind is None:
        raise HTTPException(404)
    fields = fields_of(kind, language)
    return _page(
        request,
        "type.html",
        language,
        at=f"/types/{name}",
        kind=kind,
        owner=_said(words.SERVICES.get(kind.owner, (kind.owner, kind.owner)), language),
        taker=_said(words.SERVICES[kind.taker], language) if kind.taker else None,
        from_partner=kind.owner == PARTNER,
        to_partner=kind in told_to_partners(),
        queue=topology.feedback_queue("<partner>"),
        fields=fields,
        any_personal=any(field.personal for field in fields),
        outcomes=_outcomes(kind, language),
        follow=[by_type()[one] for one in words.FOLLOW.get(name, ())],
        example=text_of_example(kind),
    )


@router.get("/problems", include_in_schema=False)
@router.get("/en/problems", include_in_schema=False)
async def problems(request: Request, language: LanguageDep) -> HTMLResponse:
    """Every code, with an anchor: answers link here."""
    codes = [words.explained(code) for code in CODES.values()]
    return _page(request, "problems.html", language, at="/problems", codes=codes)


@router.get("/codelists", include_in_schema=False)
@router.get("/en/codelists", include_in_schema=False)
async def code_lists(request: Request, language: LanguageDep) -> HTMLResponse:
    """Every code list, with an anchor, and its labels in both languages."""
    lists = {name: codelist(name) for name in codelists()}
    return _page(request, "codelists.html", language, at="/codelists", lists=lists)


@router.get("/gids", include_in_schema=False)
@router.get("/en/wire-format", include_in_schema=False)
async def guide(request: Request, language: LanguageDep) -> HTMLResponse:
    """The guide for partners, in Dutch; what a developer has to know of the wire, in English."""
    name = "wire-format" if language == "en" else "partners"
    return _page(request, "guide.html", language, guide=name)


def _outcomes(kind: type[Event], language: Language) -> Mapping[str, str]:
    known = words.OUTCOMES.get(kind.type)
    return {o: _said(words.OUTCOME_WORDS[o], language) for o in (*known, "duplicate")} if known else {}


def _said(both: tuple[str, str], language: Language) -> str:
    return both[language == "en"]


def _page(request: Request, name: str, language: Language, *, at: str = "", **context: Any) -> HTMLResponse:
    """`at` is where the page is below the contract, the same in both languages."""
    base = "/contract/en" if language == "en" else "/contract"
    other = f"/contract{at}" if language == "en" else f"/contract/en{at}"
    response = page(request, f"contract/{name}", en=language == "en", base=base, other=other, **context)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
