"""A row becomes an event, and what is wrong is said at its cell."""

from shared.sheets import read

from .build import codes, csv_of, one_row


def test_all_faults_of_a_row_come_at_once_each_at_its_cell() -> None:
    """With the platform's own words, in two languages."""
    sheet = one_row(["Postcode", "Leden", "E-mail", "Soort"], ["99", "ca. 60", "geen", "stadsdrp x"])
    assert {(f.cell, f.problem.code) for f in sheet.rows[0].problems} == {
        ("C2", "postcode"),
        ("D2", "number"),
        ("E2", "email"),
        ("F2", "not-in-list"),
    }
    [kind] = [f for f in sheet.rows[0].problems if f.problem.code == "not-in-list"]
    assert kind.nl.endswith("Bedoelde u stadsdorp?")
    assert kind.en.endswith("Did you mean stadsdorp?")
    assert kind.where_en == "row 2, column Soort (F2)"
    assert sheet.rows[0].event is None


def test_a_field_that_is_missing_in_one_row_is_a_fault_at_its_column() -> None:
    """The column is there, the cell is empty."""
    sheet = read(csv_of(["Nummer", "Naam", "Plaats"], ["1", "", "X"]), "a.csv")
    assert [f.where for f in sheet.rows[0].problems] == ["rij 2, kolom Naam (B2)"]
    assert codes(sheet) == ["missing"]


def test_street_and_number_in_two_columns_are_one_address() -> None:
    """As many lists have it."""
    assert one_row(["Straat", "Huisnummer"], ["Dorpsstraat", "1a"]).rows[0].data["address"] == "Dorpsstraat 1a"


def test_consents_are_never_made_up() -> None:
    """A yes needs its date and text; a contact without such columns has none, and the sender is told."""
    sheet = one_row(["E-mail"], ["a@b.nl"])
    assert sheet.rows[0].data["contact"] == {"email": "a@b.nl"}
    assert [n.code for n in sheet.notes] == ["no-consent-columns"]
    proof = ["Datum toestemming", "Tekst toestemming", "Toestemming via"]
    sheet = one_row(["E-mail", "Toestemming uitnodiging", *proof], ["a@b.nl", "ja", "1-2-2026", "versie 3", "papier"])
    assert sheet.notes == ()
    [consent] = sheet.rows[0].data["contact"]["consents"]
    assert consent == {
        "purpose": "uitnodiging",
        "given": True,
        "at": "2026-02-01T00:00:00+01:00",
        "text": "versie 3",
        "channel": "papier",
    }
    sheet = one_row(["E-mail", "Toestemming nieuwsbrief"], ["a@b.nl", "ja"])
    assert codes(sheet) == ["missing", "missing"]
    assert {f.cell for f in sheet.rows[0].problems} == {"D2"}
    for said, columns in (
        ("nl", "'Datum toestemming' en 'Tekst toestemming'"),
        ("en", "'Date of consent' and 'Text of consent'"),
    ):
        assert all(columns in getattr(f, said) for f in sheet.rows[0].problems)
    assert "contact" not in one_row(["Toestemming nieuwsbrief"], ["nee"]).rows[0].data


def test_what_is_missing_is_called_by_its_column() -> None:
    """As it is headed in this file: who keeps a list does not know the names of our fields."""
    sheet = read(csv_of(["Lidnummer", "Organisatie"], ["", "Aa"], ["L-2", ""]), "a.csv")
    assert codes(sheet) == ["missing", "missing"]
    assert [f.nl for r in sheet.rows for f in r.problems] == [
        "Vul de kolom 'Lidnummer' in.",
        "Vul de kolom 'Organisatie' in.",
    ]
    assert sheet.rows[0].problems[0].en == "Fill in the column 'Lidnummer'."
