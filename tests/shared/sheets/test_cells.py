"""Cells are read as people write them; what cannot be read is said with what to do."""

import pytest

from .build import codes, one_row
from .pace import growth


@pytest.mark.parametrize(
    ("heading", "cell", "field", "value"),
    [
        ("Leden", "1.500", "numbers", {"members": 1500}),
        ("Leden", "12.345.678", None, "too-big"),
        ("Leden", "1,500", None, "number"),
        ("Leden", "1500,0", None, "number"),
        ("Leden", "-", "numbers", None),
        ("fte", "1,5", "numbers", {"paidFte": 1.5}),
        ("fte", "1.234,5", "numbers", {"paidFte": 1234.5}),
        ("fte", "0.5", "numbers", {"paidFte": 0.5}),
        ("Opgericht", "31-12-2019", "founded", 2019),
        ("Opgericht", "31/12/'19", "founded", 2019),
        ("Opgericht", "1 mei 2019", "founded", 2019),
        ("Opgericht", "mei '19", "founded", 2019),
        ("Opgericht", "5/2019", "founded", 2019),
        ("Opgericht", "1-1-85", "founded", 1985),
        ("Opgericht", "2019", "founded", 2019),
        ("Opgericht", "43831", "founded", 2020),
        ("Opgericht", "2019-12-31", "founded", 2019),
        ("Opgericht", "zaterdag 31 oktober 2009", "founded", 2009),
        ("Opgericht", "31-2-2019", None, "year"),
        ("Opgericht", "lang geleden", None, "year"),
        ("Lid sinds", "31-12-2019", "memberSince", "2019-12-31"),
        ("Lid sinds", "1e mrt. 2019", "memberSince", "2019-03-01"),
        ("Lid sinds", "43830", "memberSince", "2019-12-31"),
        ("Lid sinds", "2019-12-31 00:00:00", "memberSince", "2019-12-31"),
        ("Lid sinds", "mei 2019", "memberSince", "2019-05-01"),
        ("Lid sinds", "2019", "memberSince", "2019-01-01"),
        ("KvK", "1234567", "kvkNumber", "01234567"),
        ("KvK", "12.34.56.78", "kvkNumber", "12345678"),
        ("KvK", "12345", None, "kvk"),
        ("Telefoon", "612345678", "contact", {"phone": "0612345678"}),
        ("Telefoon", "31612345678", "contact", {"phone": "+31612345678"}),
        ("Telefoon", "06- 288 72 820", "contact", {"phone": "06- 288 72 820"}),
        ("Telefoon", "06 28 87 28 210", None, "phone"),
        ("Telefoon", '="0612345678"', "contact", {"phone": "0612345678"}),
        ("E-mail", "mailto:a@b.nl", "contact", {"email": "a@b.nl"}),
        ("E-mail", "n.v.t.", "contact", None),
        ("Soort", "ZORGCOÖPERATIE", "kind", "zorgcooperatie"),
        ("Soort", "care cooperative", "kind", "zorgcooperatie"),
        ("Soort", "stadsdorpp", "kind", "stadsdorp"),
        ("Fase", "actief, korter dan 2 jaar", "phase", "actief-korter-dan-2-jaar"),
        ("Fase", "inactief", None, "not-in-list"),
        ("Thema's", "zorg; welzijn", "themes", ["zorg", "welzijn"]),
        ("Thema's", "zorg, Sociale Cohesie", "themes", ["zorg", "sociale-cohesie"]),
        ("Thema's", "zorg\nwelzijn", "themes", ["zorg", "welzijn"]),
        ("Thema's", "zorg|zorg", "themes", ["zorg"]),
        ("Thema's", "zorg en welzijn", "themes", ["zorg", "welzijn"]),
        ("Thema's", "werk en participatie", "themes", ["werk-en-participatie"]),
        ("Andere namen", "Zorg, wonen en zo; ZWZ", "otherNames", ["Zorg, wonen en zo", "ZWZ"]),
        ("Activiteiten", "vervoer: zelf; informatie en advies (gepland)", "activities",
         [{"activity": "vervoer", "degree": "zelf"}, {"activity": "informatie-en-advies", "degree": "gepland"}]),
        ("Plek tonen", "gemeente", "locationPrecision", "gemeente"),
        ("Contact openbaar", "ja", "contact", None),
    ],
)  # fmt: skip
def test_cells_are_read_as_people_write_them(heading: str, cell: str, field: str | None, value: object) -> None:
    """What is clear is read; what could be two things is refused with the platform's own word for it (`field` None)."""
    sheet = one_row([heading], [cell])
    if field is None:
        assert codes(sheet) == [value]
    else:
        assert codes(sheet) == []
        assert sheet.rows[0].data.get(field) == value


