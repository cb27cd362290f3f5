"""Lists as partners keep them become events, and what is wrong is said at its cell."""

import pytest

from shared.events.codelists import codelist
from shared.events.partner import InitiativeReported, InitiativeWithdrawn, SignalReported, SurveyResponseSubmitted
from shared.events.questionnaire import questionnaire, versions
from shared.sheets import SheetFault, read
from shared.sheets.columns import COLUMNS

from .build import codes, csv_of, data, one_row
from .pace import growth


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


@pytest.mark.parametrize(
    ("heading", "pointer"),
    [
        ("INITIATIEF", "/data/name"),
        ("Naam van het initiatief *", "/data/name"),
        ("Woonplaats", "/data/place"),
        ("zipcode", "/data/postcode"),
        ("Postcode (4 cijfers)", "/data/postcode"),
        ("Municipality", "/data/municipality"),
        ("url", "/data/website"),
        ("E-mailadres", "/data/contact/email"),
        ("Telefoon nr.", "/data/contact/phone"),
        ("KVK nummer", "/data/kvkNumber"),
        ("Founded", "/data/founded"),
        ("Doelgroep(en)", "/data/targetGroups"),
        ("Thema’s", "/data/themes"),
        ("# leden", "/data/numbers/members"),
        ("contact.email", "/data/contact/email"),
        ("numbers/visitorsPerYear", "/data/numbers/visitorsPerYear"),
        ("aangesloten sinds", "/data/memberSince"),
        ("Lidnr", "/data/externalId"),
        ("Lid nr.", "/data/externalId"),
        ("Lid-nr", "/data/externalId"),
        ("Relatie nr", "/data/externalId"),
        ("Uniek nummer", "/data/externalId"),
        ("CRM-id", "/data/externalId"),
        ("Reg.nr.", "/data/externalId"),
        ("Nummer van het initiatief", "/data/externalId"),
        ("Organisatienaam", "/data/name"),
        ("Naam bewonersinitiatief", "/data/name"),
        ("Naam zorgcoöperatie", "/data/name"),
        ("Oude naam", "/data/otherNames"),
        ("Type organisatie", "/data/kind"),
        ("KvK-inschrijfnummer", "/data/kvkNumber"),
        ("K.v.K. nr.", "/data/kvkNumber"),
        ("Jaar oprichting", "/data/founded"),
        ("Actief sinds", "/data/founded"),
        ("Stad / dorp", "/data/place"),
        ("Plaats vestiging", "/data/place"),
        ("Straat + huisnr.", "/data/address"),
        ("Postcode bezoekadres", "/data/postcode"),
        ("Postc.", "/data/postcode"),
        ("Gem.", "/data/municipality"),
        ("GM-code", "/data/municipality"),
        ("Link naar website", "/data/website"),
        ("Aant. vrijw.", "/data/numbers/volunteers"),
        ("Hoeveel leden", "/data/numbers/members"),
        ("Bezoekers p/j", "/data/numbers/visitorsPerYear"),
        ("FTE's", "/data/numbers/paidFte"),
        ("Ingangsdatum lidmaatschap", "/data/memberSince"),
        ("Contactpersoon (naam)", "/data/contact/person"),
        ("Naam v/d contactpersoon", "/data/contact/person"),
        ("E-mail contact", "/data/contact/email"),
        ("Algemeen e-mailadres", "/data/contact/email"),
        ("E mail", "/data/contact/email"),
        ("Tel.nr.", "/data/contact/phone"),
        ("Tel. contactpersoon", "/data/contact/phone"),
        ("Telefoon (mobiel)", "/data/contact/phone"),
        ("Vaste telefoon", "/data/contact/phone"),
        ("06-nummer", "/data/contact/phone"),
    ],
)
def test_headings_are_recognised_however_they_are_spelled(heading: str, pointer: str) -> None:
    """Case, accents, spaces, punctuation and brackets do not matter; Dutch, English and the contract's own names do."""
    others = {"/data/externalId": "Nummer", "/data/name": "Naam"}
    headings = [*(title for at, title in others.items() if at != pointer), heading]
    sheet = read(csv_of(headings, ["1"] * len(headings)), "a.csv")
    assert sheet.columns[-1].pointer == pointer


@pytest.mark.parametrize(
    "heading",
    [
        "Contact gemeente",
        "Contactpersoon gemeente",
        "Status",
        "Opmerking",
        "Contributie",
        "Voorzitter",
        "Totaal",
        "#",
        "…",
    ],
)
def test_a_heading_that_may_mean_something_else_is_not_guessed(heading: str) -> None:
    """It is named as unknown: what stands under it goes nowhere."""
    sheet = one_row([heading], ["x"])
    assert sheet.columns[-1].pointer is None


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_no_heading_names_two_columns(kind: str) -> None:
    """Every title and every other heading leads to the column that it was meant for."""
    from shared.sheets.cells import plain
    from shared.sheets.recognising import by_heading

    for spec in COLUMNS[kind]():
        for name in (spec.title.nl, spec.title.en, *spec.names):
            found = by_heading(kind)[plain(name)]
            assert found.pointer == spec.pointer or found.title.nl == name, (name, found.title.nl)


def test_every_field_of_an_initiative_has_a_column() -> None:
    """What a program can say, a list can say."""
    there = {spec.pointer.removeprefix("/data/").split("/")[0] for spec in COLUMNS[InitiativeReported.type]()}
    assert there == {f.alias for f in InitiativeReported.model_fields.values()}
    there = {spec.pointer for spec in COLUMNS[InitiativeReported.type]()}
    assert {f"/data/contact/consents/{purpose}" for purpose in codelist("purpose")} <= there


