"""New and changed claims looked at beside all others: what is the same becomes one, about what perhaps is, people are asked."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.registry.domain.claims import ClaimKey
from services.registry.domain.features import Features
from services.registry.domain.grouping import Group, Judge, Plan, plan
from services.registry.domain.linkage.frequencies import Frequencies
from services.registry.domain.matching import Judgement, MatchingSettings, Member, judge, ruled_out
from services.registry.store import candidates, claims, initiatives, matches
from services.registry.store.candidates import Candidate
from shared.transaction import Tx

from .questions import Asked


@dataclass(frozen=True, slots=True)
class Found:
    """What the matching leads to: which initiatives go into which (every one straight into its survivor), and what is to be asked."""

    unions: Mapping[str, str]
    asked: Sequence[Asked]


@dataclass(frozen=True, slots=True)
class _Around:
    """What claims stand among: the groups to compare, the pairs of claims alike enough to compare, and their looks."""

    groups: Mapping[str, Group]
    alike: Sequence[tuple[ClaimKey, ClaimKey]]
    homes: Mapping[ClaimKey, str]


async def look_around(
    tx: Tx,
    homes: Mapping[ClaimKey, str],
    looks: Mapping[ClaimKey, Features],
    settings: MatchingSettings,
    *,
    changed: Collection[ClaimKey],
) -> Found:
    """Compares the claims in `looks`, at present with the initiatives in `homes`, with what the registry holds.

    `changed` are those among them that were known before: a claim that no longer looks like the rest of its initiative
    is not put elsewhere, people are asked.
    """
    wanted = [(*key, looks[key]) for key in sorted(looks)]
    await candidates.index(tx, wanted)
    found = await candidates.find(tx, wanted)
    frequencies = await candidates.frequencies(tx, looks.values())
    worth_it = _not_ruled_out(looks, found, frequencies, settings)
    if not worth_it and not changed:
        return Found({}, ())
    around = await _around(tx, homes, looks, worth_it, changed)
    all_looks = [m.features for g in around.groups.values() for m in g.members]
    frequencies = await candidates.frequencies(tx, all_looks, frequencies)

    def judged(ones: Sequence[Member], others: Sequence[Member]) -> Judgement:
        return judge(ones, others, "", frequencies, settings)

    apart = await matches.verdicts(tx, around.homes.keys(), "different")
    pairs = {(around.homes[one], around.homes[other]) for one, other in around.alike}
    outcome = plan(around.groups.values(), {p for p in pairs if p[0] != p[1]}, apart, judged)
    unions = _roots(outcome)
    asked = [*_duplicates(outcome, unions, around), *await _strays(tx, changed, around, judged)]
    return Found(unions, asked)


def _not_ruled_out(
    looks: Mapping[ClaimKey, Features],
    found: Mapping[ClaimKey, Sequence[Candidate]],
    frequencies: Frequencies,
    settings: MatchingSettings,
) -> list[tuple[ClaimKey, Candidate]]:
    """Of the candidates those that could be the same: the others share a word or a village, and are not compared."""
    return [
        (key, candidate)
        for key in sorted(found)
        for candidate in found[key]
        if not ruled_out(
            looks[key], candidate.features, frequencies, settings, same_partner=key[0] == candidate.partner
        )
    ]


async def _around(
    tx: Tx,
    homes: Mapping[ClaimKey, str],
    looks: Mapping[ClaimKey, Features],
    near: Sequence[tuple[ClaimKey, Candidate]],
    changed: Collection[ClaimKey],
) -> _Around:
    known = {candidate.key: candidate.features for _, candidate in near} | dict(looks)
    ids = set((await claims.homes(tx, known.keys() - homes.keys())).values())
    ids |= {homes[key] for key in {*changed, *(k for pair in near for k in (pair[0], pair[1].key))} & homes.keys()}
    alike = [(key, candidate.key) for key, candidate in near]
    live = await claims.live_keys(tx, ids)
    missing = {key for keys in live.values() for key in keys} - known.keys()
    if missing:
        known |= await candidates.looks(tx, missing)
    now_at = {key: id_ for id_, keys in live.items() for key in keys if key in known}
    since = await initiatives.registered_at(tx, ids)
    members: defaultdict[str, list[Member]] = defaultdict(list)
    for key, id_ in now_at.items():
        members[id_].append(Member(*key, known[key]))
    # Whatever the clock says, what is registered keeps its id before what is new: others know it by that id.
    ages = {id_: (id_ not in since, since.get(id_, tx.now), id_) for id_ in members}
    groups = {id_: Group(id_, ages[id_], tuple(ms)) for id_, ms in members.items()}
    return _Around(groups, [(a, b) for a, b in alike if a in now_at and b in now_at], now_at)


def _roots(outcome: Plan) -> dict[str, str]:
    into = {u.absorbed: u.survivor for u in outcome.unions}
    roots = {}
    for absorbed, first in into.items():
        survivor = first
        while survivor in into:
            survivor = into[survivor]
        roots[absorbed] = survivor
    return roots


def _duplicates(outcome: Plan, unions: Mapping[str, str], around: _Around) -> list[Asked]:
    """The questions of the plan, each about the two claims that brought the initiatives together."""
    between: dict[frozenset[str], tuple[ClaimKey, ClaimKey]] = {}
    for one, other in around.alike:
        ids = frozenset(unions.get(around.homes[key], around.homes[key]) for key in (one, other))
        between.setdefault(ids, (one, other))
    asked = []
    for question in outcome.questions:
        one, other = between[frozenset((question.one, question.other))]
        first = unions.get(around.homes[one], around.homes[one])
        pair = (one, other) if first == question.one else (other, one)
        asked.append(Asked("merge", *pair, question.comparison))
    return asked


async def _strays(tx: Tx, changed: Collection[ClaimKey], around: _Around, judged: Judge) -> list[Asked]:
    """Changed claims that no longer look like the rest of their initiative, unless people said that they belong there."""
    asked = []
    kept = {key for pair in await matches.verdicts(tx, changed, "same") for key in pair} if changed else set()
    for key in sorted(set(changed) - kept):
        members = around.groups[around.homes[key]].members
        ones = [m for m in members if (m.partner, m.external_id) == key]
        others = [m for m in members if (m.partner, m.external_id) != key]
        if others and (judgement := judged(ones, others)).result == "different":
            asked.append(Asked("split", (others[0].partner, others[0].external_id), key, judgement.comparison))
    return asked