@pytest.mark.parametrize(
    ("heading", "cell", "meant"),
    [
        ("Thema's", "energie", "energie en duurzaamheid"),
        ("Thema's", "duurzaamheid", "energie en duurzaamheid"),
        ("Thema's", "eenzaamheid", None),
        ("Soort", "zorgcoop", "zorgcoöperatie"),
        ("Doelgroep", "senioren", None),
    ],
)
def test_what_is_asked_is_what_may_have_been_meant(heading: str, cell: str, meant: str | None) -> None:
    """A word of one choice, or its beginning; what only shares letters is not asked."""
    [fault] = one_row([heading], [cell]).rows[0].problems
    assert fault.meant == meant


@pytest.mark.parametrize(
    ("heading", "cell", "text"),
    [
        ("Leden", "ca. 60", "ca. 60 is geen heel getal. Geef een getal zonder 'ca.', woorden of komma, zoals 60."),
        ("Leden", "1,5", "1,5 is geen heel getal. Geef een getal zonder 'ca.', woorden of komma, zoals 60."),
        ("Leden", "-5", "Dit getal is te klein: minstens 0."),
        ("fte", "anderhalf", "anderhalf is geen getal. Geef een getal zonder 'ca.' of woorden, zoals 2 of 1,5."),
        ("E-mail", "jan apestaart", "Dit is geen e-mailadres. Geef een adres zoals naam@voorbeeld.nl."),
        (
            "Telefoon",
            "06",
            "Dit is geen telefoonnummer: 2 cijfers. Geef 10 cijfers, zoals 030 1234567, of een nummer dat met + begint.",
        ),
    ],
)
def test_a_fault_says_what_to_do(heading: str, cell: str, text: str) -> None:
    """With the value as it stood, and an example of what is right."""
    [fault] = one_row([heading], [cell]).rows[0].problems
    assert fault.nl == text


def test_a_value_that_is_not_what_stood_there_is_told() -> None:
    """A month became its first day, a misspelling a choice, a word for nothing nothing."""
    sheet = one_row(["Lid sinds", "Soort", "Leden"], ["mei 2019", "stadsdorpp", "onbekend"])
    assert [(f.cell, f.nl) for f in sheet.rows[0].warnings] == [
        ("C2", "mei 2019 is gelezen als 01-05-2019."),
        ("D2", "stadsdorpp is gelezen als stadsdorp."),
        ("E2", "onbekend is gelezen als leeg."),
    ]


@pytest.mark.parametrize("filling", [" ", "a ", "1 ", "(", ": ", "\n", "-", "en ", "."])
@pytest.mark.parametrize("ends", [("1", "x"), ("a", "("), ("1-", "-2019")])
def test_a_long_cell_takes_no_longer_than_it_is_long(filling: str, ends: tuple[str, str]) -> None:
    """In whatever column: nobody's list makes us think for minutes."""
    headings = [
        "Leden",
        "Lid sinds",
        "Opgericht",
        "Soort",
        "Thema's",
        "Activiteiten",
        "Telefoon",
        "KvK",
        "Datum toestemming",
        "E-mail",
    ]

    def read_cells(length: int) -> None:
        one_row(headings, [ends[0] + filling * (length // len(filling)) + ends[1]] * len(headings))

    assert growth(read_cells, 2_500, 20_000) < 2 * 8
