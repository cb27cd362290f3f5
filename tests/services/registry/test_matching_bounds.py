"""What is ruled out without comparing, comparing would have found different too."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.domain.features import Features, values
from services.registry.domain.linkage.bounds import most_bits
from services.registry.domain.linkage.frequencies import Count, Frequencies
from services.registry.domain.matching import MatchingSettings, compare, ruled_out
from tests.services.registry.test_matching import CLAIMS, look

SETTINGS = MatchingSettings()
SHARES = st.floats(0, 1).map(lambda share: share**4)


def _counted(one: Features, other: Features, total: int, shares: list[float]) -> Frequencies:
    """Most of the values rare, some held by a share of all claims."""
    every = enumerate(sorted(values(one) | values(other)))
    held = {v: 1 + round(shares[n % len(shares)] * (total - 1)) for n, v in every}
    return Frequencies(total, {v: Count(n, (n + 1) // 2) for v, n in held.items()})


@given(CLAIMS, CLAIMS, st.booleans(), st.sampled_from([2, 1_500, 1_000_000]), st.lists(SHARES, min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_no_comparison_gives_more_than_the_bound(one, other, same_partner, total, shares):
    """Whatever two claims say and however common that is: the bound is not below what comparing finds, also when only the
    values of the one have been counted."""
    every = _counted(one, other, total, shares)
    of_one = Frequencies(total, {v: c for v, c in every.counts.items() if v in values(one)})
    found = compare(one, other, every, SETTINGS, same_partner=same_partner)
    even = -SETTINGS.prior_bits(total)
    assert most_bits(one, other, of_one, even) - even >= found.bits - 1e-9
    if ruled_out(one, other, of_one, SETTINGS, same_partner=same_partner):
        assert found.probability < SETTINGS.perhaps


def test_a_shared_word_and_village_are_ruled_out_where_both_are_common():
    """The bound is of use: two in one village with one common word are not compared in a registry of a million."""
    one = look("Buurthuiskamer De Waaier", place="Ulrum", postcode="9971 AB", contact={"phone": "0595 401234"})
    other = look("Buurthuiskamer Het Anker", place="Ulrum", postcode="9971 CD", contact={"phone": "0595 409876"})
    common = {"t:buurthuiskamer": Count(20_000, 4_000), "z:9971": Count(250, 60), "l:ulrum": Count(250, 60)}
    assert ruled_out(one, other, Frequencies(1_000_000, common), SETTINGS)
    assert not ruled_out(one, one, Frequencies(1_000_000, common), SETTINGS)
