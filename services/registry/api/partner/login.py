"""A person at a partner logs in with the partner's API token."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.registry.store import tokens, wrong_tokens
from shared.web import DatabaseDep

from .session import begin, end, onward, partner_page, private

MOST_WRONG, WITHIN = 10, timedelta(minutes=15)
"""After so many wrong tokens from one address in so much time, none is looked at for a while."""

router = APIRouter(prefix="/partner", include_in_schema=False)


@router.get("/inloggen")
async def ask_token(request: Request, verder: str = "") -> Response:
    """The form for the token."""
    return _form(request, verder)


@router.post("/inloggen")
async def log_in(
    request: Request,
    database: DatabaseDep,
    token: Annotated[str, Form(max_length=200)] = "",
    verder: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Begins a session. A wrong token is never shown or written down again."""
    token, who = token.strip(), _address(request)
    if not token:
        return _form(request, verder, error="Vul het token in.", status_code=400)
    async with database.transaction() as tx:
        if await wrong_tokens.count(tx, who, tx.now - WITHIN) >= MOST_WRONG:
            wait = "U hebt te vaak een verkeerd token ingevuld. Probeer het over een kwartier opnieuw."
            return _form(request, verder, error=wait, status_code=429)
        owner = await tokens.owner_of(tx, token)
        if owner is None:
            await wrong_tokens.note(tx, who)
    if owner is None:
        wrong = (
            "Dit token werkt niet (meer). Kijk of u het helemaal hebt overgenomen, of vraag de helpdesk om een nieuw."
        )
        return _form(request, verder, error=wrong, status_code=403)
    response = private(RedirectResponse(onward(verder), status_code=303))
    begin(request, response, owner, token)
    return response


@router.get("/uitloggen")
async def ask_to_log_out(request: Request) -> Response:
    """A button, because a link may be followed by a machine."""
    return partner_page(request, "uitloggen.html", None, done=False)


@router.post("/uitloggen")
async def log_out(request: Request) -> Response:
    """Ends the session in this browser."""
    response = partner_page(request, "uitloggen.html", None, done=True)
    end(response)
    return response


def _form(request: Request, onward_to: str, *, error: str | None = None, status_code: int = 200) -> Response:
    return partner_page(
        request,
        "inloggen.html",
        None,
        onward=onward(onward_to),
        errors={"token": error} if error else {},
        status_code=status_code,
    )


def _address(request: Request) -> str:
    """Where the request comes from: what our own proxy, the last in the row, says of it."""
    said = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return (said or (request.client.host if request.client else ""))[:64]
