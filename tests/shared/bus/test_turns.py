"""Whose turn it is, by a clock that the test moves."""

import math
from collections import Counter

from shared.bus.turns import FEWEST_EVENTS, LONG_S, Turns

MOST = 500


def worked(turns: Turns, name: str, seconds: float, now: float) -> None:
    batches = math.ceil(seconds / 0.4)
    for _ in range(batches):
        turns.took(turns.next({name: 1}, now), {name: 100}, seconds / batches, now)


def test_with_nobody_loud_all_are_taken_together() -> None:
    """Three hundred partners with an event each make one transaction, not three hundred."""
    turns = Turns(MOST)
    names = [f"p{n}" for n in range(300)]
    for name in names:
        worked(turns, name, 0.001, 0)
    turn = turns.next(dict.fromkeys(names, 1), 1)
    assert {*turn.queues} == {*names}
    assert (turn.events, turn.short) == (MOST, False)


def test_the_queues_take_turns_to_be_first() -> None:
    """Where there is not room for all, it is not always the same one that waits."""
    turns = Turns(MOST)
    assert {turns.next({"a": 1, "b": 1, "c": 1}, 0).queues[0] for _ in range(3)} == {"a", "b", "c"}


def test_one_that_is_alone_has_the_whole_batch() -> None:
    """However much it used: nobody waits behind it."""
    turns = Turns(MOST)
    worked(turns, "loud", 100, 0)
    turn = turns.next({"loud": 200}, 1)
    assert (turn.queues, turn.events, turn.short) == (["loud"], MOST, False)


def test_what_nobody_waits_for_makes_no_batch_short() -> None:
    """What the platform tells itself while a partner's burst goes on is heard between its batches."""
    turns = Turns(MOST, lambda name: name != "facts")
    worked(turns, "facts", 0.01, 0)
    worked(turns, "loud", 5, 0)
    turn = turns.next({"loud": 200, "facts": 1}, 1)
    assert ({*turn.queues}, turn.events, turn.short) == ({"loud", "facts"}, MOST, False)


def test_a_partner_is_waited_for_while_facts_are_loud() -> None:
    """A burst of facts leaves room for it, as a partner's does."""
    turns = Turns(MOST, lambda name: name != "facts")
    worked(turns, "light", 0.01, 0)
    worked(turns, "facts", 5, 0)
    own = turns.next({"facts": 200}, 1)
    assert own.within_s < LONG_S
    assert not own.short
    assert turns.next({"facts": 200, "light": 1}, 1).queues == ["light"]


def test_the_only_partner_is_kept_waiting_by_facts_and_not_by_itself() -> None:
    """Its own turn is as long as it takes; with two, their turns are short."""
    turns = Turns(MOST, lambda name: name != "facts")
    worked(turns, "light", 0.01, 0)
    worked(turns, "facts", 5, 0)
    assert turns.next({"facts": 200, "light": 15}, 1).events == MOST
    worked(turns, "other", 0.01, 1)
    assert turns.next({"facts": 200, "light": 15}, 1).short


def test_a_partner_with_much_to_do_does_not_wait_for_itself() -> None:
    """Facts are loudest and few at the moment: nobody is kept waiting by a large batch of the only partner."""
    turns = Turns(MOST, lambda name: name != "facts")
    worked(turns, "partner", 2, 0)
    worked(turns, "facts", 5, 0)
    assert turns.next({"facts": 1, "partner": 200}, 1).events == MOST
    worked(turns, "other", 0.01, 1)
    assert turns.next({"facts": 1, "partner": 200}, 1).short


def test_what_the_platform_tells_itself_is_heard_in_longer_turns_than_a_burst() -> None:
    """An event takes half a millisecond: a hundred of them go before a partner that comes in between, and two dozen of another
    partner's."""
    for loud, fewest, most in (("facts", 100, 200), ("burst", 10, 24)):
        turns = Turns(MOST, lambda name: name != "facts")
        worked(turns, "light", 0.01, 0)
        worked(turns, loud, 50, 0)
        for _ in range(50):
            turn = turns.next({loud: 200}, 0)
            assert turn.within_s < LONG_S
            turns.took(turn, {loud: 1}, 0.002, 0)
            turns.took(turn, {loud: turn.events}, 0.0005 * turn.events, 0)
        assert fewest <= turns.next({loud: 200}, 0).events <= most


