"""Where a person at a partner begins: what waits, and the way to everything else."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from services.registry.store import history, partner_questions, uploads
from services.registry.store.history import Wanted
from shared.web import DatabaseDep

from .history import line
from .session import VisitorDep, partner_page
from .showing import upload_line

LATELY = timedelta(days=7)
SHOWN = 10

router = APIRouter(prefix="/partner", include_in_schema=False)


@router.get("")
async def home(request: Request, database: DatabaseDep, visitor: VisitorDep) -> Response:
    """Open questions, files that wait, what was refused lately, and the last that came in."""
    async with database.transaction() as tx:
        questions = await partner_questions.count_unanswered(tx, visitor.partner)
        refused = await history.page(tx, visitor.partner, Wanted(since=tx.now - LATELY, outcome="refused"), SHOWN + 1)
        last = await history.page(tx, visitor.partner, Wanted(), 1)
        recent = await uploads.recent(tx, visitor.partner, SHOWN)
    return partner_page(
        request,
        "overzicht.html",
        visitor,
        questions=questions,
        refused=[line(one) for one in refused[:SHOWN]],
        more_refused=len(refused) > SHOWN,
        last=line(last[0]) if last else None,
        uploads=[upload_line(upload) for upload in recent if upload.status != "done"],
    )
