"""How much two names speak for or against being of the same initiative.

The words of both are laid side by side: equal, misspelt, written as one word or two, abbreviated. A word that both have
counts by its rarity (soft TF-IDF: Cohen, Ravikumar & Fienberg 2003); a word that only one has counts against, more so
if the other has another word instead, and most if those are two place names or two numbers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from services.registry.domain.linkage.frequencies import Frequencies
from services.registry.domain.linkage.vocabulary import BRANCHES, SECOND_PARTS
from services.registry.domain.normalise import initials, tokens, whole_name
from shared import geo


@dataclass(frozen=True, slots=True)
class NameMatch:
    """Bits for and against; the words both have, and those that only the one or the other has.

    `doubtful`: what tells the names apart may be another word (De Proef, De Proeftuin), however alike.
    """

    gain: float = 0.0
    against: float = 0.0
    shared: tuple[str, ...] = ()
    only_one: tuple[str, ...] = ()
    only_other: tuple[str, ...] = ()
    equal: bool = False
    abbreviated: bool = False
    doubtful: bool = False

    @property
    def bits(self) -> float:
        """For, less against."""
        return self.gain - self.against


@dataclass(frozen=True, slots=True)
class Weights:
    """In bits, or as a share of a word's rarity. Set by the scores on varied public linkage data, not on one list."""

    word_most: float = 10.5
    word_most_near: float = 7.0
    fading: float = 0.75
    misspelt: float = 0.75
    misspelt_cost: float = 1.0
    joined: float = 0.9
    cut_short: float = 0.5
    initial: float = 0.25
    within: float = 0.35
    local_most: float = 1.0
    equal_bonus: float = 2.5
    missing: float = 0.22
    missing_most: float = 2.2
    in_front: float = 2.0
    behind: float = 0.8
    instead: float = 0.42
    instead_most: float = 3.5
    telling: float = 1.0
    other_place: float = 3.0
    other_number: float = 2.5
    branch: float = 2.5
    abbreviation: float = 7.0
    most_against: float = 11.0
    equal_over_even: float = 3.0
    like_over_even: float = -1.0
    code_over_even: float = 2.0
    code_most: float = 14.0


WEIGHTS = Weights()


def compare_names(
    one: Iterable[str], other: Iterable[str], frequencies: Frequencies, even: float, local: frozenset[str] | None = None
) -> NameMatch | None:
    """The best match between any name of the one and any of the other; None when either has none.

    `even` is the bits that bring two claims taken at random to even odds. `local` are the words for where both are, None when
    they are not near each other: that both names hold such a word says little more, and of any rare word less than
    elsewhere, because it may be the name of the neighbourhood.
    """
    matches = [_compare(min(a, b), max(a, b), frequencies, even, local) for a in one for b in other]
    return max(matches, key=lambda m: (m.bits, m.shared), default=None)


def _compare(one: str, other: str, frequencies: Frequencies, even: float, local: frozenset[str] | None) -> NameMatch:
    w = WEIGHTS
    a, b = tokens(one), tokens(other)
    if not a or not b:
        return NameMatch()

    most, around = (w.word_most, frozenset[str]()) if local is None else (w.word_most_near, local)

    def plain(token: str) -> float:
        return min(frequencies.rarity(f"t:{token}"), w.code_most if is_code(token) else w.word_most)

    def rarity(token: str) -> float:
        if is_code(token):
            return plain(token)
        return min(plain(token), w.local_most if token in around else most)

    pairs, left_a, left_b = align(a, b)
    gains: list[float] = []
    for x, y, quality in pairs:
        worth = min(rarity(x), rarity(y)) if quality >= w.misspelt else max(rarity(x), rarity(y))
        gains.append(worth * quality - (w.misspelt_cost if quality == w.misspelt else 0.0))
    gain = sum(g * w.fading**i for i, g in enumerate(sorted(gains, reverse=True)))
    shared, only_a, only_b = tuple(x for x, _, _ in pairs), tuple(left_a), tuple(left_b)
    if not left_a and not left_b and all(x == y for x, y, _ in pairs):
        whole = frequencies.rarity(f"n:{whole_name(one)}")
        gain = max(min(gain + w.equal_bonus, whole, even + w.equal_over_even), w.equal_bonus)
        return NameMatch(gain, 0.0, shared, equal=True)
    if (set(a) & initials(other)) or (set(b) & initials(one)):
        return NameMatch(max(gain, w.abbreviation), 0.0, shared, only_a, only_b, abbreviated=True)
    against = min(_against(a, b, left_a, left_b, plain, around), w.most_against)
    over = w.code_over_even if any(is_code(t) for t in shared) else w.like_over_even
    return NameMatch(min(gain, even + over), against, shared, only_a, only_b, doubtful=_doubtful(pairs, plain))


