"""Decisions about what is the same, carried out: by partners who agree, or by staff."""

from collections.abc import Collection, Mapping, Sequence
from itertools import product

from services.registry.domain.claims import Claim, ClaimKey
from services.registry.store import claims, initiatives, matches
from services.registry.store.matches import Match, Verdict
from shared.events.envelope import new_id
from shared.transaction import Tx

from . import questions, records


class CannotSplit(Exception):
    """A split leaves at least one claim on either side."""


async def decide(tx: Tx, match: Match, verdict: Verdict, *, by: str) -> None:
    """Carries out a decision, and settles every open question that it answers. Call under `claims.lock_grouping`.

    A settled question may be decided anew: what was joined is taken apart as it was before, what was kept apart joined.
    """
    if verdict == "different" and _is_one(match):
        await split(tx, match.one_initiative, await _leaving(tx, match), by=by, match=match)
    else:
        if verdict == "same":
            await _join(tx, match, by)
        else:
            await _keep_apart(tx, match, by)
        await _settle(tx, {match.one_initiative, match.other_initiative}, match, verdict, by)
    if match.undoes and (first := await matches.find(tx, match.undoes)) and first.status not in ("open", verdict):
        first = first.decided(verdict, by, tx.now)
        await matches.settle(tx, first)
        await questions.say(tx, [first])


async def _leaving(tx: Tx, match: Match) -> list[ClaimKey]:
    """What goes when the two are taken apart: all that came with the one of them when they were joined, else `other` alone."""
    held = (await claims.of_initiatives(tx, [match.one_initiative])).get(match.one_initiative, [])
    came = await matches.moved_by(tx, match.undoes or match.id) & {c.key for c in held}
    return sorted(came) if (match.one in came) != (match.other in came) else [match.other]


async def split(tx: Tx, initiative_id: str, keys: Collection[ClaimKey], *, by: str, match: Match | None = None) -> str:
    """Undoes a merge: these claims become an initiative apart from the rest. Gives the id of the new initiative.

    The side with the oldest claim keeps the id. Matching will not bring the two together again.
    Raises CannotSplit. Call under `claims.lock_grouping`.
    """
    everyone = (await claims.of_initiatives(tx, [initiative_id])).get(initiative_id, [])
    ours, rest = [c for c in everyone if c.key in keys], [c for c in everyone if c.key not in keys]
    if not ours or not rest or len(ours) != len(set(keys)):
        raise CannotSplit
    leaving = rest if min(everyone, key=lambda c: c.age) in ours else ours
    new_home = new_id()
    moved = [c.key for c in leaving]
    await claims.move(tx, dict.fromkeys(moved, new_home))
    pairs = list(product((c.key for c in ours), (c.key for c in rest)))
    await matches.remember(tx, pairs, "different")
    await records.refresh(tx, [initiative_id, new_home], split_from={new_home: initiative_id})
    await matches.write_down(
        tx,
        by=by,
        action="split",
        initiative_id=initiative_id,
        other_id=new_home,
        match_id=match.id if match else None,
        moved=moved,
    )
    await _settle(tx, {initiative_id, new_home}, match, "different", by)
    return new_home


async def settle_joined(tx: Tx, ids: Collection[str], *, by: str, because: records.Because) -> None:
    """Open questions whose two sides have become one initiative by now are settled: they were the same."""
    done = [m for m in await matches.open_of_initiatives(tx, ids) if m.asks == "merge" and _is_one(m)]
    settled = [m.decided("same", by, tx.now) for m in done]
    for m in settled:
        await matches.settle(tx, m)
    await questions.say(tx, settled, because=because)


async def _join(tx: Tx, match: Match, by: str) -> None:
    await matches.remember(tx, [(match.one, match.other)], "same")
    if _is_one(match):
        await matches.write_down(tx, by=by, action="same", initiative_id=match.one_initiative, match_id=match.id)
        return
    of_id = await claims.of_initiatives(tx, [match.one_initiative, match.other_initiative])
    await matches.forget(tx, _across(of_id, match), "different")
    since = await initiatives.registered_at(tx, of_id)
    survivor, absorbed = sorted(of_id, key=lambda id_: (since[id_], id_))
    await records.merge(tx, {absorbed: survivor}, by=by, match_id=match.id)
    await records.refresh(tx, [survivor])


async def _keep_apart(tx: Tx, match: Match, by: str) -> None:
    of_id = await claims.of_initiatives(tx, [match.one_initiative, match.other_initiative])
    await matches.remember(tx, _across(of_id, match), "different")
    await matches.write_down(
        tx,
        by=by,
        action="different",
        initiative_id=match.one_initiative,
        other_id=match.other_initiative,
        match_id=match.id,
    )


async def _settle(tx: Tx, ids: Collection[str], match: Match | None, verdict: Verdict, by: str) -> None:
    """The question itself, and every open one that the decision answers as well."""
    current = await matches.open_of_initiatives(tx, ids)
    if match is not None and (again := await matches.find(tx, match.id)):
        current = [again, *(m for m in current if m.id != match.id)]
    settled = []
    for m in current:
        if match is not None and m.id == match.id:
            settled.append(m.decided(verdict, by, tx.now))
        elif m.asks == "split" and not _is_one(m):
            settled.append(m.decided("different", by, tx.now))
        elif m.asks == "merge" and _is_one(m):
            settled.append(m.decided("same", by, tx.now))
        elif verdict == "different" and {m.one_initiative, m.other_initiative} == set(ids):
            settled.append(m.decided("different", by, tx.now))
    for m in settled:
        await matches.settle(tx, m)
    await questions.say(tx, settled)


def _across(of_id: Mapping[str, Sequence[Claim]], match: Match) -> list[tuple[ClaimKey, ClaimKey]]:
    """Every pair of a claim of the one and a claim of the other."""
    return [(a.key, b.key) for a in of_id[match.one_initiative] for b in of_id[match.other_initiative]]


def _is_one(match: Match) -> bool:
    return match.one_initiative == match.other_initiative
