"""A staff member's own page: what they follow, when mails may come, and what they were told."""

from collections.abc import Sequence
from datetime import time
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.notify.domain.audience import Staff
from services.notify.domain.kinds import HOWS, KINDS, How
from services.notify.domain.moments import next_digest
from services.notify.domain.paths import HOME
from services.notify.domain.regions import choices, name_of
from services.notify.store import notices, staff
from services.notify.store.staff import Subscription
from shared.transaction import Tx
from shared.web import DatabaseDep, LoginNeeded, StaffDep, page

ON_A_PAGE = 50

router = APIRouter()


@router.get("/medewerker")
async def show(request: Request, database: DatabaseDep, email: StaffDep, gedaan: str = "") -> Response:
    """What they follow, and forms to change it."""
    async with database.transaction() as tx:
        return await _page(request, tx, await _member(tx, email), done=gedaan)


@router.post("/medewerker/volgen")
async def follow(
    request: Request,
    database: DatabaseDep,
    email: StaffDep,
    soort: Annotated[list[str] | None, Form()] = None,
    regio: Annotated[str, Form(max_length=10)] = "",
    hoe: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Follows the chosen kinds of events in a region."""
    kinds = [kind for kind in soort or [] if kind in KINDS]
    how: How | None = "at-once" if hoe == "at-once" else "digest" if hoe == "digest" else None
    errors = {}
    if not kinds:
        errors["soort"] = "Kies waarover u mail wilt."
    if name_of(regio) is None:
        errors["regio"] = "Kies een regio."
    if how is None:
        errors["hoe"] = "Kies hoe u het wilt horen."
    async with database.transaction() as tx:
        member = await _member(tx, email)
        if errors or how is None:
            chosen = {"kinds": kinds, "region": regio, "how": hoe}
            return await _page(request, tx, member, errors=errors, chosen=chosen, status_code=400)
        await staff.follow(tx, member.id, [Subscription(kind, regio, how) for kind in kinds])
    return _done("volgen")


@router.post("/medewerker/stoppen")
async def unfollow(
    database: DatabaseDep,
    email: StaffDep,
    soort: Annotated[str, Form(max_length=50)],
    regio: Annotated[str, Form(max_length=10)],
) -> Response:
    """Follows one kind of event in one region no longer."""
    async with database.transaction() as tx:
        member = await _member(tx, email)
        await staff.unfollow(tx, member.id, soort, regio)
    return _done("stoppen")


@router.post("/medewerker/tijd")
async def prefer(
    request: Request,
    database: DatabaseDep,
    email: StaffDep,
    tijd: Annotated[str, Form(max_length=10)] = "",
    werktijd: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """When mails may come. What waits for the daily mail waits for the new time."""
    try:
        at = time.fromisoformat(tijd).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        at = None
    async with database.transaction() as tx:
        member = await _member(tx, email)
        if at is None:
            errors = {"tijd": "Vul een tijd in, bijvoorbeeld 08:00."}
            return await _page(request, tx, member, errors=errors, status_code=400)
        await staff.prefer(tx, member.id, digest_at=at, working_hours_only=bool(werktijd))
        await notices.reschedule(tx, member.id, next_digest(tx.now, at, working_days_only=bool(werktijd)))
    return _done("tijd")


@router.get("/medewerker/meldingen")
async def heard(request: Request, database: DatabaseDep, email: StaffDep, pagina: int = 1) -> Response:
    """What they were notified of, newest first."""
    number = min(max(pagina, 1), 10_000)
    async with database.transaction() as tx:
        member = await _member(tx, email)
        found = await notices.heard(tx, member.id, limit=ON_A_PAGE + 1, offset=(number - 1) * ON_A_PAGE)
    return page(request, "heard.html", heard=found[:ON_A_PAGE], number=number, more=len(found) > ON_A_PAGE, kinds=KINDS)


async def _member(tx: Tx, email: str) -> Staff:
    """The staff member of this session. Raises LoginNeeded for one who was taken out since."""
    member = await staff.find(tx, email)
    if member is None:
        raise LoginNeeded
    return member


async def _page(
    request: Request,
    tx: Tx,
    member: Staff,
    *,
    done: str = "",
    errors: dict[str, str] | None = None,
    chosen: dict[str, Any] | None = None,
    status_code: int = 200,
) -> Response:
    return page(
        request,
        "preferences.html",
        status_code=status_code,
        member=member,
        subscriptions=_by_region(await staff.subscriptions(tx, member.id)),
        heard=await notices.heard(tx, member.id, limit=5),
        kinds=KINDS,
        kind_options=[(kind.code, kind.label) for kind in KINDS.values()],
        how_options=list(HOWS.items()),
        region_options=choices(),
        chosen=chosen or {"kinds": [], "region": "", "how": ""},
        errors=errors or {},
        done=done,
    )


def _by_region(subscriptions: Sequence[Subscription]) -> dict[str, list[dict[str, Any]]]:
    """What they follow, in the order of the kinds, by the name of the region."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in KINDS.values():
        for one in subscriptions:
            if one.kind == kind.code:
                row = {"kind": kind, "region": one.region, "how": HOWS[one.how]}
                found.setdefault(name_of(one.region) or one.region, []).append(row)
    return found


def _done(what: str) -> Response:
    return RedirectResponse(f"{HOME}?gedaan={what}", status_code=303)
