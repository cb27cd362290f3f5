"""How well what the registry holds agrees with the truth."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from deploy.demo.movement import Key

Pair = tuple[Key, Key]


@dataclass(frozen=True, slots=True)
class Score:
    """Pairwise. `precision`: of the pairs of claims that were merged, how many are the same initiative.

    `recall`: of the pairs that are the same, how many were merged, or put to people as perhaps the same.
    `to_people_share`: claims that a question to people names, of all claims.
    """

    precision: float
    recall: float
    recall_merged: float
    to_people_share: float
    wrong: tuple[Pair, ...]
    missed: tuple[Pair, ...]


def score(truth: Mapping[Key, str], held: Mapping[Key, str], asked: Collection[Pair]) -> Score:
    """`held`: the initiative to which the registry counts each claim. `asked`: pairs of claims that questions name."""
    known = {key: initiative for key, initiative in truth.items() if key in held}
    same = _pairs(known)
    merged = _pairs({key: held[key] for key in known})
    groups: defaultdict[str, list[Key]] = defaultdict(list)
    for key in known:
        groups[held[key]].append(key)
    in_question = {
        _pair(a, b)
        for one, other in asked
        if one in known and other in known and held[one] != held[other]
        for a, b in product(groups[held[one]], groups[held[other]])
    }
    people = {key for pair in asked for key in pair if key in known}
    return Score(
        precision=_share(merged & same, merged),
        recall=_share((merged | in_question) & same, same),
        recall_merged=_share(merged & same, same),
        to_people_share=len(people) / max(len(known), 1),
        wrong=tuple(sorted(merged - same)),
        missed=tuple(sorted(same - merged - in_question)),
    )


def _pairs(group_of: Mapping[Key, str]) -> set[Pair]:
    groups: defaultdict[str, list[Key]] = defaultdict(list)
    for key, group in group_of.items():
        groups[group].append(key)
    return {_pair(a, b) for keys in groups.values() for a, b in combinations(keys, 2)}


def _pair(a: Key, b: Key) -> Pair:
    return (a, b) if a < b else (b, a)


def _share(part: Iterable[Pair], whole: Collection[Pair]) -> float:
    return len(set(part)) / len(whole) if whole else 1.0
