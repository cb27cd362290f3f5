"""Which response counts."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.survey.domain.counting import Standing, Verdict, recount

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)


def standing(id: str, answered: int = 0, received: int | None = None, **state: object) -> Standing:  # noqa: A002
    """A response answered and received so many hours after noon, for campaign c and initiative i."""
    at = NOON + timedelta(hours=answered)
    got = NOON + timedelta(hours=answered if received is None else received)
    return Standing(id, "c", "i", at, got, **state)  # type: ignore[arg-type]


def test_the_first_counts():
    """A single new response counts."""
    assert recount([standing("a")]) == [Verdict("a", "i", counted=True, replaced_by=None)]


def test_a_later_one_replaces_an_earlier_one():
    """The earlier one counts no longer, and says which counts instead."""
    old, new = standing("a", was_for="i", counted=True), standing("b", 1)
    assert recount([old, new]) == [Verdict("a", "i", False, "b"), Verdict("b", "i", True, None)]


def test_a_response_that_was_delayed_does_not_replace_a_newer_one():
    """What was answered earlier is older, however late it comes in."""
    held, delayed = standing("a", 2, was_for="i", counted=True), standing("b", 1, received=5)
    assert recount([held, delayed]) == [Verdict("b", "i", False, "a")]


def test_a_clock_that_runs_ahead_wins_nothing():
    """Answered later than received counts as answered when received."""
    ahead, honest = standing("a", 48, received=1, was_for="i", counted=True), standing("b", 2)
    assert [v.id for v in recount([ahead, honest]) if v.counted] == ["b"]


def test_what_stays_as_it_is_is_not_told_again():
    """No change, no verdict."""
    assert recount([standing("a", was_for="i", counted=True), standing("b", -1, was_for="i", replaced_by="z")]) == []


def test_campaigns_and_initiatives_do_not_mix():
    """Each initiative has one that counts in each campaign."""
    others = [standing("a"), replace(standing("b"), campaign_id="d"), replace(standing("e"), initiative_id="j")]
    assert all(v.counted for v in recount(others))


@given(
    st.lists(st.tuples(st.sampled_from("ij"), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
    st.integers(1, 8),
)
def test_the_order_of_arrival_does_not_matter(rows, random, chunk):
    """In whatever order and batches they come in, the same responses count in the end: one for each initiative."""
    all_of_them = [replace(standing(f"r{n}", a, r), initiative_id=i) for n, (i, a, r) in enumerate(rows)]

    def outcome(order: list[Standing]) -> set[str]:
        kept: dict[str, Standing] = {}
        for start in range(0, len(order), chunk):
            counted = [s for s in kept.values() if s.counted]
            for verdict in recount([*counted, *order[start : start + chunk]]):
                before = next(s for s in all_of_them if s.id == verdict.id)
                kept[verdict.id] = replace(
                    before, was_for=verdict.initiative_id, counted=verdict.counted, replaced_by=verdict.replaced_by
                )
        per_initiative = defaultdict(set)
        for s in kept.values():
            if s.counted:
                per_initiative[s.initiative_id].add(s.id)
        assert all(len(ids) == 1 for ids in per_initiative.values())
        assert set(per_initiative) == {s.initiative_id for s in all_of_them}
        return {s.id for s in kept.values() if s.counted}

    shuffled = list(all_of_them)
    random.shuffle(shuffled)
    assert outcome(all_of_them) == outcome(shuffled)
