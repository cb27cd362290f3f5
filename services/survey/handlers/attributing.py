"""Counting follows merges and splits: for whom a response or signal stands, after initiatives changed."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from services.survey.domain.counting import recount
from services.survey.handlers import facts
from services.survey.handlers.causes import NO_CAUSES, Causes
from services.survey.store import initiatives, responses, signals
from services.survey.store.initiatives import Claim, Place
from services.survey.store.responses import Apart, Response
from services.survey.store.signals import Signal
from shared.transaction import Tx

NO_WORDS: Mapping[str, Apart] = MappingProxyType({})


async def recount_for(tx: Tx, moved: Collection[str], placed: Collection[str], causes: Causes = NO_CAUSES) -> None:
    """Makes every response stand where it belongs, now that these initiatives have moved, and every signal, now that these are
    placed elsewhere.

    What it named decides: a claim goes where the claim is held now, an id where merges have led; a claim that nobody
    holds any more stays with whom it was.
    """
    if moved:
        await _responses(tx, moved, await initiatives.merged_into(tx, moved), causes)
    if placed:
        await _signals(tx, placed, await initiatives.merged_into(tx, placed), causes)


async def _responses(tx: Tx, changed: Collection[str], family: Collection[str], causes: Causes) -> None:
    named = await responses.concerned(tx, changed, family)
    if not named:
        return
    claims = await initiatives.of_claims(tx, {n.claim for n in named if n.claim})
    gone_to = await initiatives.roots(
        tx, [n.named_initiative or n.standing.initiative_id for n in named] + [n.standing.initiative_id for n in named]
    )
    placed = [
        replace(
            n.standing, initiative_id=_belongs(n.claim, n.named_initiative, n.standing.initiative_id, claims, gone_to)
        )
        for n in named
    ]
    known = {s.id for s in placed}
    beside = await responses.counted(tx, {(s.campaign_id, s.initiative_id) for s in placed})
    before = {s.id: s for s in placed}
    now = await responses.apply(tx, recount([*placed, *(s for s in beside if s.id not in known)]))
    await say(
        tx,
        now,
        begins={r.id for r in now if r.counted and not (r.id in before and before[r.id].counted)},
        causes=causes,
    )


async def say(
    tx: Tx,
    now: Collection[Response],
    *,
    begins: Collection[str],
    causes: Causes = NO_CAUSES,
    known: Mapping[str, Apart] = NO_WORDS,
) -> None:
    """Says where responses stand, and for those that count what the initiative says of itself and allows.

    `begins` are those that did not count before; `causes` the events that brought them, by the response's id, or moved
    them, by the initiative's. What is kept apart of responses that were just written is `known`.
    """
    wanted = [r.id for r in now if r.counted and r.id not in known]
    apart = {**known, **(await responses.kept_apart(tx, wanted) if wanted else {})}
    for response in sorted(now, key=lambda r: (r.counted, r.id)):  # what counts no longer goes first
        because = (
            causes.get(response.id) or causes.get(response.replaced_by or "") or causes.get(response.initiative_id)
        )
        tx.emit(facts.of_response(response, first=response.id in begins), because=because)
        if response.counted:
            for fact in facts.of_respondent(response, apart[response.id]):
                tx.emit(fact, because=because)


async def _signals(tx: Tx, changed: Collection[str], family: Collection[str], causes: Causes) -> None:
    found = [s for s in await signals.concerned(tx, changed, family) if s.initiative_id]
    if not found:
        return
    claims = await initiatives.of_claims(tx, {(s.partner, s.external_id) for s in found if s.partner and s.external_id})
    gone_to = await initiatives.roots(tx, [i for s in found for i in (s.initiative_id, s.named_initiative) if i])
    moved = []
    for signal in found:
        assert signal.initiative_id is not None
        claim = (signal.partner, signal.external_id) if signal.partner and signal.external_id else None
        now = _belongs(claim, signal.named_initiative, signal.initiative_id, claims, gone_to)
        moved.append(replace(signal, initiative_id=now))
    places = await initiatives.places(tx, {s.initiative_id for s in moved if s.initiative_id})
    placed = [replace(s, region=_region(s, places)) for s in moved]
    different = [replace(new, version=new.version + 1) for new, old in zip(placed, found, strict=True) if new != old]
    await signals.move(tx, different)
    for signal in different:
        tx.emit(facts.of_signal(signal), because=causes.get(signal.initiative_id or ""))


def _belongs(
    claim: Claim | None,
    named: str | None,
    present: str,
    claims: dict[Claim, str],
    gone_to: dict[str, str],
) -> str:
    if claim is not None and claim in claims:
        return claims[claim]
    return gone_to.get(named or present, present)


def _region(signal: Signal, places: Mapping[str, Place]) -> str:
    about = places.get(signal.initiative_id or "")
    return (about.closest_region if about else None) or signal.named_region or "NL"
