"""A file as a whole: what cannot be used, and a number that stands in it twice."""

import pytest

from shared.sheets import SheetFault, read

from .build import csv_of


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"\n\n;;\n", "file-empty"),
        (b"nummer;naam\n", "file-empty"),
        (b"a;b;c\n1;2;3\n", "no-headings"),
        (b'nummer;naam\n1;"Aa\n2;Bb\n', "file-unreadable"),
        (b"nummer;naam\n1;\x00\n", "file-unreadable"),
        (b"<html><table><tr><td>nummer</td></tr></table></html>", "file-kind"),
        (b"%PDF-1.7 nummer;naam", "file-kind"),
        (b"nummer;naam\n" + b"1;" + b"x" * 200_000, "file-unreadable"),
        (b"nummer;naam\n" + b"x" * (10 * 1024 * 1024), "file-too-large"),
        (b"nummer;naam\n" + b"1;Aa\n" * 20_001, "file-too-large"),
        (b"nummer;naam" + b";x" * 600 + b"\n1;2\n", "file-too-large"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(content: bytes, code: str) -> None:
    """As a whole, in one answer."""
    with pytest.raises(SheetFault) as caught:
        read(content, "a.csv")
    assert [p.code for p in caught.value.problems] == [code]


def test_one_number_in_two_rows_names_both() -> None:
    """Neither is sent, since nobody can tell which one holds; rows that are wholly the same are one."""
    rows = [["1", "Aa"], ["2", "Bb"], ["1", "Cc"], ["2", "Bb"]]
    sheet = read(csv_of(["Nummer", "Naam"], *rows), "a.csv")
    assert [f.nl for r in sheet.refused for f in r.problems] == [
        "Nummer 1 staat in meer rijen: 2, 4. Elk initiatief heeft een eigen nummer en één rij."
    ] * 2
    assert [r.number for r in sheet.good] == [3]
    assert sheet.rows[3].repeats == 3
