"""Staff log in by a link that is mailed to them; the session holds for all services behind the proxy."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.notify.domain.paths import HOME, onward
from services.notify.letter import LOGIN, SESSION
from services.notify.post import LOGIN as FIRST
from services.notify.post import PostOffice, new_id
from services.notify.settings import Settings
from services.notify.store import deliveries, staff, suppression
from services.notify.store.deliveries import Mail
from shared import links
from shared.web import STAFF_COOKIE, DatabaseDep, page

MAILS, PER = 3, timedelta(minutes=15)
"""So many login links are mailed to one address in so much time."""

router = APIRouter()


@router.get("/inloggen")
async def ask_address(request: Request, verder: str = "") -> Response:
    """The form for the mail address."""
    return page(request, "login.html", onward=onward(verder) or "", errors={}, email="")


@router.post("/inloggen")
async def mail_link(
    request: Request,
    database: DatabaseDep,
    email: Annotated[str, Form(max_length=254)] = "",
    verder: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Mails a link to a staff member; says the same whether the address is known or not."""
    email, path = email.strip(), onward(verder)
    if "@" not in email:
        errors = {"email": "Vul uw e-mailadres in, bijvoorbeeld naam@voorbeeld.nl."}
        return page(request, "login.html", status_code=400, onward=path or "", errors=errors, email=email)
    settings: Settings = request.app.state.settings
    post: PostOffice = request.app.state.post
    async with database.transaction() as tx:
        member = await staff.find(tx, email)
        if member and await deliveries.asked_since(tx, "login-link", email, tx.now - PER) < MAILS:
            key = new_id()
            mail = Mail(
                id=key,
                kind="login-link",
                about=key,
                recipient=member.email,
                name=member.name,
                letter={"minutes": settings.login_link_minutes, "onward": path},
                deadline=tx.now + timedelta(minutes=settings.login_link_minutes),
                priority=FIRST,
            )
            await post.send(tx, [mail])
    return page(request, "login-sent.html", minutes=settings.login_link_minutes)


@router.get("/inloggen/{token}")
async def show_button(request: Request, token: str, verder: str = "") -> Response:
    """Opening the link only shows a button: mail scanners open links too."""
    if _link(request, token) is None:
        return _stale(request)
    return page(request, "login-button.html", onward=onward(verder) or "")


@router.post("/inloggen/{token}")
async def log_in(
    request: Request, token: str, database: DatabaseDep, verder: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Uses the link up, and begins a session."""
    link = _link(request, token)
    if link is None:
        return _stale(request)
    async with database.transaction() as tx:
        member = await staff.find(tx, link.person)
        first_time = await suppression.use_link(tx, links.fingerprint(token), link.expires)
    if member is None or not first_time:
        return _stale(request)
    settings: Settings = request.app.state.settings
    lasts = timedelta(hours=settings.session_hours)
    session = links.sign(
        settings.link_secret.get_secret_value(),
        person=member.email,
        purpose=SESSION,
        object_id=member.id,
        expires=request.app.state.clock() + lasts,
    )
    response = RedirectResponse(onward(verder) or HOME, status_code=303)
    response.set_cookie(
        STAFF_COOKIE,
        session,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.public_url.startswith("https:"),
    )
    return response


@router.get("/uitloggen")
async def ask_to_log_out(request: Request) -> Response:
    """A button, because a link may be followed by a machine."""
    return page(request, "logout.html", done=False)


@router.post("/uitloggen")
async def log_out(request: Request) -> Response:
    """Ends the session in this browser."""
    response = page(request, "logout.html", done=True)
    response.delete_cookie(STAFF_COOKIE)
    return response


def _link(request: Request, token: str) -> links.Link | None:
    secret = request.app.state.settings.link_secret.get_secret_value()
    try:
        return links.verify(secret, token, purpose=LOGIN, now=request.app.state.clock())
    except (links.LinkInvalid, links.LinkExpired):
        return None


def _stale(request: Request) -> Response:
    return page(request, "login-stale.html", status_code=410)
