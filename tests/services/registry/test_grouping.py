"""Which initiatives become one: the strongest likeness first, whatever the order in which they came."""

from collections.abc import Mapping
from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.domain.features import features
from services.registry.domain.grouping import QUESTIONS_LIMIT, Group, plan
from services.registry.domain.matching import Comparison, Judgement, Member, Result
from shared.events.partner import InitiativeReported

LOOK = features(InitiativeReported(external_id="1", name="Burenhulp"))


def member(name: str) -> Member:
    return Member("omzien", name, LOOK)


def group(name: str, age: int) -> Group:
    return Group(name, (age,), (member(name),))


def judged_by(bits: Mapping[frozenset[str], float]):
    """Likeness by a table of pairs: from 10 bits the same, from 0 perhaps; the best pair of two groups counts."""

    def judge(ones, others) -> Judgement:
        best = max(bits.get(frozenset((a.external_id, b.external_id)), -20) for a in ones for b in others)
        result: Result = "same" if best >= 10 else "perhaps" if best >= 0 else "different"
        return Judgement("", result, Comparison(0.5, best, ()))

    return judge


def pair(a: str, b: str) -> frozenset[str]:
    return frozenset((a, b))


def test_the_oldest_keeps_its_id():
    """Of two that are the same the older one survives, whichever is named first."""
    for near in ({("a", "b")}, {("b", "a")}):
        [union] = plan([group("a", 2), group("b", 1)], near, [], judged_by({pair("a", "b"): 12})).unions
        assert (union.survivor, union.absorbed) == ("b", "a")


def test_perhaps_is_asked():
    """What may be the same is put to people, and not joined."""
    outcome = plan([group("a", 1), group("b", 2)], {("a", "b")}, [], judged_by({pair("a", "b"): 3}))
    assert not outcome.unions
    assert [(q.one, q.other) for q in outcome.questions] == [("a", "b")]


def test_what_people_kept_apart_is_neither_joined_nor_asked():
    """A decision that two claims are different holds against any likeness, also through a third."""
    bits = {pair("a", "b"): 20, pair("b", "c"): 15, pair("a", "c"): 12}
    apart = [frozenset((("omzien", "a"), ("omzien", "c")))]
    near = {("a", "b"), ("b", "c"), ("a", "c")}
    outcome = plan([group(n, i) for i, n in enumerate("abc")], near, apart, judged_by(bits))
    assert [(u.survivor, u.absorbed) for u in outcome.unions] == [("a", "b")]
    assert not outcome.questions


def test_a_question_is_not_asked_of_what_has_become_one():
    """A perhaps between two that a third brings together is no question any more."""
    bits = {pair("a", "b"): 12, pair("b", "c"): 12, pair("a", "c"): 3}
    near = {("a", "b"), ("b", "c"), ("a", "c")}
    outcome = plan([group(n, i) for i, n in enumerate("abc")], near, [], judged_by(bits))
    assert len(outcome.unions) == 2
    assert not outcome.questions


def test_few_questions_at_once():
    """One initiative raises no more than a few questions, the likeliest."""
    others = [f"b{n}" for n in range(QUESTIONS_LIMIT + 2)]
    bits = {pair("a", o): float(n) for n, o in enumerate(others)}
    outcome = plan(
        [group("a", 0), *(group(o, n + 1) for n, o in enumerate(others))],
        {("a", o) for o in others},
        [],
        judged_by(bits),
    )
    assert [q.other for q in outcome.questions] == list(reversed(others))[:QUESTIONS_LIMIT]


@given(
    st.dictionaries(
        st.sampled_from([frozenset(p) for p in combinations("abcdef", 2)]), st.integers(-5, 15), max_size=15
    ),
    st.permutations(list("abcdef")),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
def test_order_of_arrival_does_not_matter(bits, order):
    """Groups and questions come out the same in whatever order the claims stand."""

    def outcome(names: list[str]) -> object:
        groups = [group(n, "abcdef".index(n)) for n in names]
        found = plan(groups, {tuple(p) for p in bits}, [], judged_by(bits))
        homes = {n: n for n in names}
        for union in found.unions:
            homes = {n: union.survivor if h == union.absorbed else h for n, h in homes.items()}
        return homes, {pair(q.one, q.other) for q in found.questions}

    assert outcome(order) == outcome(sorted(order))