def test_no_batch_takes_much_longer_than_a_second() -> None:
    """On a slow day they become smaller, so that no handler comes near its limit; and large again when it is over."""
    turns, now = Turns(MOST), 0.0
    for cost, fewest, most in ((0.03, 15, 50), (0.0003, MOST, MOST)):
        for _ in range(20):
            turn = turns.next({"loud": 200}, now)
            turns.took(turn, {"loud": turn.events}, cost * turn.events, now)
        assert fewest <= turns.next({"loud": 200}, now).events <= most


def test_a_light_queue_goes_before_the_loud_one() -> None:
    """It need not share a transaction with a burst."""
    turns = Turns(MOST)
    worked(turns, "light", 0.01, 0)
    worked(turns, "loud", 5, 0)
    assert turns.next({"loud": 200, "light": 1}, 1).queues == ["light"]


def test_one_that_was_never_heard_goes_before_the_loud_one() -> None:
    """A partner's first event does not wait for another's burst."""
    turns = Turns(MOST)
    worked(turns, "loud", 5, 0)
    assert turns.next({"loud": 200, "new": 1}, 1).queues == ["new"]


def test_a_loud_queue_works_in_short_turns_while_a_light_one_may_come() -> None:
    """For a minute after the light one was heard; then the burst has the service to itself."""
    turns = Turns(MOST)
    worked(turns, "light", 0.01, 0)
    worked(turns, "loud", 5, 58)
    turn = turns.next({"loud": 200}, 59)
    assert turn.short
    assert turn.events < MOST
    assert turns.next({"loud": 200}, 60).events == MOST


def test_nobody_is_kept_waiting_by_many_light_ones() -> None:
    """One that always has a little work gets no more of the time than one that has much."""
    turns, now, used = Turns(MOST), 0.0, Counter[str]()
    worked(turns, "loud", 2, now)
    for _ in range(2000):
        turn = turns.next({"loud": 200, "other": 5}, now)
        share = {name: turn.events // len(turn.queues) for name in turn.queues}
        now += 0.02
        turns.took(turn, share, 0.02, now)
        for name in turn.queues:
            used[name] += share[name]
    assert used["other"] <= 1.1 * used["loud"]


def test_when_all_have_much_to_do_batches_are_large() -> None:
    """Each of them waits for its own backlog, and that is done soonest in large batches."""
    turns = Turns(MOST)
    worked(turns, "one", 5, 0)
    worked(turns, "other", 5, 0)
    assert turns.next({"one": 200, "other": 200}, 1).events == MOST
    assert turns.next({"one": 200, "other": 2}, 1).short


def test_short_turns_are_as_long_as_time_allows() -> None:
    """Events that take 0.1 ms go by the score, such as take 10 ms by ten; never fewer, for a transaction has its price."""
    for cost, fewest, most in ((0.0001, 50, 300), (0.01, FEWEST_EVENTS, FEWEST_EVENTS)):
        turns, now = Turns(MOST), 0.0
        worked(turns, "light", 0.004, now)
        worked(turns, "loud", 50, now)
        for _ in range(50):
            turn = turns.next({"loud": 200}, now)
            turns.took(turn, {"loud": turn.events}, 0.004 + cost * turn.events, now)
        assert fewest <= turns.next({"loud": 200}, now).events <= most


def test_where_every_transaction_is_slow_turns_grow_with_it() -> None:
    """On a slow disk a batch of ten would be all beginning and committing."""
    turns, now = Turns(MOST), 0.0
    worked(turns, "loud", 50, now)
    for _ in range(200):
        light = turns.next({"light": 1, "loud": 200}, now)
        turns.took(light, {"light": 1}, 0.05, now)
        turn = turns.next({"loud": 200}, now)
        turns.took(turn, {"loud": turn.events}, 0.05 + 0.0003 * turn.events, now)
    assert turns.next({"loud": 200}, now).events > 40
