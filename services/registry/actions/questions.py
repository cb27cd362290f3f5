"""Questions about possible duplicates: put to partners and staff, and said again when they are settled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.registry.domain.claims import Claim, ClaimKey
from services.registry.domain.matching import Comparison
from services.registry.store import claims, initiatives, matches, partners
from services.registry.store.initiatives import Initiative
from services.registry.store.matches import Asks, Match
from shared.events.base import Received
from shared.events.envelope import new_id
from shared.events.registry import ClaimRef, Evidence, GivenAnswer, PossibleDuplicateFound, Side
from shared.transaction import Tx

from .records import Because


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be asked about two claims: are they the same (merge), or does `other` no longer belong with `one` (split)?"""

    asks: Asks
    one: ClaimKey
    other: ClaimKey
    comparison: Comparison


async def ask(tx: Tx, asked: Sequence[Asked], *, because: Because) -> None:
    """Puts questions, except those that are open already between the same two."""
    if not asked:
        return
    held = await claims.held(tx, {key for a in asked for key in (a.one, a.other)})
    homes = {key: h.initiative_id for key, h in held.items()}
    live = await claims.live_keys(tx, set(homes.values()))
    absent = await partners.inactive(tx)
    pending = {_subject(m) for m in await matches.open_of_initiatives(tx, set(homes.values()))}
    fresh: list[Match] = []
    for a in asked:
        one, other = homes[a.one], homes[a.other]
        sides = [a.one, a.other] if a.asks == "split" else [*live.get(one, ()), *live.get(other, ())]
        match = Match(
            id=new_id(),
            version=1,
            asks=a.asks,
            status="open",
            one=a.one,
            other=a.other,
            probability=a.comparison.probability,
            evidence=[e.model_dump() for e in a.comparison.evidence],
            asked=tuple(sorted({partner for partner, _ in sides} - absent)),
            found_at=tx.now,
            one_initiative=one,
            other_initiative=other,
        )
        if _subject(match) not in pending:
            pending.add(_subject(match))
            fresh.append(match)
    await matches.ask(tx, fresh)
    await say(tx, fresh, because=because)


async def ask_again(tx: Tx, decided: Match, *, because: Received[Any]) -> Match:
    """Puts the opposite question about two claims that were decided upon; one that is open already will do."""
    homes = {decided.one_initiative, decided.other_initiative}
    together = len(homes) == 1
    again = replace(
        decided,
        id=new_id(),
        version=1,
        asks="split" if together else "merge",
        status="open",
        asked=tuple(sorted(set(decided.asked) - await partners.inactive(tx))),
        found_at=tx.now,
        decided_by=None,
        decided_at=None,
        staff_decide=False,
        undoes=decided.undoes or decided.id,
    )
    for pending in await matches.open_of_initiatives(tx, homes):
        if _subject(pending) == _subject(again):
            return pending
    await matches.ask(tx, [again])
    await say(tx, [again], because=dict.fromkeys(homes, because))
    return again


async def say(tx: Tx, about: Iterable[Match], *, because: Because | None = None, to: str | None = None) -> None:
    """Says how these questions stand: as a fact, and to each partner asked, with its own claims alone.

    `to` restates the fact to one service and leaves the partners in peace.
    """
    about = list(about)
    ids = {id_ for m in about for id_ in (m.one_initiative, m.other_initiative)}
    rows = await initiatives.of_ids(tx, ids)
    of_id = await claims.of_initiatives(tx, ids)
    answers = await matches.answers_to(tx, {m.id for m in about})
    for m in about:
        cause, said = _cause(m, because), answers.get(m.id, {})
        tx.emit(_fact(m, rows, of_id, said, None), because=cause, to=to)
        for partner in m.asked if to is None else ():
            tx.tell(partner, _fact(m, rows, of_id, said, partner), because=cause)


async def as_told(tx: Tx, about: Sequence[Match], partner: str) -> list[PossibleDuplicateFound]:
    """How these questions stand, as this partner is told."""
    ids = {id_ for m in about for id_ in (m.one_initiative, m.other_initiative)}
    rows = await initiatives.of_ids(tx, ids)
    of_id = await claims.of_initiatives(tx, ids)
    answers = await matches.answers_to(tx, {m.id for m in about})
    return [_fact(m, rows, of_id, answers.get(m.id, {}), partner) for m in about]


def _cause(match: Match, because: Because | None) -> Received[Any] | None:
    known = because or {}
    return known.get(match.other_initiative) or known.get(match.one_initiative)


def _subject(match: Match) -> tuple[object, ...]:
    if match.asks == "split":
        return "split", match.other
    return "merge", frozenset((match.one_initiative, match.other_initiative))


def _fact(
    match: Match,
    rows: dict[str, Initiative],
    of_id: dict[str, list[Claim]],
    said: Mapping[str, str],
    partner: str | None,
) -> PossibleDuplicateFound:
    one, other = rows[match.one_initiative], rows[match.other_initiative]
    regions = {r for i in (one, other) for r in (i.state.get("municipality"), i.state.get("province")) if r}
    return PossibleDuplicateFound(
        match_id=match.id,
        version=match.version,
        status=match.status,
        one=_side(match, one, of_id, match.one, partner),
        other=_side(match, other, of_id, match.other, partner),
        probability=match.probability,
        evidence=tuple(Evidence.model_validate(e) for e in match.evidence),
        regions=tuple(sorted(regions)),
        staff_decide=match.staff_decide and match.status == "open",
        answers=tuple(GivenAnswer(partner=p, answer=a) for p, a in said.items() if partner in (None, p)),
    )


def _side(
    match: Match, initiative: Initiative, of_id: dict[str, list[Claim]], key: ClaimKey, partner: str | None
) -> Side:
    """An initiative as a side of the question; of a claim that may not belong to it, what that claim says."""
    said: Any = initiative.state
    mine = of_id[initiative.id]
    if match.asks == "split":
        stray = key == match.other
        mine = [c for c in mine if (c.key == match.other) == stray]
        said = next((c.fields for c in mine if c.key == key), initiative.state)
    return Side(
        initiative_id=initiative.id,
        name=said["name"],
        place=said.get("place"),
        municipality=initiative.state.get("municipality"),
        kind=said.get("kind"),
        website=said.get("website"),
        claims=tuple(
            ClaimRef(partner=c.partner, external_id=c.external_id)
            for c in mine
            if c.live and partner in (None, c.partner)
        ),
    )
