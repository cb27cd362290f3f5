"""What is shown of counted answers: tables computed by hand."""

from services.reporting.domain import disclosure
from services.reporting.domain.fields import Counted
from shared.events.questionnaire import Condition

TREE: dict[str, str | None] = {"NL": None, "LD01": "NL", "PV20": "LD01", "PV21": "LD01", "LD03": "NL", "PV26": "LD03"}
KIND = Counted("A4", "Soort", (("dorp", "Dorp"), ("stad", "Stad"), ("weet-niet", "Weet niet")), False, None)
THEMES = Counted("C", "Thema's", (("zorg", "Zorg"), ("wonen", "Wonen")), True, None)


def kinds(**numbers: int) -> dict[str, int]:
    return {f"A4={option.replace('_', '-')}": n for option, n in numbers.items()}


def themes(base: int, **numbers: int) -> dict[str, int]:
    return {"C": base, **{f"C={option}": n for option, n in numbers.items()}}


def shown(table: disclosure.Table | None) -> list[str]:
    return [c.shown for c in table.cells] if table else []


def test_percentages_are_whole_and_halves_go_up() -> None:
    """1 of 8 is 12.5 %: 13; 1 of 3 is 33; all is 100; of a base of 200, 1 is half a percent: 1."""
    assert [disclosure.percentage(n, b) for n, b in ((1, 8), (1, 3), (8, 8), (0, 8), (1, 200), (1, 201))] == [
        13,
        33,
        100,
        0,
        1,
        0,
    ]


def test_a_table_without_small_numbers_shows_numbers_and_percentages() -> None:
    """Base 40: 30 (75 %), 10 (25 %), 0 (0 %); a zero is shown."""
    table = disclosure.tables(KIND, {"PV26": kinds(dorp=30, stad=10)}, TREE)["PV26"]
    assert table
    assert shown(table) == ["30", "10", "0"]
    assert [c.percentage for c in table.cells] == [75, 25, 0]
    assert not table.indicative


def test_below_thirty_answers_a_table_is_indicative() -> None:
    """29 is, 30 is not."""
    few = disclosure.tables(KIND, {"PV26": kinds(dorp=20, stad=9)}, TREE)["PV26"]
    enough = disclosure.tables(KIND, {"PV26": kinds(dorp=20, stad=10)}, TREE)["PV26"]
    assert few
    assert enough
    assert (few.indicative, enough.indicative) == (True, False)


def test_below_ten_answers_there_is_no_table() -> None:
    """Nine answers are none for the province; ten are."""
    counts = {"PV20": kinds(dorp=9), "PV21": kinds(dorp=10)}
    tables = disclosure.tables(KIND, counts, TREE)
    assert tables["PV20"] is None
    assert tables["PV21"] is not None
    assert tables["LD01"] is not None


def test_a_small_number_is_less_than_five_and_takes_another_with_it() -> None:
    """Base 24 in one province: 17, 4 and 3 are 17, <5 and <5 (4 + 3 may be 3 + 4); with 17, 7 and 0 all is shown."""
    tables = disclosure.tables(KIND, {"PV26": kinds(dorp=17, stad=4, weet_niet=3)}, TREE)
    assert shown(tables["PV26"]) == ["17", "<5", "<5"]
    assert [c.percentage for c in tables["PV26"].cells if c.number is None] == [None, None]  # type: ignore[union-attr]
    assert shown(disclosure.tables(KIND, {"PV26": kinds(dorp=17, stad=7)}, TREE)["PV26"]) == ["17", "7", "0"]


def test_the_province_without_a_table_cannot_be_had_from_its_landsdeel() -> None:
    """Drenthe has 3 + 3; Noord less Groningen would be Drenthe, so Groningen's or Noord's numbers are left out too."""
    counts = {"PV20": kinds(dorp=20, stad=15), "PV21": kinds(dorp=3, stad=3), "PV26": kinds(dorp=40, stad=40)}
    tables = disclosure.tables(KIND, counts, TREE)
    assert tables["PV21"] is None
    assert shown(tables["PV20"]) == ["–", "–", "0"] or shown(tables["LD01"]) == ["–", "–", "0"]


def test_where_several_answers_may_be_given_each_option_stands_alone() -> None:
    """Base 40: 25 chose care, 18 housing; they do not add up, and nothing is small."""
    table = disclosure.tables(THEMES, {"PV26": themes(40, zorg=25, wonen=18)}, TREE)["PV26"]
    assert table
    assert shown(table) == ["25", "18"]
    assert [c.percentage for c in table.cells] == [63, 45]


def test_nearly_all_says_as_much_as_a_few() -> None:
    """38 of 40 chose care: the two who did not are a small number, so it is "more than 35"; 3 are "<5"; all 40 is shown."""
    tables = disclosure.tables(THEMES, {"PV26": themes(40, zorg=38, wonen=3)}, TREE)
    assert shown(tables["PV26"]) == [">35", "<5"]
    assert shown(disclosure.tables(THEMES, {"PV26": themes(40, zorg=40)}, TREE)["PV26"]) == ["40", "0"]


def test_an_option_that_nobody_chose_is_zero_though_a_province_has_few_answers() -> None:
    """Three answered in Fryslân and none chose housing: that three did not is known from the zero and the response."""
    tables = disclosure.tables(THEMES, {"PV20": themes(40, zorg=20), "PV21": themes(3, zorg=3)}, TREE)
    assert shown(tables["NL"])[1] == "0"
    assert shown(tables["PV20"])[1] == "0"
    assert tables["PV21"] is None


def test_what_is_asked_after_an_answer_does_not_give_that_answer_back() -> None:
    """How one works with the gemeente is asked of who does: shown only where that number itself is."""
    gate = Counted("D", "Activiteiten", (("tuin", "Tuin"), ("weet-niet", "Weet niet")), True, None)
    then = Counted("D2.tuin", "Tuin", (("zelf", "Zelf"), ("samen", "Samen")), False, Condition("D", ("tuin",)))
    counts = {"PV20": {"D": 40, "D=tuin": 38}, "PV26": {"D": 60, "D=tuin": 30}}
    tables = disclosure.tables(gate, counts, TREE)
    assert shown(tables["PV20"])[0] == ">35"
    away = disclosure.gives_away(then, gate, tables, TREE)
    assert {"PV20", "PV21"} <= away
    assert disclosure.tables(then, {"PV20": {"D2.tuin=zelf": 38}}, TREE, away)["PV20"] is None


def test_after_one_of_several_exclusive_answers_either_side_may_tell() -> None:
    """The base of a mark given by who cooperates is known when those who do are shown, or those who do not."""
    gate = Counted("G.x", "X", (("geen", "Geen"), ("af-en-toe", "Af en toe"), ("vast", "Vast")), False, None)
    mark = Counted("G.x.cijfer", "Cijfer", (("1", "1"),), False, Condition("G.x", ("af-en-toe", "vast")))
    table = disclosure.Table(
        "G.x",
        "X",
        30,
        tuple(disclosure.Cell(o, o, "", n, None) for o, n in (("geen", 20), ("af-en-toe", None), ("vast", None))),
    )
    both = disclosure.Table(
        "G.x",
        "X",
        30,
        tuple(disclosure.Cell(o, o, "", n, None) for o, n in (("geen", None), ("af-en-toe", None), ("vast", 20))),
    )
    assert disclosure.gives_away(mark, gate, {"NL": table}, {"NL": None}) == set()
    assert disclosure.gives_away(mark, gate, {"NL": both}, {"NL": None}) == {"NL"}
