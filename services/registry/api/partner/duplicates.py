"""Possible duplicates that this partner was asked about: the two side by side, and its answer.

The answer goes the way of all that a partner says: an event, published in its name. So it is answered, stands in the
history, and counts by the same rules as one that came over AMQP.
"""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from services.registry.actions import questions
from services.registry.api import showing
from services.registry.gateway import BrokerAway, DoorFull, Publisher
from services.registry.store import history, matches, partner_questions, partners
from services.registry.store.history import Sent
from services.registry.store.matches import Match
from shared import dutch, links
from shared.events.codelists import codelist
from shared.events.envelope import dump_event, new_id, write_event
from shared.events.partner import MatchAnswered
from shared.events.registry import PossibleDuplicateFound, Side
from shared.transaction import Tx
from shared.web import DatabaseDep

from .session import Visitor, VisitorDep, partner_page, stands_still

MOST = 50
"""Questions on one page; the answered make room for the next."""
DECIDED_DAYS = 90
FORM_HOURS = 2
PURPOSE = "answer-duplicate"
PATH = "/partner/dubbel"
SAID = {"zelfde": "hetzelfde initiatief", "verschillend": "twee verschillende initiatieven", "onzeker": "weet ik niet"}
_FIELDS = (
    ("name", "Naam"),
    ("kind", "Soort"),
    ("place", "Plaats"),
    ("municipality", "Gemeente"),
    ("website", "Website"),
)

router = APIRouter(prefix="/partner", include_in_schema=False)


@router.get("/dubbel")
async def open_questions(
    request: Request, database: DatabaseDep, visitor: VisitorDep, gegeven: UUID | None = None
) -> Response:
    """What waits for this partner first; what it answered, and what was decided lately, below."""
    async with database.transaction() as tx:
        underway = gegeven is not None and not await partner_questions.was_answered(tx, visitor.partner, str(gegeven))
        waiting = await partner_questions.count_unanswered(tx, visitor.partner)
        open_ = await partner_questions.open_ids(tx, visitor.partner, MOST)
        since = tx.now - timedelta(days=DECIDED_DAYS)
        decided = await partner_questions.decided_ids(tx, visitor.partner, since, MOST)
        given = await partner_questions.answers_of(tx, visitor.partner, open_ + decided)
        found = {id_: await matches.find(tx, id_) for id_ in open_ + decided}
        told = await questions.as_told(tx, [m for m in found.values() if m], visitor.partner)
        titles = await partners.titles(tx)
    lines = {t.match_id: _line(t, found[t.match_id], given.get(t.match_id), titles) for t in told}
    return partner_page(
        request,
        "dubbelen.html",
        visitor,
        waiting=waiting,
        unanswered=[lines[i] for i in open_ if i not in given],
        answered=[lines[i] for i in open_ if i in given],
        decided=[lines[i] for i in decided],
        again=gegeven is not None,
        underway=underway,
    )


@router.get("/dubbel/{match_id}")
async def question(
    request: Request, database: DatabaseDep, visitor: VisitorDep, match_id: UUID, gegeven: UUID | None = None
) -> Response:
    """The two side by side, with what the other networks' side shows to everyone. `gegeven`: the answer sent just now."""
    async with database.transaction() as tx:
        match = await _found(tx, visitor, match_id)
        underway = gegeven is not None and not await partner_questions.was_answered(tx, visitor.partner, str(gegeven))
        return await _page(request, tx, visitor, match, underway=underway)


@router.post("/dubbel/{match_id}")
async def answer(
    request: Request,
    database: DatabaseDep,
    visitor: VisitorDep,
    match_id: UUID,
    sleutel: Annotated[str, Form()] = "",
    antwoord: Annotated[str, Form()] = "",
) -> Response:
    """Says the partner's answer, once for each form."""
    if visitor.stands_still:
        return stands_still(request, visitor)
    _check_key(request, visitor, match_id, sleutel)
    publisher: Publisher = request.app.state.publisher
    async with database.transaction() as tx:
        match = await _found(tx, visitor, match_id)
        if antwoord not in codelist("match"):
            return await _page(request, tx, visitor, match, fault="Kies een van de drie antwoorden.", status_code=400)
        if not await matches.use_link(tx, links.fingerprint(sleutel)):
            twice = "Dit formulier was al verstuurd. Wilt u uw antwoord veranderen? Dan kan dat hieronder."
            return await _page(request, tx, visitor, match, fault=twice, status_code=409)
        try:
            event_id = await _say(tx, publisher, visitor, MatchAnswered(match_id=match.id, answer=antwoord))
        except (DoorFull, BrokerAway):
            event_id = None
    if event_id is None:
        back = f"{PATH}/{match_id}"
        return partner_page(request, "even-niet.html", visitor, back=back, status_code=503)
    onward = f"{PATH}/{match_id}" if match.status == "open" else PATH
    return RedirectResponse(f"{onward}?gegeven={event_id}", status_code=303)


