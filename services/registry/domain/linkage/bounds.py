"""The most that comparing two claims can give, for a fraction of what comparing costs.

Of the candidates that share a key, nearly all share a word or a village and nothing else. Here each piece of evidence counts
for the most that it could be worth, and of what speaks against only what is certain: never less than `matching.compare` finds.
Only the values of the one claim need be counted in the frequencies: what both have is as rare as what the one has, and of two
that are alike the less rare counts.
"""

from math import inf

from rapidfuzz.distance import OSA

from services.registry.domain.features import Features
from services.registry.domain.linkage.contacts import alike_persons, near_sites
from services.registry.domain.linkage.frequencies import Frequencies
from services.registry.domain.linkage.names import WEIGHTS, align, is_code
from services.registry.domain.linkage.places import MOST, alike_places, alike_streets, local_words
from services.registry.domain.normalise import initials, tokens, whole_name


def most_bits(one: Features, other: Features, frequencies: Frequencies, even: float) -> float:
    """The bits that all evidence together can give at most, the prior not in it; infinite where both have a value that identifies.

    `frequencies` hold the values of `one`. `even` is the bits that bring two claims taken at random to even odds.
    """
    if _identified(one, other):
        return inf
    around = _where(one, other, frequencies) + _nearly(one, other, frequencies)
    return around + _others(one, other, frequencies) + _names(one, other, frequencies, even)


def _identified(a: Features, b: Features) -> bool:
    return bool(
        (a.phone and a.phone == b.phone)
        or (a.mail and a.mail == b.mail)
        or (a.kvk and a.kvk == b.kvk)
        or (a.site and a.site in (b.site, b.mail_domain))
        or (a.mail_domain and a.mail_domain in (b.site, b.mail_domain))
    )


def _where(a: Features, b: Features, frequencies: Frequencies) -> float:
    """Place and street."""
    if a.postcode and a.postcode == b.postcode:
        where = min(frequencies.rarity(f"6:{a.postcode}"), MOST - 3)
    elif a.pc4 and a.pc4 == b.pc4:
        where = min(frequencies.rarity(f"z:{a.pc4}"), 9.5)
    elif alike_places(a.place, b.place):
        where = min(frequencies.rarity(f"l:{a.place}"), 9.0)
    elif a.municipality and a.municipality == b.municipality:
        where = min(frequencies.rarity(f"g:{a.municipality}"), 8.0)
    else:
        where = 0.0
    if not a.street or not b.street:
        return where
    if not alike_streets(a.street, b.street):
        return where - 2.0
    street = min(frequencies.rarity(f"s:{a.street}"), 7.0)
    if a.number and a.number == b.number:
        street += 4.0
    return max(min(where + street, MOST), where + 1.0)


def _nearly(a: Features, b: Features, frequencies: Frequencies) -> float:
    """Contacts that are nearly the same. Others are more than even: then it is never asked."""
    bits = 0.0
    if a.phone and b.phone and OSA.distance(a.phone, b.phone, score_cutoff=1) == 1:
        bits += 4.0
    if a.mail and b.mail and OSA.distance(a.mail, b.mail, score_cutoff=1) == 1:
        bits += 7.0
    if a.site and b.site and near_sites(a.site, b.site):
        bits += 6.0
    if a.person and b.person:
        bits += min(frequencies.rarity(f"c:{' '.join(a.person)}"), alike_persons(a.person, b.person))
    if a.kvk and b.kvk:
        bits += 4.0 if OSA.distance(a.kvk, b.kvk, score_cutoff=1) == 1 else -6.0
    return bits


def _others(a: Features, b: Features, frequencies: Frequencies) -> float:
    """Kind, legal form and year."""
    bits = 0.0
    if a.kind and b.kind and "anders" not in {a.kind, b.kind}:
        bits += 1.2 if a.kind == b.kind else -1.0
    if a.legal_form and b.legal_form and "anders" not in {a.legal_form, b.legal_form}:
        bits += 0.5 if a.legal_form == b.legal_form else -1.0
    if a.founded and b.founded:
        years = abs(a.founded - b.founded)
        bits += min(frequencies.rarity(f"f:{a.founded}"), 5.0) if years == 0 else 1.0 if years == 1 else -0.7
    return bits


def _names(one: Features, other: Features, frequencies: Frequencies, even: float) -> float:
    local = local_words(one, other)
    return max((_name(a, b, frequencies, even, local) for a in one.names for b in other.names), default=0.0)


def _name(one: str, other: str, frequencies: Frequencies, even: float, local: frozenset[str] | None) -> float:
    w = WEIGHTS
    mine, theirs = tokens(one), tokens(other)
    if not mine or not theirs:
        return 0.0
    swapped = other < one
    pairs, left_a, left_b = align(theirs, mine) if swapped else align(mine, theirs)
    near = w.word_most if local is None else w.word_most_near
    gains = []
    for x, y, quality in pairs:
        word = y if swapped else x
        if quality < w.misspelt:
            worth = w.code_most if is_code(x) or is_code(y) else near
        elif is_code(word):
            worth = min(frequencies.rarity(f"t:{word}"), w.code_most)
        else:
            most = w.local_most if local is not None and word in local else near
            worth = min(frequencies.rarity(f"t:{word}"), most)
        gains.append(worth * quality)
    gains.sort(reverse=True)
    gain = sum(g * w.fading**i for i, g in enumerate(gains))
    if not left_a and not left_b and all(x == y for x, y, _ in pairs):
        whole = frequencies.rarity(f"n:{whole_name(one)}") if whole_name(one) == whole_name(other) else inf
        return max(min(gain + w.equal_bonus, whole, even + w.equal_over_even), w.equal_bonus)
    if not initials(other).isdisjoint(mine) or not initials(one).isdisjoint(theirs):
        return max(gain, w.abbreviation)
    over = w.code_over_even if any(is_code(x) for x, _, _ in pairs) else w.like_over_even
    around = local or frozenset()
    alone = [t for t in (left_b if swapped else left_a) if t not in around]
    against = 0.0
    if alone and any(t not in around for t in (left_a if swapped else left_b)):
        costs = sorted((min(_plain(t, frequencies) * w.instead, w.instead_most) for t in alone), reverse=True)
        against = min(sum(c * 0.7**i for i, c in enumerate(costs)), w.most_against)
    return min(gain, even + over) - against


def _plain(token: str, frequencies: Frequencies) -> float:
    return min(frequencies.rarity(f"t:{token}"), WEIGHTS.code_most if is_code(token) else WEIGHTS.word_most)
