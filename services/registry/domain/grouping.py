"""Which initiatives become one, and about which people are asked: the strongest likeness first.

The outcome does not depend on the order in which claims stood in the batch: pairs are taken by strength, then by their
claims, and each union is judged again as a whole, beside what either part was like: groups are as alike as their best pair.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .claims import ClaimKey
from .matching import Comparison, Judgement, Member

QUESTIONS_LIMIT = 3
"""How many questions one new or changed initiative may raise at once: the likeliest."""

Judge = Callable[[Sequence[Member], Sequence[Member]], Judgement]
Pair = frozenset[ClaimKey]


@dataclass(frozen=True, slots=True)
class Group:
    """An initiative as its live claims. `age` sorts the oldest first: in a merge the oldest keeps its id."""

    id: str
    age: tuple[object, ...]
    members: tuple[Member, ...]

    @property
    def keys(self) -> frozenset[ClaimKey]:
        return frozenset((m.partner, m.external_id) for m in self.members)


@dataclass(frozen=True, slots=True)
class Union:
    """`absorbed` turned out to be `survivor`."""

    survivor: str
    absorbed: str


@dataclass(frozen=True, slots=True)
class Question:
    """Two initiatives of which people have to say whether they are one."""

    one: str
    other: str
    comparison: Comparison


@dataclass
class Plan:
    """What follows from the likenesses found."""

    unions: list[Union] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


@dataclass(order=True)
class _Same:
    weakness: float
    claims: list[list[ClaimKey]]
    one: Group = field(compare=False)
    other: Group = field(compare=False)


def plan(groups: Iterable[Group], near: Collection[tuple[str, str]], apart: Collection[Pair], judge: Judge) -> Plan:
    """Joins groups that are the same, and asks about those that perhaps are.

    `near` names the pairs of groups worth comparing; `apart` the pairs of claims that people decided are different:
    groups that such a pair would bring together are neither joined nor asked about again.
    """
    return _Planner({g.id: g for g in groups}, near, apart, judge).run()


class _Planner:
    def __init__(
        self, groups: dict[str, Group], near: Collection[tuple[str, str]], apart: Collection[Pair], judge: Judge
    ) -> None:
        self.groups, self.judge, self.plan = groups, judge, Plan()
        self.near: defaultdict[str, set[str]] = defaultdict(set)
        for one, other in near:
            self.near[one].add(other)
            self.near[other].add(one)
        self.apart: defaultdict[ClaimKey, set[ClaimKey]] = defaultdict(set)
        for pair in apart:
            one_key, other_key = pair
            self.apart[one_key].add(other_key)
            self.apart[other_key].add(one_key)
        self.same: list[_Same] = []
        self.perhaps: dict[frozenset[str], Comparison] = {}
        self.alike: set[frozenset[str]] = set()

    def run(self) -> Plan:
        for pair in sorted({tuple(sorted((a, b))) for a, others in self.near.items() for b in others}):
            self._compare(self.groups[pair[0]], self.groups[pair[1]])
        while self.same:
            found = heapq.heappop(self.same)
            if self.groups.get(found.one.id) is found.one and self.groups.get(found.other.id) is found.other:
                self._join(found.one, found.other)
        self.plan.questions = _limited(self.perhaps, self.groups)
        return self.plan

    def _compare(self, one: Group, other: Group) -> None:
        pair = frozenset((one.id, other.id))
        self.perhaps.pop(pair, None)
        if any(self.apart[key] & other.keys for key in one.keys):
            return
        one, other = sorted((one, other), key=lambda g: g.age)
        judgement = self.judge(other.members, one.members)
        if judgement.result != "different":
            self.alike.add(pair)
        if judgement.result == "same":
            claims = sorted([sorted(one.keys), sorted(other.keys)])
            heapq.heappush(self.same, _Same(-judgement.comparison.bits, claims, one, other))
        elif judgement.result == "perhaps":
            self.perhaps[pair] = judgement.comparison

    def _join(self, one: Group, other: Group) -> None:
        survivor, absorbed = sorted((one, other), key=lambda g: g.age)
        joined = Group(survivor.id, survivor.age, (*survivor.members, *absorbed.members))
        self.plan.unions.append(Union(survivor.id, absorbed.id))
        self.groups[survivor.id] = joined
        del self.groups[absorbed.id]
        neighbours = (self.near.pop(absorbed.id) | self.near[survivor.id]) - {survivor.id, absorbed.id}
        self.near[survivor.id] = neighbours
        for id_ in sorted(neighbours):
            self.near[id_] = (self.near[id_] - {absorbed.id}) | {survivor.id}
            before = {frozenset((part, id_)) for part in (survivor.id, absorbed.id)}
            for pair in before:
                self.perhaps.pop(pair, None)
            if before & self.alike:
                self._compare(joined, self.groups[id_])


def _limited(perhaps: Mapping[frozenset[str], Comparison], groups: Mapping[str, Group]) -> list[Question]:
    asked: defaultdict[str, int] = defaultdict(int)
    questions: list[Question] = []
    pairs = {tuple(sorted(pair, key=lambda i: groups[i].age)): c for pair, c in perhaps.items()}
    for (one, other), comparison in sorted(
        pairs.items(), key=lambda p: (-p[1].bits, sorted(groups[p[0][0]].keys), sorted(groups[p[0][1]].keys))
    ):
        if max(asked[one], asked[other]) < QUESTIONS_LIMIT:
            asked[one] += 1
            asked[other] += 1
            questions.append(Question(one, other, comparison))
    return questions
