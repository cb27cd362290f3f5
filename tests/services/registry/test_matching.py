"""What two claims say for and against being of the same initiative."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.domain.features import Features, blocking_keys, features, from_json, to_json
from services.registry.domain.linkage.frequencies import Count, Frequencies
from services.registry.domain.matching import Comparison, MatchingSettings, Member, compare, decide, judge
from shared.events.partner import InitiativeReported

SETTINGS = MatchingSettings()
FEW = Frequencies(total=1_500)


def look(name: str = "Zorgcoöperatie Hoogeloon", **data: Any) -> Features:
    return features(InitiativeReported.model_validate({"externalId": "1", "name": name, **data}))


def judged(one: Features, other: Features, frequencies: Frequencies = FEW, **how: Any) -> str:
    return decide(compare(one, other, frequencies, SETTINGS, **how), SETTINGS)


HOOGELOON: dict[str, Any] = {"place": "Hoogeloon", "municipality": "GM1728", "postcode": "5528 AB"}


def test_the_same_name_in_the_same_village_is_the_same():
    """One spelling with, one without legal form and diacritics."""
    assert judged(look(**HOOGELOON), look("Stichting zorgcooperatie Hoogeloon", place="Hoogeloon")) == "same"


def test_the_same_name_elsewhere_is_not():
    """Every village has its Dorpshuis De Schakel."""
    one = look("Dorpshuis De Schakel", place="Hoogeloon", municipality="GM1728")
    assert judged(one, look("Dorpshuis De Schakel", place="Ulrum", municipality="Het Hogeland")) == "different"


def test_what_many_share_says_little():
    """A telephone number of one initiative joins; that of a welfare organisation, on twenty claims of one partner, does not."""
    phone: dict[str, Any] = {"contact": {"phone": "0497 681234"}}
    one, other = look("Zorg voor Hoogeloon", **phone), look("Hoogeloon Helpt", **phone)
    shared = Frequencies(total=1_500, counts={"p:+31497681234": Count(40, 20)})
    assert compare(one, other, FEW).bits > compare(one, other, shared).bits + 4


def test_a_rare_word_says_more_than_a_common_one():
    """Two names that share a seldom word are likelier the same than two that share "zorg"."""
    counts = {"t:zorgzaam": Count(400, 200), "t:kievietsnest": Count(2, 1)}
    frequencies = Frequencies(total=1_500, counts=counts)
    rare = compare(look("Kievietsnest Een"), look("Kievietsnest Twee"), frequencies)
    common = compare(look("Zorgzaam Een"), look("Zorgzaam Twee"), frequencies)
    assert rare.bits > common.bits + 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nederland Zorgt Voor Elkaar", "NLZVE"),
        ("Klooster&Buren", "Klooster en Buren"),
        ("DörpsZörg", "Dorpszorg"),
        ("Buurthulp Oost", "Buurt hulp Oost"),
        ("Buurthuiskamer De Waaier", "BHK De Waaier"),
        ("De Mienskip", "De Gemeenschap"),
        ("Art's Delicatessen", "Arts Deli"),
    ],
)
def test_spellings_of_one_name(one, other):
    """Abbreviations, dialect, joined words and `&` count as agreement, not as other words."""
    assert not [e for e in compare(look(one), look(other), FEW).evidence if e.compared == "name" and e.weight < -1]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Stadsdorp Noord", "Stadsdorp Zuid"), ("Samen Sterk", "Jeugd Samen Sterk"), ("Camera EX300S", "Camera EX500S")],
)
def test_words_that_tell_neighbours_apart(one, other):
    """A direction, a group of people or another number makes another initiative, even where the rest agrees."""
    place = {"place": "Hoogeloon", "municipality": "GM1728"}
    assert judged(look(one, **place), look(other, **place)) != "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Buurthuiskamer De Proef", "Buurthuiskamer de Proeftuin"),
        ("Buurthuis De Waterlelie", "Buurthuis de Waterlelietuin"),
        ("Zorgzaam Molenhoek", "Zorgzaam Molenhoekwijk"),
    ],
)
def test_a_word_that_goes_on_may_be_another_name(one, other):
    """Where the telling word of the one is the beginning of another word, people are asked; a shared telephone tells enough."""
    here: dict[str, Any] = {"postcode": "3705 AB", "kind": "buurthuiskamer"}
    phone = {"contact": {"phone": "030 1234567"}}
    assert judged(look(one, **here), look(other, **here)) == "perhaps"
    assert judged(look(one, **here, **phone), look(other, **here, **phone)) == "same"


def test_a_word_that_is_cut_short_is_no_other_name():
    """What goes on with no word of its own is a shortened form, as ever."""
    here: dict[str, Any] = {"postcode": "3705 AB", "kind": "buurthuiskamer"}
    assert judged(look("Buurthuiskamer De Ontm", **here), look("Buurthuiskamer De Ontmoeting", **here)) == "same"


def test_branches_of_one_organisation_stay_apart():
    """The same name, site and mail address in towns far apart is an organisation with branches, not one initiative."""
    brand: dict[str, Any] = {"website": "https://repairs.example", "contact": {"email": "info@repairs.example"}}
    one, other = look("Repairs", place="Ulrum", **brand), look("Repairs", place="Hoogeloon", **brand)
    assert judged(one, other) != "same"
    assert judged(one, look("Repairs", place="Ulrum", **brand)) == "same"


def test_what_is_missing_is_neutral():
    """A field that only one of the two has, changes nothing for or against."""
    bare = compare(look(place="Hoogeloon"), look(place="Hoogeloon"), FEW)
    rich = compare(
        look(
            place="Hoogeloon", kvkNumber="12345678", founded=2005, website="zorg.example", contact={"person": "A. Bos"}
        ),
        look(place="Hoogeloon"),
        FEW,
    )
    assert rich.bits == pytest.approx(bare.bits)


def test_another_registration_number_speaks_against():
    """The same name and place with another Chamber of Commerce number is not merged by itself."""
    one, other = look(**HOOGELOON, kvkNumber="12345678"), look(**HOOGELOON, kvkNumber="87654321")
    assert compare(one, other, FEW).bits < compare(look(**HOOGELOON), look(**HOOGELOON), FEW).bits - 4


def test_two_claims_of_one_partner_need_more():
    """A partner seldom lists an initiative twice."""
    one, other = look("Zorgzaam Hoogeloon", **HOOGELOON), look("Hoogeloon Zorgzaam", place="Hoogeloon")
    assert compare(one, other, FEW, same_partner=True).bits < compare(one, other, FEW).bits - 3


def test_evidence_is_told_in_two_languages_without_personal_data():
    """The evidence goes into facts: it names no telephone number, mail address, person or street."""
    secret: dict[str, Any] = {
        "contact": {"person": "Anna de Geheime", "email": "anna@geheim.example", "phone": "0612345678"}
    }
    one = look(**HOOGELOON, **secret, address="Stilstraat 12")
    evidence = compare(one, one, FEW).evidence
    text = " ".join(f"{e.nl} {e.en}" for e in evidence).casefold()
    assert {e.compared for e in evidence} >= {"name", "place", "address", "phone", "email", "person"}
    assert not [word for word in ("anna", "geheim", "1234", "stilstraat") if word in text]
    assert [abs(e.weight) for e in evidence] == sorted((abs(e.weight) for e in evidence), reverse=True)


def test_a_chain_is_not_followed_against_the_evidence():
    """A claim that is like one of a group, but strongly unlike another, is put to people."""
    middle = Member("a", "1", look("Samen Sterk", place="Hoogeloon", contact={"phone": "0497 681234"}))
    other = Member("b", "1", look("Samen Sterk", place="Ulrum", kvkNumber="12345678", founded=1990))
    new = Member(
        "c",
        "1",
        look("Samen Sterk", place="Hoogeloon", kvkNumber="87654321", founded=2020, contact={"phone": "0497 681234"}),
    )
    assert judge([new], [middle], "i", FEW, SETTINGS).result == "same"
    assert judge([new], [middle, other], "i", FEW, SETTINGS).result == "perhaps"


def test_thresholds_that_make_no_sense_are_refused():
    """People are asked below what is merged, never above."""
    with pytest.raises(ValueError, match="perhaps"):
        MatchingSettings(same=0.5, perhaps=0.9)


TEXT = st.text(alphabet="abzé -&'.12ß+", min_size=2, max_size=20).filter(lambda t: len(t.strip()) >= 2)
CLAIMS = st.builds(
    lambda **data: look(**{k: v for k, v in data.items() if v is not None}),
    name=st.one_of(TEXT, st.sampled_from(["Zorg Ulrum", "Ulrum Zorgt", "B.V.", "De", "🌻🌻"])),
    place=st.none() | TEXT | st.sampled_from(["Ulrum", "Den Haag", "Bergen", "Springfield"]),
    municipality=st.none() | TEXT | st.sampled_from(["GM1966", "Loppersum"]),
    postcode=st.none() | st.sampled_from(["3705", "3705 xx", "9971AB"]),
    address=st.none() | TEXT | st.sampled_from(["12", "Plein 1944 3", "5 Main St"]),
    founded=st.none() | st.integers(1800, 2100),
    kvkNumber=st.none() | st.sampled_from(["00000000", "12345678"]),
    kind=st.none() | st.sampled_from(["zorgcooperatie", "anders"]),
    contact=st.none() | st.sampled_from([{"phone": "030 1234567"}, {"person": "J"}, {"email": "a@gmail.com"}]),
)


@given(CLAIMS, CLAIMS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_comparing_is_symmetric_and_never_raises(one, other, same_partner):
    """Whatever is filled in or missing: the same outcome both ways, and a probability."""
    there = compare(one, other, FEW, same_partner=same_partner)
    back = compare(other, one, FEW, same_partner=same_partner)
    assert there.bits == pytest.approx(back.bits)
    assert 0 <= there.probability <= 1
    assert isinstance(there, Comparison)


@given(CLAIMS)
@settings(max_examples=200, deadline=None)
def test_features_are_stored_without_loss_and_keys_are_few(one):
    """What is stored comes back; the number of keys is bounded."""
    assert from_json(to_json(one)) == one
    assert 0 < len(blocking_keys(one)) <= 80 or not one.names


def test_words_are_told_as_people_write_them():
    """What is compared without diacritics is told with them: zorgcoöperatie, in shared and in different words."""
    shared = compare(look("Zorgcoöperatie Hoogeloon"), look("Zorgcoöperatie De Brug Hoogeloon"), FEW)
    other = compare(look("Dorpscoöperatie Hoogeloon"), look("Hoogeloon Helpt"), FEW)
    told = [e.nl for e in (*shared.evidence, *other.evidence) if e.compared == "name"]
    assert any("dezelfde woorden: " in text and "zorgcoöperatie" in text for text in told)
    assert any("andere woorden: " in text and "dorpscoöperatie" in text for text in told)
    assert "cooperatie" not in " ".join(told)
