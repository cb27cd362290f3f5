"""A sum at the bottom of a list is no initiative; what might be one stays."""

from typing import Any

import pytest

from shared.sheets import read

from .build import csv_of, xlsx_of

HEADINGS = ["Nummer", "Naam", "Plaats", "Vrijwilligers"]


@pytest.mark.parametrize(
    "row",
    [
        ["Totaal", "", "", "62"],
        ["", "Totaal", "", "62"],
        ["", "TOTAAL:", "", "1.062,5"],
        ["3", "Subtotaal", "", "62"],
        ["", "Totaal aantal vrijwilligers", "", "62"],
        ["", "Eindtotaal", "", ""],
        ["Total", "", "", "62"],
        ["", "", "Grand total", "€ 62"],
        ["", "Gemiddelde", "", "31"],
        ["2", "Aantal initiatieven", "", ""],
    ],
)
def test_a_sum_is_passed_over_and_named(row: list[str]) -> None:
    """It is no row to send or to refuse, and the sender is told which row it was and what to do if it was none."""
    sheet = read(csv_of(HEADINGS, ["1", "Aa", "Zeist", "60"], ["2", "Bb", "Vorden", "2"], row), "lijst.csv")
    assert [r.number for r in sheet.rows] == [2, 3]
    [note] = [n for n in sheet.notes if n.code == "sum-row"]
    assert note.value == "4"
    assert "rij 4." in note.nl
    assert "Vul dan ook de plaats in" in note.nl


@pytest.mark.parametrize(
    "row",
    [
        ["3", "Totaal", "Zeist", "60"],
        ["3", "Totaal Welzijn", "", "60"],
        ["3", "Totaal anders", "", ""],
        ["3", "Sam", "", "60"],
        ["T-3", "Totaal", "", "60"],
    ],
)
def test_what_may_be_an_initiative_is_none_the_less_read(row: list[str]) -> None:
    """A place, a number of letters or a longer name makes it an initiative like any other."""
    sheet = read(csv_of(HEADINGS, ["1", "Aa", "Zeist", "60"], row), "lijst.csv")
    assert [r.number for r in sheet.rows] == [2, 3]
    assert not [n for n in sheet.notes if n.code == "sum-row"]


def test_sums_in_excel_and_several_of_them_are_named_together() -> None:
    """One warning for all, however a spreadsheet keeps the numbers."""
    rows: list[list[Any]] = [
        [1, "Aa", "Zeist", 60],
        [None, "Subtotaal", None, 60],
        [2, "Bb", "Vorden", 2.5],
        [None, "Totaal", None, 62.5],
    ]
    sheet = read(xlsx_of(HEADINGS, *rows), "lijst.xlsx")
    assert [r.number for r in sheet.rows] == [2, 4]
    [note] = [n for n in sheet.notes if n.code == "sum-row"]
    assert note.value == "3, 5"
