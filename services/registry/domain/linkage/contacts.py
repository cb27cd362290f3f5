"""How much telephone, mail, website, contact person and registration number speak for or against.

Such a value is nearly an identity, unless several initiatives share it: the telephone of a welfare organisation, the site
of a village. So agreement is worth what makes the two, nothing else known, `alone` bits likely to be the same, less for
each further initiative that is known to share it.
"""

from math import log2

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from services.registry.domain.features import Features
from services.registry.domain.linkage.evidence import Part
from services.registry.domain.linkage.frequencies import Frequencies
from services.registry.domain.normalise import tokens

FURTHER = 0.3
"""Share of its weight that each contact value after the strongest adds: who has the one, often has the other."""

MANY = 4
"""A domain of mail addresses only that more initiatives than these share, is a provider's."""


def compare_contacts(
    a: Features, b: Features, frequencies: Frequencies, even: float, *, same_partner: bool = False
) -> list[Part]:
    """`even` is the bits that bring two claims taken at random to even odds: minus the prior."""
    found = [p for p in (_phone(a, b), _mail(a, b), _web(a, b)) if p]
    worth = []
    for part, value in found:
        if value is None:
            worth.append(part)
        else:
            others = frequencies.others(value, same_partner=same_partner)
            if part.compared == "website" and others > MANY and value[2:] not in {a.site, b.site}:
                continue
            worth.append(part.weighing(max(even + part.bits - (log2(others + 1) * 1.5 + 2.0 if others else 0.0), 0.0)))
    if person := _person(a, b, frequencies):
        worth.append(person)
    speaking_for = sorted((p for p in worth if p.bits > 0), key=lambda p: (-p.bits, p.compared))
    speaking_against = sorted((p for p in worth if p.bits <= 0), key=lambda p: (p.bits, p.compared))
    result = [p if i == 0 else p.weighing(p.bits * FURTHER) for i, p in enumerate(speaking_for)]
    against = [p.weighing(p.bits * 0.25) if speaking_for else p for p in speaking_against]
    registered = _kvk(a, b, frequencies, even)
    return [*([registered] if registered else []), *result, *against]


Found = tuple[Part, str | None]
"""A part, and the value agreed on, if that is one that identifies."""


def _phone(a: Features, b: Features) -> Found | None:
    if not a.phone or not b.phone:
        return None
    if a.phone == b.phone:
        return Part("phone", 2.5, "hetzelfde telefoonnummer", "the same telephone number"), f"p:{a.phone}"
    if OSA.distance(a.phone, b.phone) == 1 and len(a.phone) >= 9:
        return Part("phone", 4.0, "een telefoonnummer dat één cijfer scheelt", "a telephone number one digit off"), None
    return Part("phone", -1.0, "een ander telefoonnummer", "another telephone number"), None


def _mail(a: Features, b: Features) -> Found | None:
    if not a.mail or not b.mail:
        return None
    if a.mail == b.mail:
        return Part("email", 3.0, "hetzelfde e-mailadres", "the same mail address"), f"m:{a.mail}"
    if OSA.distance(a.mail, b.mail, score_cutoff=1) == 1:
        return Part("email", 7.0, "een bijna gelijk e-mailadres", "nearly the same mail address"), None
    if a.mail_domain and a.mail_domain == b.mail_domain:
        return None  # counts as the same site
    return Part("email", -0.7, "een ander e-mailadres", "another mail address"), None


GENERAL_PAGES = frozenset({"contact", "over-ons", "nieuws", "about", "wie-zijn-wij"})
"""Pages that a site has, not an initiative on it."""


def _web(a: Features, b: Features) -> Found | None:
    """The site, or the domain of the mail address where a claim gives no site."""
    if a.site and a.site == b.site:
        if a.page and b.page and a.page != b.page and not {a.page, b.page} & GENERAL_PAGES:
            return Part(
                "website", -2.0, "elk een eigen pagina van één website", "pages of their own on one website"
            ), None
        return Part("website", 3.0, f"dezelfde website ({a.site})", f"the same website ({a.site})"), f"w:{a.site}"
    hosts_a, hosts_b = {a.site, a.mail_domain} - {""}, {b.site, b.mail_domain} - {""}
    if shared := sorted(hosts_a & hosts_b):
        return Part("website", 2.0, "hetzelfde internetdomein", "the same internet domain"), f"w:{shared[0]}"
    if not a.site or not b.site:
        return None
    if near_sites(a.site, b.site):
        return Part("website", 6.0, "een bijna gelijke website", "nearly the same website"), None
    return Part("website", -1.2, "een andere website", "another website"), None


def near_sites(one: str, other: str) -> bool:
    """Whether the names of two sites are the same but for their ending, or nearly."""
    x, y = one.partition(".")[0], other.partition(".")[0]
    return x == y or (min(len(x), len(y)) >= 6 and fuzz.ratio(x, y) >= 88)


def own_site(a: Features, b: Features) -> bool:
    """Whether both have a site or mail domain that bears the name of one of them, or one page: then it is nobody else's."""
    if a.site and a.site == b.site and a.page == b.page and a.page and a.page not in GENERAL_PAGES:
        return True
    for shared in {a.site, a.mail_domain} & {b.site, b.mail_domain} - {""}:
        label = shared.rpartition("/")[2].partition(".")[0].replace("-", "")
        for name in (*a.names, *b.names):
            telling = [t for t in tokens(name) if len(t) >= 4]
            if telling and len("".join(telling)) >= 7 and all(t in label for t in telling):
                return True
    return False


def alike_persons(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """The bits at most that two names of contact persons give; 0 for other people."""
    if min(len(one), len(other)) >= 2 and fuzz.token_sort_ratio(" ".join(one), " ".join(other)) >= 90:
        return 8.0
    return 4.0 if one[-1] == other[-1] and one[0][:1] == other[0][:1] else 0.0


def _person(a: Features, b: Features, frequencies: Frequencies) -> Part | None:
    if not a.person or not b.person:
        return None
    most = alike_persons(a.person, b.person)
    if not most:
        return Part("person", -0.3, "een andere contactpersoon", "another contact person")
    bits = min(most, *(frequencies.rarity(f"c:{' '.join(x.person)}") for x in (a, b)))
    if most == 8.0:
        return Part("person", bits, "dezelfde contactpersoon", "the same contact person")
    return Part("person", bits, "bijna dezelfde contactpersoon", "nearly the same name of the contact person")


def _kvk(a: Features, b: Features, frequencies: Frequencies, even: float) -> Part | None:
    if not a.kvk or not b.kvk:
        return None
    if a.kvk == b.kvk:
        bits = even + 5.0 - 3.0 * log2(frequencies.others(f"k:{a.kvk}") + 1)
        return Part("kvk", max(bits, 2.0), "hetzelfde KvK-nummer", "the same Chamber of Commerce number")
    if OSA.distance(a.kvk, b.kvk) == 1:
        return Part("kvk", 4.0, "een KvK-nummer dat één cijfer scheelt", "a Chamber of Commerce number one digit off")
    return Part("kvk", -6.0, "een ander KvK-nummer", "another Chamber of Commerce number")
