"""Refused rows go back as they stood, with why, and can be mended and sent again."""

import csv
import io
from datetime import date

import openpyxl

from shared.events.problems import problem
from shared.sheets import Said, plan, read, refused_as_csv, refused_as_xlsx

from .build import csv_of, xlsx_of

FORMULAS = ["=1+1", "+31 6 x", "-1", "@SUM(A1)", "\tx"]


def test_rows_stand_as_they_stood_with_why() -> None:
    """Also the columns that were not recognised; rows without fault are not in it."""
    content = csv_of(["Nummer", "Naam", "Kleur", "Postcode"], ["1", "Aa", "rood", "99"], ["2", "Bb", "", "3705"])
    rows = list(csv.reader(io.StringIO(refused_as_csv(read(content, "a.csv")).decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Nummer", "Naam", "Kleur", "Postcode", "Waarom geweigerd"]
    assert rows[1][:4] == ["1", "Aa", "rood", "99"]
    assert rows[1][4] == "Postcode: Dit is geen postcode. Geef 4 cijfers, of 4 cijfers en 2 letters."
    assert len(rows) == 2


def test_what_the_platform_refused_is_told_at_its_column() -> None:
    """With the problems of its answer."""
    sheet = read(csv_of(["Nummer", "Reden"], ["17", "gestopt"]), "a.csv")
    said = {2: [problem("unknown-initiative", "/data/externalId", value="17")]}
    text = refused_as_csv(sheet, said).decode("utf-8-sig")
    assert "Nummer: Wij kennen geen initiatief 17. Meld het initiatief eerst." in text


def test_no_cell_is_run_as_a_formula() -> None:
    """In CSV a quote stands in front; in Excel it is text. The reader takes the quote away."""
    sheet = read(csv_of(["Nummer", "Naam", "Postcode"], *[[str(n), f, "x"] for n, f in enumerate(FORMULAS)]), "a.csv")
    for row in csv.reader(io.StringIO(refused_as_csv(sheet).decode("utf-8-sig")), delimiter=";"):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    book = openpyxl.load_workbook(io.BytesIO(refused_as_xlsx(sheet)))
    assert book.active is not None
    assert {cell.data_type for row in book.active.iter_rows(min_row=2) for cell in row} == {"s"}
    for again in (read(refused_as_csv(sheet), "b"), read(refused_as_xlsx(sheet), "b")):
        assert [r.data["name"] for r in again.rows] == [f.strip() for f in FORMULAS]


def test_numbers_and_dates_of_excel_stay_what_they_are() -> None:
    """So that a mended file is read as the first one was; twice over, with one column for why."""
    first = read(
        xlsx_of(["Nummer", "Naam", "Lid sinds", "Leden", "Postcode"], [1, "Aa", date(2020, 5, 6), 12.5, "x"]), "a"
    )
    again = read(refused_as_xlsx(first), "b")
    third = read(refused_as_xlsx(again), "c")
    assert first.rows[0].data == again.rows[0].data == third.rows[0].data
    assert [c.heading for c in third.columns].count("Waarom geweigerd") == 1
    assert read(refused_as_csv(first), "d").rows[0].data == first.rows[0].data


def test_in_a_file_of_refused_rows_nothing_vanished() -> None:
    """It is a part of the list: the rest must not seem to be gone."""
    sheet = read(refused_as_csv(read(csv_of(["Nummer", "Naam"], ["1", "x"]), "a.csv")), "b.csv")
    assert plan(sheet, {"2": Said("00")}).vanished == ()
