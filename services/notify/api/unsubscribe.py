"""Unsubscribing with one click (RFC 8058), by the link in every mail; and taking that back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from services.notify.letter import PARTNER, STAFF, UNSUBSCRIBE
from services.notify.store import deliveries, notices, staff, suppression
from shared import links
from shared.transaction import Tx
from shared.web import DatabaseDep, page

router = APIRouter()


@router.get("/afmelden/{token}")
async def ask(request: Request, token: str) -> Response:
    """Shows what the link does; opening it does nothing."""
    link = _link(request, token)
    if link is None:
        return page(request, "unsubscribe-stale.html", status_code=410)
    staff, partner = link.object_id == STAFF, link.object_id == PARTNER
    return page(request, "unsubscribe.html", step="ask", email=link.person, staff=staff, partner=partner)


@router.post("/afmelden/{token}")
async def unsubscribe(
    request: Request, token: str, database: DatabaseDep, weer: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """Stops all mail to this address; or, asked with `weer`, allows it again. For staff: they follow nothing any more."""
    link = _link(request, token)
    if link is None:
        return page(request, "unsubscribe-stale.html", status_code=410)
    is_staff = link.object_id == STAFF
    async with database.transaction() as tx:
        if is_staff:
            await _follow_nothing(tx, link.person)
        elif weer:
            await suppression.release(tx, link.person, unsubscribed_only=True)
        else:
            await suppression.suppress(tx, link.person, "unsubscribed")
    step = "again" if weer and not is_staff else "done"
    return page(request, "unsubscribe.html", step=step, email=link.person, staff=is_staff)


async def _follow_nothing(tx: Tx, email: str) -> None:
    await deliveries.withdraw_from_staff(tx, email, "unsubscribed")
    if member := await staff.find(tx, email):
        await staff.unfollow(tx, member.id)
        await notices.drop_pending(tx, member.id)


def _link(request: Request, token: str) -> links.Link | None:
    secret = request.app.state.settings.link_secret.get_secret_value()
    try:
        return links.verify(secret, token, purpose=UNSUBSCRIBE, now=request.app.state.clock())
    except (links.LinkInvalid, links.LinkExpired):
        return None
