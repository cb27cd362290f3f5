"""Who is at the partner's pages: whoever logged in with an API token that still works.

The session holds the hash of that token, and is worth what the token is worth at every request: rotation and removal
of the partner end it. While the partner is suspended one can read, and send nothing.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from services.registry.store import tokens
from services.registry.store.tokens import TokenOwner
from shared import links
from shared.web import DatabaseDep, LoginNeeded, page

COOKIE = "burenbus_partner"
PURPOSE = "partner-session"
LASTS = timedelta(hours=12)
LOGIN = "/partner/inloggen"
HOME = "/partner"
_OURS = re.compile(r"/partner(/[A-Za-z0-9/-]*)?(\?[A-Za-z0-9=&%+._:-]*)?")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who came in with a token of this partner."""

    owner: TokenOwner
    session: str

    @property
    def partner(self) -> str:
        return self.owner.name

    @property
    def stands_still(self) -> bool:
        """Whether the partner is suspended: it may read what it sent and what became of it, and send nothing."""
        return self.owner.status != "active"

    @property
    def source(self) -> str:
        """In whose name the pages speak: the first source that the partner registered."""
        return next(iter(self.owner.sources), f"urn:burenbus:partner:{self.owner.name}")


async def visitor_of(request: Request, database: DatabaseDep) -> Visitor:
    """Who is there. Raises LoginNeeded."""
    cookie = request.cookies.get(COOKIE, "")
    secret = request.app.state.settings.link_secret.get_secret_value()
    try:
        link = links.verify(secret, cookie, purpose=PURPOSE, now=request.app.state.clock())
    except (links.LinkInvalid, links.LinkExpired) as error:
        raise LoginNeeded(LOGIN) from error
    async with database.transaction() as tx:
        owner = await tokens.owner_by_sha256(tx, bytes.fromhex(link.object_id))
    if owner is None or owner.name != link.person:
        raise LoginNeeded(LOGIN)
    return Visitor(owner, cookie)


VisitorDep = Annotated[Visitor, Depends(visitor_of)]


def begin(request: Request, response: Response, owner: TokenOwner, token: str) -> None:
    """Begins a session of whoever gave this token."""
    settings = request.app.state.settings
    session = links.sign(
        settings.link_secret.get_secret_value(),
        person=owner.name,
        purpose=PURPOSE,
        object_id=tokens.sha256_of(token).hex(),
        expires=request.app.state.clock() + LASTS,
    )
    response.set_cookie(
        COOKIE,
        session,
        max_age=int(LASTS.total_seconds()),
        path=HOME,
        httponly=True,
        samesite="lax",
        secure=settings.public_url.startswith("https:"),
    )


def end(response: Response) -> None:
    """Ends the session in this browser."""
    response.delete_cookie(COOKIE, path=HOME)


def onward(path: str) -> str:
    """Where to go after logging in: one of the partner's own pages, else their home."""
    return path if _OURS.fullmatch(path) and not path.startswith(("/partner/inloggen", "/partner/uitloggen")) else HOME


def partner_page(request: Request, template: str, visitor: Visitor | None, **context: Any) -> Response:
    """One of the partner's pages; kept out of caches and search engines."""
    owner = visitor.owner if visitor else None
    return private(page(request, f"partner/{template}", owner=owner, **context))


def stands_still(request: Request, visitor: Visitor) -> Response:
    """Why nothing is taken from a suspended partner."""
    return partner_page(request, "stil.html", visitor, status_code=403)


def private(response: Response) -> Response:
    """What is meant for this visitor alone is kept by nobody else."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
