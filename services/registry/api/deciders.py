"""Who may decide: whoever has a link that notify mailed for it, or a staff session. Forms carry a token, so that no other site can send them."""

from datetime import timedelta

from fastapi import Request

from shared import links
from shared.web import LoginNeeded, staff_of

DECIDE_DUPLICATE = "decide-duplicate"
SPLIT_INITIATIVE = "split-initiative"
FORM_HOURS = 2
"""How long a form of somebody with a session can be sent."""


def person_behind(request: Request, token: str | None, *, purpose: str, object_id: str) -> tuple[str, str]:
    """Who looks at the page, and the token that its form may be sent with: a session goes before a link.

    Raises LoginNeeded without link or session, LinkExpired and LinkInvalid for a link that does not do (any more).
    """
    staff = staff_or_none(request)
    if staff is None and token:
        return read_token(request, token, purpose=purpose, object_id=object_id), token
    staff = staff_of(request)
    return staff, form_token(request, staff, purpose=purpose, object_id=object_id)


def form_token(request: Request, staff: str, *, purpose: str, object_id: str) -> str:
    """Lets somebody with a session send this one form."""
    secret = request.app.state.settings.link_secret.get_secret_value()
    until = request.app.state.clock() + timedelta(hours=FORM_HOURS)
    return links.sign(secret, person=staff, purpose=purpose, object_id=object_id, expires=until)


def read_token(request: Request, token: str, *, purpose: str, object_id: str) -> str:
    """The person whom a token lets do this to this object. Raises LinkExpired or LinkInvalid."""
    secret, now = request.app.state.settings.link_secret.get_secret_value(), request.app.state.clock()
    link = links.verify(secret, token, purpose=purpose, now=now)
    if link.object_id != object_id:
        raise links.LinkInvalid
    return link.person


def staff_or_none(request: Request) -> str | None:
    """The staff member whose session this is, if there is one."""
    try:
        return staff_of(request)
    except LoginNeeded:
        return None
