"""Which column a heading means, however people shorten, order and decorate it: "Lid nr.", "tel.nr contactpersoon", "# leden"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from shared.events.partner import SurveyResponseSubmitted

from .cells import plain
from .columns import COLUMNS, IGNORED, Spec

_LONGEST = 200
_BETWEEN = {
    "van", "het", "de", "een", "en", "of", "v", "d", "vd", "the", "and", "uw", "jouw", "je", "ons", "onze", "in", "is", "naar", "s", "svp",
}  # fmt: skip
"""Words without which a heading says the same."""
_SHORT: Mapping[str, str] = {
    **dict.fromkeys(("nr", "nrs", "no", "num", "nmr", "numero"), "nummer"),
    **dict.fromkeys(("tel", "telef", "fon"), "telefoon"),
    **dict.fromkeys(("mob", "mobile", "mobiele"), "mobiel"),
    **dict.fromkeys(("aant", "hoeveel", "totaal"), "aantal"),
    **dict.fromkeys(("vrijw", "vrijwillers"), "vrijwilligers"),
    **dict.fromkeys(("cp", "contactpers", "contactp"), "contactpersoon"),
    **dict.fromkeys(("org", "organisaties"), "organisatie"),
    **dict.fromkeys(("init", "initatief"), "initiatief"),
    **dict.fromkeys(("telnr", "telno"), "telefoonnummer"),
    "gem": "gemeente",
    "pers": "persoon",
    "reg": "registratie",
    "vest": "vestigings",
    "postc": "postcode",
    "cooperatie": "coöperatie",
    "emailadres": "email",
    "mailadres": "email",
    "mail": "email",
}
"""Words as they are shortened, or another word for the same."""
_ENDING = re.compile(r"(?<=[a-z]{3})(nr|no)$")
"""lidnr, telnr, kvknr."""
_NUMBER_SIGN = re.compile(r"^\s*#\s*(?=\w)")
_OF_THE_CONTACT = {
    "contact", "contactpersoon", "algemeen", "algemene", "vast", "overdag", "1", "2", "1e", "2e", "eerste", "tweede", "zakelijk", "werk",
}  # fmt: skip
_OF_THE_INITIATIVE = {
    "initiatief", "organisatie", "stichting", "vereniging", "lid", "vestiging", "vestigings", "bezoekadres", "bezoek", "adres", "locatie",
    "algemeen", "algemene", "officieel",
}  # fmt: skip
_MAY_LOSE: Mapping[str, set[str]] = {
    "/data/contact/email": _OF_THE_CONTACT | _OF_THE_INITIATIVE,
    "/data/contact/phone": _OF_THE_CONTACT | _OF_THE_INITIATIVE,
    **dict.fromkeys(
        (
            "/data/externalId",
            "/data/kind",
            "/data/phase",
            "/data/website",
            "/data/place",
            "/data/postcode",
            "/data/founded",
        ),
        _OF_THE_INITIATIVE,
    ),
}
"""Words that say whose it is, by the field of which that may be left out: "Postcode vestiging" is the postcode, but "Contact
gemeente" is no municipality."""


@cache
def by_heading(kind: str) -> Mapping[str, Spec]:
    """Every heading (as `plain` gives it) of the columns for an event type. The first column to claim a heading has it."""
    found: dict[str, Spec] = {}
    for spec in (*COLUMNS[kind](), IGNORED):
        for name in (*spec.title, spec.pointer.removeprefix("/data/"), spec.pointer.rpartition("/")[2]):
            if name and not spec.joins:
                found.setdefault(plain(name), spec)
    for spec in COLUMNS[kind]():
        for name in (*spec.title, *spec.names):
            found.setdefault(plain(name), spec)
    return found


@cache
def _by_words(kind: str) -> Mapping[str, Spec]:
    """The same headings by their words in full: in their order as one, and in the order of the alphabet."""
    found: dict[str, Spec] = {}
    for spec in (*COLUMNS[kind](), IGNORED):
        for name in (*spec.title, *spec.names):
            for key in _keys(words(name)):
                found.setdefault(key, spec)
    return found


def words(heading: str) -> list[str]:
    """The words of a heading, written in full, without those that say nothing."""
    text = _NUMBER_SIGN.sub("aantal ", heading.casefold())
    text = re.sub(r"\be[\s-]+(mail|post)", r"e\1", text.replace("k.v.k", "kvk").replace("t.a.v", "tav"))
    found = []
    for part in re.findall(r"[^\W_]+", text):
        whole = _ENDING.sub("nummer", _SHORT.get(part, part))
        if whole not in _BETWEEN:
            found.append(whole)
    return found


def _keys(parts: Sequence[str]) -> Iterator[str]:
    if parts:
        yield plain("".join(parts))
        yield " ".join(sorted(plain(part) for part in parts))


@lru_cache(maxsize=4096)
def recognise(heading: str, kind: str) -> Spec | None:
    """The column that a heading names: as it is, without what stands between brackets, by its words, or by its first word when
    that is a question's code."""
    known = by_heading(kind)
    text = heading.strip()[:_LONGEST]
    tries = [text, re.sub(r"\(.*?\)|\[.*?\]", "", text), text.partition("(")[0]]
    if kind == SurveyResponseSubmitted.type and (first := re.match(r"[A-K]\d?(\.[\w-]+)*(?=$|[\s:.)])", text)):
        tries.insert(0, first[0])
    for one in tries:
        if (spec := known.get(plain(one))) and plain(one):
            return spec
    return next((spec for one in dict.fromkeys(tries) if (spec := _by_its_words(one, kind))), None)


def _by_its_words(text: str, kind: str) -> Spec | None:
    known, parts = _by_words(kind), words(text)
    for key in _keys(parts):
        if spec := known.get(key):
            return spec
    for pointer, idle in _MAY_LOSE.items():
        fewer = [part for part in parts if part not in idle]
        if 0 < len(fewer) < len(parts):
            found = next((spec for key in _keys(fewer) if (spec := known.get(key))), None)
            if found and found.pointer == pointer:
                return found
    return None
