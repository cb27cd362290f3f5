"""What an outsider can work out: checked by hand-computed tables, and against every table that fits what was published."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.linked import SMALL, LinkedTable, Number, Shown

FLAT: dict[str, str | None] = {"NL": None, "A": "NL", "B": "NL"}


def outsider(table: LinkedTable) -> dict[Number, set[int]]:
    """By brute force: every value that each number may have for who knows what is shown and all bases."""
    leaves = sorted(table.parents.keys() - set(table.parents.values()))
    possible: dict[Number, set[int]] = {}
    for rows in product(*(possible_rows(table, leaf) for leaf in leaves)):
        world = added_up(table, dict(zip(leaves, rows, strict=True)))
        if all(fits(table, n, v) for n, v in world.items()):
            for number, value in world.items():
                possible.setdefault(number, set()).add(value)
    return possible


def fits(table: LinkedTable, number: Number, value: int) -> bool:
    match table.shown(number):
        case Shown.EXACT:
            return value == table.values[number]
        case Shown.SMALL:
            return 1 <= value < SMALL
        case Shown.LEFT_OUT:
            return value >= SMALL
        case Shown.HIDDEN:
            return value >= 0


def possible_rows(table: LinkedTable, leaf: str) -> list[dict[str, int]]:
    base = table.base(leaf)
    rows = [
        dict(zip(table.options, numbers, strict=True))
        for numbers in product(range(base + 1), repeat=len(table.options))
        if sum(numbers) == base
    ]
    return [r for r in rows if all(fits(table, Number(leaf, o), v) for o, v in r.items())]


def added_up(table: LinkedTable, leaves: dict[str, dict[str, int]]) -> dict[Number, int]:
    world: dict[Number, int] = {}
    for leaf, row in leaves.items():
        at: str | None = leaf
        while at is not None:
            for option, value in row.items():
                world[Number(at, option)] = world.get(Number(at, option), 0) + value
            at = table.parents[at]
    return world


def test_a_small_number_in_a_row_takes_a_second_number_with_it() -> None:
    """Base 20 = 12 + 5 + 3: with 3 left out alone, the base gives it back; the cheapest other number is 5, and 5 + 3 = 8
    leaves 3 or 2 or 1 for the small one."""
    table = LinkedTable({"NL": None}, "abc", {"NL": {"a": 12, "b": 5, "c": 3}})
    assert table.exposed() == [Number("NL", "c")]
    table.protect()
    assert table.exposed() == []
    assert table.shown(Number("NL", "b")) is Shown.LEFT_OUT
    assert table.shown(Number("NL", "a")) is Shown.EXACT
    assert outsider(table)[Number("NL", "c")] == {1, 2, 3}


def test_a_number_just_above_the_limit_does_not_hide_a_one() -> None:
    """Base 18 = 12 + 5 + 1: leaving out 5 as well would not do, since what is left out is at least 5, and 6 - 5 = 1."""
    table = LinkedTable({"NL": None}, "abc", {"NL": {"a": 12, "b": 5, "c": 1}})
    table.protect()
    assert table.shown(Number("NL", "a")) is Shown.LEFT_OUT
    assert outsider(table)[Number("NL", "c")] > {1}


def test_two_ones_do_not_hide_each_other() -> None:
    """Base 14 = 12 + 1 + 1: two small numbers that add up to 2 are both 1, so 12 goes too."""
    table = LinkedTable({"NL": None}, "abc", {"NL": {"a": 12, "b": 1, "c": 1}})
    assert len(table.exposed()) == 2
    table.protect()
    assert table.shown(Number("NL", "a")) is Shown.LEFT_OUT
    assert outsider(table)[Number("NL", "b")] == {1, 2, 3, 4}


def test_the_country_does_not_give_back_a_province() -> None:
    """A's 3 is the country's 23 less B's 20: left out in A's row alone, the columns give it back."""
    table = LinkedTable(FLAT, "ab", {"A": {"a": 12, "b": 3}, "B": {"a": 30, "b": 20}})
    table.left_out.add(Number("A", "a"))
    assert table.exposed() == [Number("A", "b")]
    table.protect()
    assert table.exposed() == []


def test_a_region_that_is_not_shown_is_not_the_rest_of_the_others() -> None:
    """C is too small for a table of its own; the country less A and B would be C's table, 2 and 4."""
    parents = {**FLAT, "C": "NL"}
    counts = {"A": {"a": 12, "b": 9}, "B": {"a": 30, "b": 20}, "C": {"a": 2, "b": 4}}
    table = LinkedTable(parents, "ab", counts, hidden={"C"})
    assert table.exposed() == [Number("C", "a"), Number("C", "b")]
    table.protect()
    assert table.exposed() == []
    assert table.shown(Number("A", "a")) is Shown.LEFT_OUT or table.shown(Number("NL", "a")) is Shown.LEFT_OUT


