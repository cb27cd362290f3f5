"""One comparing form for the ways in which people write names, numbers and addresses."""

import pytest

from services.registry.domain import normalise
from services.registry.domain.linkage import whereabouts


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("Stichting Zorgcoöperatie Hoogeloon U.A.", ("zorgcooperatie", "hoogeloon")),
        ("Gebiedscoöperatie Klooster&Buren", ("gebiedscooperatie", "klooster", "buren")),
        ("DörpsZörg Ulrum", ("dorpszorg", "ulrum")),
        ("N.L.Z.V.E.", ("nlzve",)),
        ("Sint-Annaland Zorgt e.o.", ("annaland", "zorgt")),
        ("De Vereniging", ("vereniging",)),
        ("🌻", ()),
    ],
)
def test_names_keep_the_words_that_tell_them_apart(name, tokens):
    """Legal forms, small words and diacritics go; a name of nothing else keeps them."""
    assert normalise.tokens(name) == tokens


def test_an_abbreviation_belongs_to_its_full_name():
    """Initials with and without small words, and NL for Nederland."""
    assert {"nlzve", "nzve", "nze"} <= normalise.initials("Nederland Zorgt voor Elkaar")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("06- 288 72 820", "+31628872820"),
        ("0031 30 123 45 67", "+31301234567"),
        ("+31 (0)30 1234567", "+31301234567"),
        ("+1 310/246-1501", "+13102461501"),
        ("12345", ""),
        ("geen", ""),
        (None, ""),
    ],
)
def test_telephone_numbers(text, number):
    """The same number however it is written; what is none is not known."""
    assert normalise.phone(text) == number


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Info+lijst@Zorg-Ulrum.nl", ("info@zorg-ulrum.nl", "zorg-ulrum.nl")),
        ("a.b@gmail.com", ("ab@gmail.com", "")),
        ("Dit e-mailadres wordt beveiligd tegen spambots.", ("", "")),
    ],
)
def test_mail_addresses(text, form):
    """A provider's domain is no identity; a sentence is no address."""
    assert normalise.mail(text) == form


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("https://www.zorgulrum.nl/index.html", ("zorgulrum.nl", "")),
        ("welzijn.nl/dorpshuis", ("welzijn.nl", "dorpshuis")),
        ("facebook.com/groups/zorgulrum", ("facebook.com/zorgulrum", "")),
        ("https://www.facebook.com/", ("", "")),
        ("zorgulrum.wordpress.com", ("zorgulrum.wordpress.com", "")),
        ("shop.example.co.uk", ("example.co.uk", "")),
    ],
)
def test_websites(text, site):
    """The part that one owner has: of a site that many share, the page or the name under it."""
    assert normalise.website(text) == site


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Dorpsstraat 12-a", ("dorpsstr", "12")),
        ("Plein 1944 12", ("pln 1944", "12")),
        ("2e Hoofdweg 3", ("2e hoofdweg", "3")),
        ("435 S. La Cienega Blvd.", ("s la cienega blv", "435")),
        ("Kerkweg", ("kerkweg", "")),
        ("12", ("", "12")),
    ],
)
def test_addresses(text, form):
    """Street and number, the number before or behind."""
    assert normalise.address(text) == form


@pytest.mark.parametrize(
    ("text", "form"), [("3705 xx", ("3705", "")), ("3705", ("3705", "")), ("3705ab", ("3705", "3705AB"))]
)
def test_postcodes(text, form):
    """Masked letters give the four digits only."""
    assert normalise.postcode(text) == form


def test_placeholders_are_not_known():
    """A registration number of zeros and a role where a person is asked are no identity."""
    assert normalise.kvk("00000000") == ""
    assert normalise.person("de secretaris") == ()
    assert normalise.person("mevr. A. de Vries") == ("a", "vries")


@pytest.mark.parametrize(
    ("said", "place", "municipality"),
    [
        (("Ulrum", "De Marne", None), "ulrum", "GM1966"),
        (("'s-Gravenhage", None, None), "s gravenhage", "GM0518"),
        (("Den Haag", None, "2511 AB"), "s gravenhage", "GM0518"),
        ((None, "Loppersum", None), "", "GM1979"),
        ((None, None, "3705 xx"), "", "GM0355"),
        (("Los Angeles", None, None), "los angeles", ""),
        (("Bergen", None, None), "bergen", ""),
    ],
)
def test_whereabouts(said, place, municipality):
    """Former municipalities read as the present one; what is abroad or ambiguous stays text."""
    found = whereabouts.find(*said)
    assert (found.place, found.municipality) == (place, municipality)
