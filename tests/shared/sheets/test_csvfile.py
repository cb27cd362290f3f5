"""Text files: how they are written down is found out, and their rows are numbered as a spreadsheet shows them."""

import pytest

from shared.sheets import read

from .build import csv_of, data


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("divider", list(";,\t|"))
def test_encoding_and_divider_are_found_out(encoding: str, divider: str) -> None:
    """With a mark or without, whatever divides the cells."""
    content = csv_of(["Nummer", "Naam", "Plaats"], ["1", "DörpsZörg, Ulrum; e.o.", "Súdwest|x"], divider=divider)
    sheet = read(content.decode().encode(encoding), "a.csv")
    assert data(sheet) == [{"externalId": "1", "name": "DörpsZörg, Ulrum; e.o.", "place": "Súdwest|x"}]


def test_sep_line_of_excel_is_heeded_and_is_no_row() -> None:
    """`sep=` says what divides, also when something else seems likelier."""
    sheet = read(b"sep=|\r\nnummer|naam|plaats\r\n1|a;b;c;d|e,f\r\n", "a.csv")
    assert data(sheet) == [{"externalId": "1", "name": "a;b;c;d", "place": "e,f"}]
    assert sheet.rows[0].number == 2


def test_rows_are_numbered_as_the_spreadsheet_shows_them() -> None:
    """Titles, empty rows and line ends within a cell are counted as a spreadsheet counts them."""
    content = b'Ledenlijst;;\r\n\r\nNummer;Naam;Plaats\r\n1;"Noaber\r\nhulp";X\r\n;;\r\n2;B;Y\r\n'
    sheet = read(content, "a.csv")
    assert [(r.number, r.data["name"]) for r in sheet.rows] == [(4, "Noaber hulp"), (6, "B")]
    assert [f.where for f in sheet.rows[1].problems] == ["rij 6, kolom Naam (B6)"]
