import pytest

from deploy.demo.score import score

A, B, C, D = ("p", "1"), ("q", "1"), ("r", "1"), ("s", "1")


def test_a_perfect_grouping_scores_one():
    """All pairs merged, none wrongly, nobody asked."""
    found = score({A: "x", B: "x", C: "y"}, {A: "1", B: "1", C: "2"}, ())
    assert (found.precision, found.recall, found.to_people_share) == (1, 1, 0)


def test_a_wrong_merge_costs_precision():
    """Three claims in one: one pair of three is right."""
    found = score({A: "x", B: "x", C: "y"}, {A: "1", B: "1", C: "1"}, ())
    assert found.precision == pytest.approx(1 / 3)
    assert found.recall == 1
    assert found.wrong == ((A, C), (B, C))


def test_a_missed_pair_costs_recall_unless_people_are_asked():
    """A question finds all pairs between the two initiatives that it names."""
    truth, held = {A: "x", B: "x", C: "x", D: "y"}, {A: "1", B: "1", C: "2", D: "3"}
    silent, asking = score(truth, held, ()), score(truth, held, {(B, C)})
    assert silent.recall == pytest.approx(1 / 3)
    assert silent.missed == ((A, C), (B, C))
    assert asking.recall == 1
    assert asking.recall_merged == pytest.approx(1 / 3)
    assert asking.to_people_share == 0.5


def test_claims_that_the_truth_does_not_know_do_not_count():
    """What others wrote into the registry is no part of the score."""
    assert score({A: "x", B: "x"}, {A: "1", B: "1", C: "1"}, {(B, C)}).precision == 1