def test_columns_that_are_not_recognised_are_named_with_what_was_perhaps_meant() -> None:
    """Never dropped in silence."""
    sheet = one_row(["Kleur", "Postcdoe"], ["rood", "3705"])
    assert [c.heading for c in sheet.unrecognised] == ["Kleur", "Postcdoe"]
    assert [n.nl for n in sheet.notes] == [
        "De kolom Kleur (C) kennen wij niet en gebruiken wij niet.",
        "De kolom Postcdoe (D) kennen wij niet en gebruiken wij niet. Bedoelde u Postcode?",
    ]


def test_a_column_that_is_needed_and_missing_is_said_once_with_advice() -> None:
    """Not per row; and no number is made up, since it is what an initiative is recognised by."""
    with pytest.raises(SheetFault) as caught:
        read(csv_of(["Plaats", "Postcode"], *[["x", "3705"]] * 50), "a.csv")
    assert [(p.code, p.pointer) for p in caught.value.problems] == [
        ("missing-column", "/data/externalId"),
        ("missing-column", "/data/name"),
    ]
    assert "Geef elk initiatief een eigen nummer dat nooit verandert" in str(caught.value)


def test_two_columns_for_one_field_are_refused_and_named() -> None:
    """Nobody can tell which of two numbers is the initiative's."""
    with pytest.raises(SheetFault, match=r"Twee kolommen zijn Nummer: Nummer \(A\), id \(B\)"):
        read(csv_of(["Nummer", "id", "Naam"], ["1", "2", "Aa"]), "a.csv")


def test_a_column_with_the_very_title_counts_before_one_that_is_called_otherwise() -> None:
    """Where nothing hangs on it: the file is used, and the other column is named with what is used instead."""
    sheet = one_row(["Type organisatie", "Soort"], ["stichting", "stadsdorp"])
    assert sheet.rows[0].data["kind"] == "stadsdorp"
    assert [n.nl for n in sheet.notes] == [
        "De kolom Type organisatie (C) kennen wij niet en gebruiken wij niet. Daarvoor telt de kolom Soort (D)."
    ]


def test_of_two_telephone_columns_the_first_that_is_filled_counts() -> None:
    """A list with telephone and mobile is usual; it is said which one counts."""
    sheet = one_row(["Telefoon", "Mobiel"], ["", "06-28872820"])
    assert sheet.rows[0].data["contact"] == {"phone": "06-28872820"}
    assert [n.code for n in sheet.notes] == ["columns-together"]


def test_cells_beside_the_columns_are_named() -> None:
    """A remark behind the last heading is not silently lost."""
    sheet = read(b"nummer;naam\n1;Aa;let op\n", "a.csv")
    assert [(n.code, n.value) for n in sheet.notes] == [("outside-columns", "C2")]


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


def test_one_number_in_two_rows_names_both() -> None:
    """Neither is sent, since nobody can tell which one holds; rows that are wholly the same are one."""
    rows = [["1", "Aa"], ["2", "Bb"], ["1", "Cc"], ["2", "Bb"]]
    sheet = read(csv_of(["Nummer", "Naam"], *rows), "a.csv")
    assert [f.nl for r in sheet.refused for f in r.problems] == [
        "Nummer 1 staat in meer rijen: 2, 4. Elk initiatief heeft een eigen nummer en één rij."
    ] * 2
    assert [r.number for r in sheet.good] == [3]
    assert sheet.rows[3].repeats == 3


def test_withdrawals_signals_and_responses_are_told_by_their_headings() -> None:
    """Or by what the sender says they are."""
    sheet = read(csv_of(["Nummer", "Reden"], ["1", "Gestopt"]), "a.csv")
    assert sheet.rows[0].event == InitiativeWithdrawn(external_id="1", reason="gestopt")
    sheet = read(
        csv_of(
            ["Signaal", "Onderwerp", "Ernst", "Regio", "Toelichting"], ["Knelpunt", "finance", "groot", "PV26", "a\nb"]
        ),
        "a.csv",
    )
    assert sheet.rows[0].event == SignalReported(
        kind="knelpunt", category="financiering", severity="groot", region="PV26", text="a\nb"
    )
    headings = [
        "Nummer",
        "A1 naam",
        "A2.postcode",
        "A2.gemeente",
        "C",
        "E2: leden",
        "H.erkenning",
        "K.loting",
        "Ingevuld op",
    ]
    cells = ["7", "Noaber", "3705", "Zeist", "zorg; welzijn", "weet niet", "groot", "ja", "14-9-2026 9:30"]
    given = {"campaignId": "c-1", "questionnaire": versions()[-1]}
    sheet = read(csv_of(headings, cells), "a.csv", constants=given)
    event = sheet.rows[0].event
    assert isinstance(event, SurveyResponseSubmitted), sheet.rows[0].problems
    assert event.campaign_id == "c-1"
    assert event.answers["C"] == ["zorg", "welzijn"]
    assert event.answers["H.erkenning"] == "groot"
    assert event.answers["K.loting"] is True
    assert str(event.answered_at) == "2026-09-14 07:30:00+00:00"
    fields = questionnaire(versions()[-1]).fields
    assert {f"/data/answers/{code}" for code in fields} <= {s.pointer for s in COLUMNS[SurveyResponseSubmitted.type]()}


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
