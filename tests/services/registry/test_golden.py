"""The golden record: whose word each field is, and when an initiative is closed."""

from datetime import UTC, datetime, timedelta

from services.registry.domain.claims import Claim
from services.registry.domain.contacts import ClaimContact, ConsentSaid
from services.registry.domain.golden import Known, OwnStatement, golden_record, merged_state

MONDAY = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)


def claim(partner: str, *, days: int = 0, withdrawn: str | None = None, **fields) -> Claim:
    at = MONDAY + timedelta(days=days)
    said = {"externalId": "1", "name": f"Zorgzaam volgens {partner}", "locationPrecision": "postcode", **fields}
    return Claim(partner, "1", "i", said, at, at, withdrawn)


def own(*, days: int = 0, **fields) -> OwnStatement:
    return OwnStatement(f"r{days}", MONDAY + timedelta(days=days), fields)


def test_newest_partner_goes_first():
    """Of partners that merely know an initiative, the newest change counts."""
    record = golden_record(Known([claim("omzien", days=1), claim("zorgnet", days=2)]))
    assert record.state["name"] == "Zorgzaam volgens zorgnet"
    assert record.sources["name"] == "partner:zorgnet/1"


def test_a_missing_field_comes_from_the_next():
    """What the first source does not say, the next may; each field tells whose word it is."""
    record = golden_record(Known([claim("omzien", kind="stadsdorp"), claim("zorgnet", days=2)]))
    assert record.state["kind"] == "stadsdorp"
    assert record.sources == {"name": "partner:zorgnet/1", "kind": "partner:omzien/1"}


def test_own_partner_goes_before_a_newer_one():
    """The only partner of which it is a member goes before others, even if these are newer."""
    record = golden_record(Known([claim("omzien", memberSince="2020-01-01"), claim("zorgnet", days=2)]))
    assert record.state["name"] == "Zorgzaam volgens omzien"


def test_two_memberships_make_neither_the_own_partner():
    """With two memberships and none named by the initiative, the newest counts again."""
    both = [claim("omzien", memberSince="2020-01-01"), claim("zorgnet", days=2, memberSince="2021-01-01")]
    assert golden_record(Known(both)).state["name"] == "Zorgzaam volgens zorgnet"


def test_the_named_membership_is_the_own_partner():
    """The network that the initiative itself names is its own, whoever else counts it as a member."""
    both = [claim("omzien"), claim("zorgnet", days=2, memberSince="2021-01-01")]
    record = golden_record(Known(both, [own(memberships=["omzien"])]))
    assert record.state["name"] == "Zorgzaam volgens omzien"


def test_the_initiative_itself_goes_first_and_its_newest_word_before_older_ones():
    """What an initiative says of itself stands above what any partner says."""
    statements = [own(days=1, name="Oud"), own(days=3, name="Nieuw"), own(days=4, kind="stadsdorp")]
    record = golden_record(Known([claim("omzien", days=9)], statements))
    assert (record.state["name"], record.state["kind"]) == ("Nieuw", "stadsdorp")
    assert record.sources["name"] == "initiative:r3"


def test_withdrawn_claims_do_not_speak_while_another_is_live():
    """A partner that withdrew its claim is no longer heard, nor a membership; its number still resolves."""
    record = golden_record(Known([claim("omzien"), claim("zorgnet", days=2, withdrawn="vergissing", kind="stadsdorp")]))
    assert record.state["name"] == "Zorgzaam volgens omzien"
    assert "kind" not in record.state
    assert record.state["memberships"] == ["omzien"]
    assert [c["partner"] for c in record.state["claims"]] == ["omzien", "zorgnet"]


def test_closed_when_the_last_claim_is_withdrawn():
    """When no partner lists an initiative any longer it is closed, keeps its name, and is not shown or written to."""
    gone = claim("omzien", withdrawn="gestopt")
    contact = ClaimContact(None, "info@burenhulp.example", published=True)
    listed = [ConsentSaid("op-de-kaart", given=True, at=MONDAY)]
    record = golden_record(Known([gone], consents=listed, contacts={gone.key: contact}))
    assert (record.state["status"], record.state["listed"], record.contact.email) == ("closed", False, None)
    assert record.state["name"] == "Zorgzaam volgens omzien"


def test_leaving_a_network_does_not_close_who_speaks_for_itself():
    """An initiative that spoke for itself and merely left its network goes on without one."""
    left = claim("omzien", withdrawn="verlaat-netwerk")
    assert golden_record(Known([left], [own(name="Wij")])).state["status"] == "active"
    assert golden_record(Known([left])).state["status"] == "closed"
    stopped = claim("omzien", withdrawn="gestopt")
    assert golden_record(Known([stopped], [own(name="Wij")])).state["status"] == "closed"


def test_location_is_one_source():
    """Place, postcode and municipality come from one source; others add to it only within the same municipality."""
    here = claim("omzien", days=3, place="Zeist", municipality="Zeist")
    same = claim("zorgnet", days=2, postcode="3705 xx")
    elsewhere = claim("landelijk", days=1, place="Bilthoven", postcode="3721")
    state = golden_record(Known([here, same, elsewhere])).state
    assert (state["place"], state["municipality"], state["province"], state["pc4"]) == (
        "Zeist",
        "GM0355",
        "PV26",
        "3705",
    )
    assert "pc4" not in golden_record(Known([here, elsewhere])).state


def test_location_no_more_precise_than_wished():
    """Who wants to be shown by municipality only has neither place nor postcode in the public state."""
    shy = claim("omzien", place="Zeist", postcode="3705", locationPrecision="gemeente")
    state = golden_record(Known([shy, claim("zorgnet", days=2, place="Zeist", postcode="3705")])).state
    assert state["locationPrecision"] == "gemeente"
    assert state["municipality"] == "GM0355"
    assert not {"place", "pc4"} & state.keys()


def test_own_wish_about_precision_goes_before_partners():
    """The initiative's own wish about the precision counts, not the least precise of its partners."""
    shy = claim("omzien", place="Zeist", locationPrecision="gemeente")
    assert golden_record(Known([shy], [own(locationPrecision="postcode")])).state["place"] == "Zeist"


def test_other_names_are_gathered_once():
    """All other names are kept, whatever their capitals, without the name itself."""
    names = [
        claim("omzien", days=2, name="Zorgzaam Zeist", otherNames=["ZZ", "Zeist Zorgt"]),
        claim("zorgnet", otherNames=["zz", "ZORGZAAM ZEIST"]),
    ]
    assert golden_record(Known(names)).state["otherNames"] == ["ZZ", "Zeist Zorgt"]


def test_listed_by_the_newest_word():
    """The newest word about being on the map counts, whether it came by the survey or by a partner."""
    one = claim("omzien")
    yes = ConsentSaid("op-de-kaart", given=True, at=MONDAY)
    no = ConsentSaid("op-de-kaart", given=False, at=MONDAY + timedelta(days=1))
    contact = {one.key: ClaimContact(None, None, published=False, consents=(yes,))}
    assert golden_record(Known([one], contacts=contact)).state["listed"] is True
    assert golden_record(Known([one], contacts=contact, consents=[no])).state["listed"] is False
    assert golden_record(Known([one])).state["listed"] is False


def test_merged_state_names_where_it_went():
    """A merged initiative keeps its name, points to the other, and is no longer listed or spoken of."""
    state = merged_state(golden_record(Known([claim("omzien")])).state, "other")
    assert (state["status"], state["mergedInto"], state["listed"], state["claims"]) == ("merged", "other", False, [])
    assert state["name"] == "Zorgzaam volgens omzien"