async def _say(tx: Tx, publisher: Publisher, visitor: Visitor, said: MatchAnswered) -> str:
    """Publishes an event in the partner's name; gives its id. Raises DoorFull and BrokerAway."""
    source = visitor.source
    event = write_event(said, source=source, time=tx.now)
    await publisher.publish(visitor.partner, [dump_event(event)], said.wire_type())
    await history.set_out(tx, visitor.partner, [Sent(source, event["id"], said.wire_type(), said.subject())])
    return str(event["id"])


async def _found(tx: Tx, visitor: Visitor, match_id: UUID) -> Match:
    """A question that was put to this partner. Of others it is not told that they exist."""
    match = await matches.find(tx, str(match_id))
    if match is None or visitor.partner not in match.asked:
        raise HTTPException(404)
    return match


async def _page(
    request: Request,
    tx: Tx,
    visitor: Visitor,
    match: Match,
    *,
    fault: str | None = None,
    underway: bool = False,
    status_code: int = 200,
) -> Response:
    [told] = await questions.as_told(tx, [match], visitor.partner)
    given = (await partner_questions.answers_of(tx, visitor.partner, [match.id])).get(match.id)
    titles = await partners.titles(tx)
    speaks_for, speaks_against = showing.reasons(match)
    return partner_page(
        request,
        "dubbel.html",
        visitor,
        match=match,
        rows=_side_by_side(told, visitor.partner, titles),
        speaks_for=speaks_for,
        speaks_against=speaks_against,
        percent=round(100 * match.probability),
        given=SAID.get(given or ""),
        given_code=given,
        alone=match.asked == (visitor.partner,),
        others=dutch.count(len(match.asked) - 1, "ander netwerk", "andere netwerken"),
        otherwise=_otherwise(match, given),
        options=list(SAID.items()) if match.asks == "merge" else _SPLIT_OPTIONS,
        decided_at=dutch.date(match.decided_at) if match.decided_at else "",
        token=_key(request, visitor, match),
        fault=fault,
        underway=underway,
        status_code=status_code,
    )


_SPLIT_OPTIONS = [
    ("zelfde", "ja, de opgave hoort bij dit initiatief"),
    ("verschillend", "nee, de opgave is een ander initiatief"),
    ("onzeker", "weet ik niet"),
]


def _otherwise(match: Match, given: str | None) -> tuple[str, str] | None:
    """What a partner can still say of what was decided: the contrary, unless it said so already."""
    if match.status == "open":
        return None
    code = "verschillend" if match.status == "same" else "zelfde"
    return (code, SAID[code]) if code != given else None


def _side_by_side(told: PossibleDuplicateFound, partner: str, titles: dict[str, str]) -> list[dict[str, Any]]:
    both = (told.one, told.other)
    rows: list[dict[str, Any]] = []
    for field, name in _FIELDS:
        one, other = (
            showing.value(field, getattr(s, field), "kind" if field == "kind" else None, titles) for s in both
        )
        if one or other:
            rows.append({"label": name, "one": one, "other": other})
    numbers = [", ".join(c.external_id for c in s.claims if c.partner == partner) for s in both]
    rows.append({"label": "Nummer in uw lijst", "one": numbers[0], "other": numbers[1], "absent": "staat er niet in"})
    return rows


def _line(
    told: PossibleDuplicateFound, match: Match | None, given: str | None, titles: dict[str, str]
) -> dict[str, Any]:
    assert match is not None
    return {
        "id": match.id,
        "asks": match.asks,
        "one": _name_and_place(told.one),
        "other": _name_and_place(told.other),
        "percent": round(100 * match.probability),
        "found": dutch.date(match.found_at),
        "given": SAID.get(given or ""),
        "status": SAID["zelfde" if match.status == "same" else "verschillend"],
        "decided": dutch.date(match.decided_at) if match.decided_at else "",
        "by": _decided_by(match, titles),
    }


def _decided_by(match: Match, titles: dict[str, str]) -> str:
    """Who decided: one network may have been the only one that was asked."""
    if match.decided_by == "partners" and len(match.asked) == 1:
        return titles.get(match.asked[0], match.asked[0])
    return showing.who(match.decided_by, titles) if match.decided_by in ("partners", "matching") else "een medewerker"


def _name_and_place(side: Side) -> str:
    return ", ".join(filter(None, (side.name, side.place)))


def _key(request: Request, visitor: Visitor, match: Match) -> str:
    secret = request.app.state.settings.link_secret.get_secret_value()
    until = request.app.state.clock() + timedelta(hours=FORM_HOURS)
    return links.sign(
        secret, person=visitor.partner, purpose=PURPOSE, object_id=f"{match.id} {new_id()}", expires=until
    )


def _check_key(request: Request, visitor: Visitor, match_id: UUID, key: str) -> None:
    """The form is ours, for this partner and question. Raises 403, or 410 for one that is too old."""
    secret = request.app.state.settings.link_secret.get_secret_value()
    try:
        link = links.verify(secret, key, purpose=PURPOSE, now=request.app.state.clock())
    except links.LinkExpired as error:
        raise HTTPException(410) from error
    except links.LinkInvalid as error:
        raise HTTPException(403) from error
    if link.person != visitor.partner or link.object_id.partition(" ")[0] != str(match_id):
        raise HTTPException(403)