def test_numbers_that_cannot_be_protected_hide_the_table() -> None:
    """Ten options with one each and base 10: each is known to be 1, and there is nothing else to leave out."""
    options = "abcdefghij"
    table = LinkedTable(FLAT, options, {"A": dict.fromkeys(options, 1), "B": dict.fromkeys(options, 20)})
    table.protect()
    assert table.shown(Number("A", "a")) is Shown.HIDDEN
    assert table.exposed() == []


def test_a_table_without_small_numbers_is_shown_whole() -> None:
    """Zeros and numbers from 5 up are shown; nothing is left out without need."""
    table = LinkedTable(FLAT, "abc", {"A": {"a": 12, "b": 5, "c": 0}, "B": {"a": 6, "b": 9, "c": 0}})
    table.protect()
    assert not table.left_out
    assert not table.hidden


TREES: list[dict[str, str | None]] = [{"NL": None}, FLAT, {"NL": None, "L": "NL", "A": "L", "B": "L"}]


@st.composite
def tables(draw: st.DrawFn) -> LinkedTable:
    parents = draw(st.sampled_from(TREES))
    inner = {p for p in parents.values() if p}
    leaves = sorted(parents.keys() - inner)
    options = "abc"[: draw(st.integers(2, 3))]
    top = 12 if len(leaves) == 1 else 8
    counts = {leaf: {o: draw(st.integers(0, top)) for o in options} for leaf in leaves}
    hidden = {leaf for leaf in leaves if sum(counts[leaf].values()) < 10 and leaf != "NL"}
    return LinkedTable(parents, options, counts, hidden)


@settings(max_examples=150, deadline=None)
@given(tables())
def test_what_is_called_exposed_is_what_brute_force_can_work_out(table: LinkedTable) -> None:
    """Before any protection, the network says the same as trying every table that fits."""
    possible = outsider(table)
    assert set(table.exposed()) == {n for n in table.small() if len(possible[n]) == 1}


@settings(max_examples=150, deadline=None)
@given(tables())
def test_no_small_number_can_be_worked_out(table: LinkedTable) -> None:
    """After protection, two values or more fit each small number, unless nothing at all is shown."""
    table.protect()
    if table.hidden >= table.parents.keys():
        return
    possible = outsider(table)
    assert all(len(possible[n]) > 1 for n in table.small())
    assert all(v == 0 or v >= SMALL for n, v in table.values.items() if table.shown(n) is Shown.EXACT)


@given(tables())
def test_protection_is_the_same_each_time(table: LinkedTable) -> None:
    """Nothing depends on the order of a set: the same counts give the same table."""
    counts = {r: {o: table.values[Number(r, o)] for o in table.options} for r in table.parents}
    again = LinkedTable(table.parents, table.options, counts, table.hidden)
    table.protect()
    again.protect()
    assert (table.left_out, table.hidden) == (again.left_out, again.hidden)
