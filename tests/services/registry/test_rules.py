"""Small rules of the registry: what is news, who may be written to, what partners' answers amount to, where something is."""

from datetime import UTC, datetime, timedelta

import pytest

from services.registry.domain.answers import agreement
from services.registry.domain.claims import Held, news, warnings
from services.registry.domain.contacts import ClaimContact, ConsentSaid, Reachable, choose_contact, permissions
from services.registry.domain.location import doubts, locate
from services.registry.domain.statements import usable
from shared.events.content import content_hash
from shared.events.partner import InitiativeReported

NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
SAME, OTHER = b"same", b"other"


@pytest.mark.parametrize(
    ("held", "sha256", "at", "expected"),
    [
        (None, SAME, NOW, "new"),
        (Held("i", SAME, NOW, withdrawn=False), SAME, LATER, "unchanged"),
        (Held("i", SAME, NOW, withdrawn=False), SAME, EARLIER, "unchanged"),
        (Held("i", SAME, NOW, withdrawn=False), OTHER, LATER, "changed"),
        (Held("i", SAME, NOW, withdrawn=False), OTHER, NOW, "changed"),
        (Held("i", SAME, NOW, withdrawn=False), OTHER, EARLIER, "superseded"),
        (Held("i", SAME, NOW, withdrawn=True), SAME, LATER, "changed"),
        (Held("i", SAME, NOW, withdrawn=True), OTHER, EARLIER, "superseded"),
        (Held("i", SAME, NOW, withdrawn=True), SAME, EARLIER, "unchanged"),
    ],
)
def test_news(held, sha256, at, expected):
    """The same content is no news, an older word comes too late, and a withdrawn claim that is said again is back."""
    assert news(held, sha256, at) == expected


def test_content_hash_ignores_order():
    """The same content in another order is the same; another contact is a change."""
    assert content_hash({"a": 1, "b": 2}, None) == content_hash({"b": 2, "a": 1}, None)
    assert content_hash({"a": 1}, None) != content_hash({"a": 1}, {"email": "x@y.example"})


def test_newest_permission_counts_and_refusal_in_doubt():
    """Of several words about one purpose the newest counts; of two at one moment, the refusal."""
    yes, no = ConsentSaid("loting", given=True, at=NOW), ConsentSaid("loting", given=False, at=NOW)
    assert permissions([yes, ConsentSaid("loting", given=False, at=EARLIER)]) == {"loting"}
    assert permissions([no, yes]) == permissions([yes, no]) == frozenset()


def test_an_address_needs_permission_or_publication():
    """An address without permission is not used; a published one may be invited, unless that was refused."""
    closed = ClaimContact("secretaris", "a@x.example", published=False)
    public = ClaimContact(None, "b@x.example", published=True)
    assert choose_contact([closed], []) == Reachable()
    assert choose_contact([closed, public], []) == Reachable(None, "b@x.example", ("uitnodiging",))
    refused = [ConsentSaid("uitnodiging", given=False, at=NOW)]
    assert choose_contact([public], refused) == Reachable()


def test_permission_opens_the_first_address():
    """With permission, the address of the first partner in precedence is used, for what was allowed."""
    first = ClaimContact("secretaris", "a@x.example", False, (ConsentSaid("nieuwsbrief", given=True, at=NOW),))
    assert choose_contact([first], [ConsentSaid("loting", given=True, at=NOW)]).purposes == ("loting", "nieuwsbrief")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"omzien": "zelfde", "zorgnet": "zelfde"}, "same"),
        ({"omzien": "verschillend", "zorgnet": "verschillend"}, "different"),
        ({"omzien": "zelfde"}, None),
        ({"omzien": "zelfde", "zorgnet": "verschillend"}, None),
        ({"omzien": "onzeker", "zorgnet": "onzeker"}, None),
        ({}, None),
    ],
)
def test_only_full_agreement_decides(answers, expected):
    """All partners asked must say the same; doubt, silence and contradiction are for staff."""
    assert agreement(("omzien", "zorgnet"), answers) == expected


def test_nobody_asked_decides_nothing():
    """A question put to no partner waits for staff."""
    assert agreement((), {}) is None


@pytest.mark.parametrize(
    ("place", "postcode", "municipality", "expected"),
    [
        ("Zeist", None, None, ("GM0355", "PV26")),
        (None, "3705xx", None, ("GM0355", "PV26")),
        (None, None, "gemeente Zeist", ("GM0355", "PV26")),
        ("Loppersum", None, "Loppersum", ("GM1979", "PV20")),
        ("Bergen", None, None, (None, None)),
        ("Bergen", "1861", None, ("GM0373", "PV27")),
        ("Nergenshuizen", None, None, (None, None)),
    ],
)
def test_locate(place, postcode, municipality, expected):
    """A region is found from municipality, postcode or place; a place with namesakes stays undecided."""
    found = locate(place, postcode, municipality)
    assert (found.municipality, found.province) == expected


@pytest.mark.parametrize(
    ("place", "postcode", "municipality", "codes"),
    [
        ("Zeist", "3705", "Zeist", []),
        (None, None, "Loppersum", ["merged-municipality"]),
        (None, None, "Nergenshuizen", ["municipality"]),
        (None, "1000", "Zeist", ["unknown-postcode"]),
        (None, "9999 ZZ", "Zeist", ["postcode-elsewhere"]),
        (None, "9919", "Loppersum", ["merged-municipality"]),
        ("Bergen", None, None, ["no-region"]),
    ],
)
def test_doubts(place, postcode, municipality, codes):
    """A partner hears that a municipality has merged or is unknown, that a postcode is or lies elsewhere, or that no region was found."""
    assert [p.code for p in doubts(place, postcode, municipality)] == codes


def test_contact_without_permission_is_pointed_out():
    """An address with neither permission nor publication is taken, with a warning that nothing will be sent to it."""
    contact: dict[str, object] = {"email": "a@x.example"}
    said = {"externalId": "1", "name": "Burenhulp", "place": "Zeist", "contact": contact}
    assert [p.code for p in warnings(InitiativeReported.model_validate(said), (), year=2026)] == ["no-consent"]
    contact["published"] = True
    assert warnings(InitiativeReported.model_validate(said), (), year=2026) == []


def test_unknown_fields_are_pointed_out():
    """A field that the contract does not know is named, since it is usually misspelt."""
    report = InitiativeReported(external_id="1", name="Burenhulp", place="Zeist")
    assert [(p.code, p.pointer) for p in warnings(report, ("/data/naam",), year=2026)] == [
        ("unknown-field", "/data/naam")
    ]


def test_own_words_of_the_wrong_form_are_left_out():
    """What an initiative says of itself is used as far as it has the right form; the rest is left to others."""
    said = {"name": "Wij", "founded": "lang geleden", "kind": "stadsdorp", "secret": 1, "memberships": ["omzien"]}
    assert usable(said) == {"name": "Wij", "kind": "stadsdorp", "memberships": ["omzien"]}
    assert usable({"place": "Zeist"}) == {"place": "Zeist"}


@pytest.mark.parametrize(("founded", "codes"), [(2026, []), (2027, ["future-year"])])
def test_a_year_of_founding_that_is_still_to_come(founded, codes):
    """A partner is told of a year of founding after the year in which it says so; it is taken all the same."""
    report = InitiativeReported.model_validate({"externalId": "1", "name": "Zorgzaam Ulrum", "founded": founded})
    assert [p.code for p in warnings(report, (), year=2026) if p.code != "no-region"] == codes
