"""What of a claim is compared, in comparing form, and the keys by which claims that may be the same find each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from services.registry.domain import normalise
from services.registry.domain.linkage import whereabouts
from shared.events.partner import InitiativeReported

VERSION = 1
"""Of the comparing form and the keys. Raise it with every change to them: what is stored under another is made anew."""


@dataclass(frozen=True, slots=True)
class Features:
    """One claim in comparing form; empty means not known. Holds personal data: it is kept and erased with the claim.

    `names` are folded names, the initiative's own first. `place` is the present official name of a place in the
    Netherlands where one is certain, else the folded text; `municipality` likewise a CBS code, else folded text.
    `point` is (latitude, longitude) of the postcode area or place.
    """

    names: tuple[str, ...] = ()
    place: str = ""
    municipality: str = ""
    pc4: str = ""
    postcode: str = ""
    point: tuple[float, float] | None = None
    street: str = ""
    number: str = ""
    phone: str = ""
    mail: str = ""
    mail_domain: str = ""
    site: str = ""
    page: str = ""
    person: tuple[str, ...] = ()
    kvk: str = ""
    founded: int | None = None
    kind: str = ""
    legal_form: str = ""


def features(data: InitiativeReported) -> Features:
    """The comparing form of a claim. Never raises: what cannot be read counts as not known."""
    contact = data.contact
    mail, mail_domain = normalise.mail(contact.email if contact else None)
    site, page = normalise.website(data.website)
    street, number = normalise.address(data.address)
    where = whereabouts.find(data.place, data.municipality, data.postcode)
    return Features(
        names=tuple(dict.fromkeys(" ".join(normalise.words(n)) for n in (data.name, *data.other_names)).keys() - {""}),
        place=where.place,
        municipality=where.municipality,
        pc4=where.pc4,
        postcode=where.postcode,
        point=where.point,
        street=street,
        number=number,
        phone=normalise.phone(contact.phone if contact else None),
        mail=mail,
        mail_domain=mail_domain,
        site=site,
        page=page,
        person=normalise.person(contact.person if contact else None),
        kvk=normalise.kvk(data.kvk_number),
        founded=data.founded,
        kind=data.kind or "",
        legal_form=data.legal_form or "",
    )


def to_json(one: Features) -> dict[str, Any]:
    """As it is stored: without what is not known."""
    known = ((name, getattr(one, name)) for name in Features.__slots__)
    return {name: value for name, value in known if value not in ("", None, ())}


def from_json(stored: dict[str, Any]) -> Features:
    """What `to_json` made; what an older VERSION had besides is left out."""
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in stored.items()
        if name in Features.__slots__
    }
    return Features(**known)


# --- keys ----------------------------------------------------------------------------------------------------------

NAME_TOKENS = 6
"""So many words of each name make keys: the longest, which are seldom the common ones."""

NAMES = 4
"""So many names of a claim make keys."""

A_BATCH = 1_024
"""Of so many claims keys and values are remembered while they are written down, looked for and counted."""


@lru_cache(maxsize=A_BATCH)
def values(one: Features) -> frozenset[str]:
    """The values whose frequency in the registry says how much agreement on them is worth."""
    found = {f"t:{t}" for name in one.names for t in normalise.tokens(name)}
    found |= {f"n:{normalise.whole_name(name)}" for name in one.names}
    found |= {
        f"{kind}:{value}"
        for kind, value in (
            ("l", one.place),
            ("g", one.municipality),
            ("z", one.pc4),
            ("6", one.postcode),
            ("s", one.street),
            ("p", one.phone),
            ("m", one.mail),
            ("w", one.site),
            ("w", one.mail_domain),
            ("k", one.kvk),
            ("c", " ".join(one.person)),
            ("f", one.founded and str(one.founded)),
            ("a", f"{one.street} {one.number}" if one.street and one.number else ""),
        )
        if value
    }
    return frozenset(found)


@lru_cache(maxsize=A_BATCH)
def blocking_keys(one: Features) -> frozenset[str]:
    """The keys under which a claim is found by others that may be the same; at most some dozens.

    Identifying values alone; words of the name alone (telling when rare), in pairs, and with the place or postcode,
    also in a spelling-proof form. A key that too many claims share is skipped when looking (`store.candidates`), so
    there are always narrower ones beside the wide.
    """
    keys = {
        f"{kind}:{value}"
        for kind, value in (
            ("p", one.phone),
            ("m", one.mail),
            ("w", one.site),
            ("w", one.mail_domain),
            ("k", one.kvk),
            ("6", one.postcode and f"{one.postcode} {one.number}"),
            ("a", one.street and one.number and f"{one.street} {one.number} {_area(one)}"),
            ("a", one.street and one.number and f"{one.street} {one.number}"),
            ("z", one.pc4),
            ("l", one.place),
        )
        if value
    }
    areas = {a for a in (one.municipality, one.place, one.pc4) if a}
    for name in one.names[:NAMES]:
        telling = sorted(normalise.tokens(name), key=lambda t: (-len(t), t))[:NAME_TOKENS]
        keys |= {f"t:{t}" for t in telling}
        keys |= {f"tt:{a} {b}" for a, b in combinations(sorted(telling[:4]), 2)}
        keys |= {f"t:{i}" for i in normalise.initials(name)}
        keys.add(f"n:{''.join(sorted(normalise.tokens(name)))}")
        for area in areas:
            keys |= {f"ta:{t} {area}" for t in telling[:4]}
            keys |= {f"sa:{skeleton(t)} {area}" for t in telling[:3] if len(t) >= 4}
        keys |= {f"sk:{skeleton(t)}" for t in telling[:2] if len(t) >= 6}
    return frozenset(keys)


def _area(one: Features) -> str:
    return one.pc4 or one.place or one.municipality


_SOUNDS = str.maketrans(
    {"c": "k", "q": "k", "x": "k", "z": "s", "v": "f", "y": None, "j": None, "d": "t", "h": None, "w": None}
) | {ord(v): None for v in "aeiou"}


@lru_cache(maxsize=16_384)
def skeleton(token: str) -> str:
    """The first letter and the consonants that follow, sounding alike as one: stays the same under most misspellings."""
    sounds = token[1:].replace("ph", "f").replace("sch", "s").translate(_SOUNDS)
    kept: Iterable[str] = (c for i, c in enumerate(sounds) if i == 0 or c != sounds[i - 1])
    return token[:1].translate(str.maketrans("czvx", "ksfk")) + "".join(kept)
