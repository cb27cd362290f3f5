"""Which column is which field: recognised however it is headed, and never guessed."""

import pytest

from shared.events.codelists import codelist
from shared.events.partner import InitiativeReported, InitiativeWithdrawn, SignalReported, SurveyResponseSubmitted
from shared.events.questionnaire import questionnaire, versions
from shared.sheets import SheetFault, read
from shared.sheets.columns import COLUMNS

from .build import csv_of, one_row


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
