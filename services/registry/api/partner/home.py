"""Where a person at a partner begins: what waits, and the way to everything else."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from services.registry.api.codes import meaning
from services.registry.store import history, partner_questions, uploads
from services.registry.store.history import Answered, Wanted
from shared import dutch
from shared.events.base import PREFIX
from shared.web import DatabaseDep

from .history import line
from .history_words import KINDS
from .session import VisitorDep, partner_page
from .showing import harmless, plain, upload_line

LATELY = timedelta(days=7)
SHOWN = 10
LOOKED_AT = 500
"""Refused events of late of which the causes are told; there may be more."""
NUMBERS = 8

router = APIRouter(prefix="/partner", include_in_schema=False)


@router.get("")
async def home(request: Request, database: DatabaseDep, visitor: VisitorDep) -> Response:
    """Open questions, files that wait, what was refused lately, and the last that came in."""
    async with database.transaction() as tx:
        questions = await partner_questions.count_unanswered(tx, visitor.partner)
        wanted = Wanted(since=tx.now - LATELY, outcome="refused")
        refused = await history.page(tx, visitor.partner, wanted, LOOKED_AT + 1)
        last = await history.page(tx, visitor.partner, Wanted(), 1)
        recent = await uploads.recent(tx, visitor.partner, SHOWN)
    return partner_page(
        request,
        "overzicht.html",
        visitor,
        questions=questions,
        refused=dutch.number(min(len(refused), LOOKED_AT)),
        causes=causes(refused[:LOOKED_AT])[:SHOWN],
        more_refused=len(refused) > LOOKED_AT or len(causes(refused[:LOOKED_AT])) > SHOWN,
        last=line(last[0]) if last else None,
        uploads=[upload_line(upload) for upload in recent if upload.status != "done"],
    )


def causes(refused: Sequence[Answered]) -> list[dict[str, Any]]:
    """What was refused by its cause, the most frequent first: what it was, how often, of which numbers, and where to see all."""
    groups: dict[tuple[str, str, str], list[Answered]] = {}
    for one in refused:
        first = one.problems[0] if one.problems else None
        kind = (one.event_type or "").removeprefix(PREFIX)
        groups.setdefault((kind, first.code if first else "", first.pointer if first else ""), []).append(one)
    return [_cause(kind, code, found) for (kind, code, _), found in sorted(groups.items(), key=lambda g: -len(g[1]))]


def _cause(kind: str, code: str, found: Sequence[Answered]) -> dict[str, Any]:
    texts = {one.problems[0].nl for one in found if one.problems}
    numbers = list(dict.fromkeys(plain(one.event_subject) for one in found if one.event_subject))
    asked = {"uitkomst": "refused", "code": code, "soort": kind if kind in KINDS else ""}
    return {
        "kind": KINDS.get(kind) or plain(kind) or "onleesbaar",
        "count": len(found),
        "text": harmless(texts.pop()) if len(texts) == 1 else meaning(code),
        "numbers": dutch.listing(numbers[:NUMBERS]) + (" …" if len(numbers) > NUMBERS else ""),
        "single": line(found[0])["link"] if len(found) == 1 else None,
        "query": urlencode({name: value for name, value in asked.items() if value}),
    }