def _against(
    one: tuple[str, ...],
    other: tuple[str, ...],
    left_one: list[str],
    left_other: list[str],
    rarity: Callable[[str], float],
    local: frozenset[str],
) -> float:
    """Bits against for the words that stand alone. Words for where both are weigh nothing: the other may leave them out."""
    w = WEIGHTS
    a = [t for t in left_one if t not in local]
    b = [t for t in left_other if t not in local]
    if a and b:
        costs = [min(rarity(t) * w.instead, w.instead_most) for t in (*a, *b)]
    else:
        whole = one if a else other
        costs = [min(rarity(t) * w.missing, w.missing_most) * _place_in_name(t, whole, a or b) for t in (*a, *b)]
    costs.sort(reverse=True)
    against = sum(c * 0.7**i for i, c in enumerate(costs))
    if any(is_place(t) for t in a) and any(is_place(t) for t in b):
        against += w.other_place
    if any(t.isdigit() or is_code(t) for t in a) and any(t.isdigit() or is_code(t) for t in b):
        against += w.other_number
    if not BRANCHES.isdisjoint(a) or not BRANCHES.isdisjoint(b):
        against += w.branch
    return against


def _doubtful(pairs: Iterable[tuple[str, str, float]], rarity: Callable[[str], float]) -> bool:
    """Whether the rarest word that both have goes on, in the one, with a word that makes another of it."""
    w = WEIGHTS
    firm = max((min(rarity(x), rarity(y)) for x, y, _ in pairs if not goes_on(x, y)), default=0.0)
    return any(min(rarity(x), rarity(y)) > firm + w.telling for x, y, _ in pairs if goes_on(x, y))


def goes_on(one: str, other: str) -> bool:
    """Whether one word is the other and a second part: proef, proeftuin; zon, zonnebloem."""
    short, long = sorted((one, other), key=len)
    if len(short) < 3 or not long.startswith(short):
        return False
    rest = long[len(short) :]
    return any(rest.removeprefix(link) in SECOND_PARTS for link in ("", "s", "e", "n", "en", "ne"))


def _place_in_name(token: str, whole: tuple[str, ...], alone: list[str]) -> float:
    """A word before the name makes another thing of it (the garden of the community centre); behind it stands a motto."""
    w = WEIGHTS
    shared = [i for i, t in enumerate(whole) if t not in alone]
    at = whole.index(token)
    if shared and at < shared[0]:
        return w.in_front
    return w.behind if shared and at > shared[-1] else 1.0


@lru_cache(maxsize=65_536)
def is_code(token: str) -> bool:
    """Whether a word is made to identify: a type or registration number such as ezxs88w."""
    return len(token) >= 4 and any(c.isdigit() for c in token) and (any(c.isalpha() for c in token) or len(token) >= 6)


@lru_cache(maxsize=65_536)
def is_place(token: str) -> bool:
    """Whether a word is the name of a place in the Netherlands (words such as Best and Ede are, too)."""
    return len(token) > 3 and bool(geo.find_place(token))


def align(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[list[tuple[str, str, float]], list[str], list[str]]:
    """Which word of `a` stands for which of `b`, how well (1 is equal), and the words of each that stand alone."""
    in_b = set(b)
    pairs = [(t, t, 1.0) for t in a if t in in_b]
    equal = {t for t, _, _ in pairs}
    left_a = [t for t in a if t not in equal]
    left_b = [t for t in b if t not in equal]
    if left_a and left_b:
        _joined(left_a, left_b, pairs, swapped=False)
        _joined(left_b, left_a, pairs, swapped=True)
    if left_a and left_b:
        found = sorted(((likeness(x, y), x, y) for x in left_a for y in left_b), key=lambda f: (-f[0], f[1], f[2]))
        for quality, x, y in found:
            if quality > 0 and x in left_a and y in left_b:
                pairs.append((x, y, quality))
                left_a.remove(x)
                left_b.remove(y)
    return pairs, left_a, left_b


def _joined(whole: list[str], parts: list[str], pairs: list[tuple[str, str, float]], *, swapped: bool) -> None:
    """A word of the one that the other writes as two: buurthulp, buurt hulp."""
    for word in tuple(whole):
        for i in range(len(parts) - 1):
            if word == parts[i] + parts[i + 1]:
                pairs.append(
                    (parts[i] + parts[i + 1], word, WEIGHTS.joined) if swapped else (word, word, WEIGHTS.joined)
                )
                whole.remove(word)
                del parts[i : i + 2]
                break


@lru_cache(maxsize=262_144)
def likeness(x: str, y: str) -> float:  # noqa: PLR0911 (a ladder of likenesses)
    """How well two different words stand for each other: a misspelling, a shortened form, an initial, one within the other."""
    w = WEIGHTS
    if x > y:
        return likeness(y, x)
    short, long = sorted((x, y), key=len)
    if any(c.isdigit() for c in x + y):
        return 0.0  # 2 and 3, mk2 and mk3 are no misspellings of each other
    if len(short) == 1:
        return w.initial if long.startswith(short) else 0.0
    allowed = 0 if len(short) < 4 else 1 if len(long) < 8 else 2
    distance = OSA.distance(x, y, score_cutoff=allowed)
    if 0 < distance <= allowed and (len(short) > 4 or x[0] == y[0]):
        return w.misspelt
    if len(short) >= 6 and JaroWinkler.similarity(x, y) >= 0.93:
        return w.misspelt
    if len(short) >= 3 and long.startswith(short):
        return w.cut_short
    if len(short) >= 5 and short in long:
        return w.within
    if len(short) <= 4 and len(long) >= 8 and _abbreviates(short, long):
        return w.initial
    return 0.0


def _abbreviates(short: str, long: str) -> bool:
    """Whether the letters of `short` stand in `long` in that order, from the first on: bhk, buurthuiskamer."""
    if short[0] != long[0]:
        return False
    rest = iter(long)
    return all(c in rest for c in short)
