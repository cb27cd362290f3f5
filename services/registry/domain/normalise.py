"""One comparing form for the many ways in which people write the same name, number or address.

Nothing here raises: what cannot be read becomes empty, which means "not known". The forms are for comparing only;
claims are kept and shown as said.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "ł": "l", "þ": "th", "ĳ": "ij"})
_APOSTROPHES = re.compile(r"['`´‘’ʼ]")
_ABBREVIATION = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
_WORD = re.compile(r"[^\W_]+")

SMALL_WORDS = frozenset(
    [
        "de",
        "het",
        "een",
        "en",
        "of",
        "t",
        "n",
        "d",
        "s",
        "in",
        "op",
        "te",
        "ter",
        "ten",
        "van",
        "voor",
        "aan",
        "bij",
        "met",
        "om",
        "uit",
        "tot",
        "over",
        "onder",
        "naar",
        "door",
        "vd",
        "vh",
        "der",
        "den",
        "des",
        "dat",
        "die",
        "is",
        "as",
        "it",
        "un",
        "a",
        "fan",
        "foar",
        "yn",
        "by",
        "the",
        "and",
        "or",
        "an",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "la",
        "le",
        "el",
        "les",
        "los",
        "las",
        "du",
        "di",
        "da",
    ]
)
"""Articles, conjunctions, prepositions (Dutch, Frisian, English, some Romance): they tell no two names apart."""

LEGAL_FORMS = frozenset(
    [
        "stichting",
        "stg",
        "sticht",
        "st",
        "vereniging",
        "ver",
        "vzw",
        "cooperatie",
        "cooperatieve",
        "coop",
        "ua",
        "wa",
        "ba",
        "bv",
        "nv",
        "vof",
        "cv",
        "ivr",
        "io",
        "foundation",
        "association",
        "assoc",
        "inc",
        "incorporated",
        "ltd",
        "limited",
        "llc",
        "llp",
        "corp",
        "corporation",
        "plc",
        "gmbh",
        "ag",
        "ev",
        "sa",
        "srl",
        "spa",
        "ab",
        "oy",
    ]
)
"""Words for the legal form: left out of a name, because lists write them or not as it suits. `st` may also be Sint."""

_SPELLINGS = {
    "nbrs": "neighbours",
    "ctr": "centrum",
    "center": "centrum",
    "centre": "centrum",
    "sint": "st",
    "saint": "st",
    "sankt": "st",
    "sante": "st",
    "burengroep": "burengroep",
    "coop": "cooperatie",
    "zorgcoop": "zorgcooperatie",
    "dorpscoop": "dorpscooperatie",
    "buurtcoop": "buurtcooperatie",
    "wijkcoop": "wijkcooperatie",
    "energiecoop": "energiecooperatie",
}


def fold(text: str) -> str:
    """Lower case without diacritics or apostrophes: DörpsZörg → dorpszorg, Súdwest-Fryslân → sudwest-fryslan."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    text = "".join(c for c in text if not unicodedata.combining(c))
    return _APOSTROPHES.sub("", text)


def words(text: str) -> tuple[str, ...]:
    """All words in folded form; `&` and `+` between words read "en", N.L.Z.V.E. reads nlzve."""
    text = fold(re.sub(r"(?<=\w)\s*[&+]\s*(?=\w)", " en ", text))
    text = _ABBREVIATION.sub(lambda m: m[0].replace(".", ""), text)
    return tuple(_WORD.findall(text))


@lru_cache(maxsize=65_536)
def tokens(name: str) -> tuple[str, ...]:
    """The words of a name that tell it apart: without small words and legal forms, unless nothing else is there."""
    spelled = [_SPELLINGS.get(w, w) for w in words(name)]
    for dropped in (SMALL_WORDS | LEGAL_FORMS, SMALL_WORDS, frozenset[str]()):
        if kept := tuple(dict.fromkeys(w for w in spelled if w not in dropped)):
            return kept
    return ()


@lru_cache(maxsize=65_536)
def initials(name: str) -> frozenset[str]:
    """The abbreviations that a name of three words or more goes by: with and without its small words and legal form."""
    every = words(name)
    found = set()
    for kept in (
        every,
        tuple(w for w in every if w not in LEGAL_FORMS),
        tuple(w for w in every if w not in SMALL_WORDS),
        tuple(w for w in every if w not in SMALL_WORDS | LEGAL_FORMS),
    ):
        if len(kept) >= 3:
            found.add("".join(w[0] for w in kept))
            found.add("".join("nl" if w.startswith("nederland") else w[0] for w in kept))
    return frozenset(found)


# --- telephone, mail, website, Chamber of Commerce ---------------------------------------------------------------


@lru_cache(maxsize=16_384)
def phone(text: str | None) -> str:
    """The number in E.164; what is no possible number but has seven digits or more, as bare digits."""
    if not text:
        return ""
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if re.fullmatch(r"0[1-9][0-9]{8}", digits):
        return "+31" + digits[1:]
    try:
        number = phonenumbers.parse(text, "NL")
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_possible_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return digits if len(digits) >= 7 else ""


FREE_MAIL = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "hotmail.nl",
        "outlook.com",
        "outlook.nl",
        "live.nl",
        "live.com",
        "msn.com",
        "ziggo.nl",
        "kpnmail.nl",
        "kpnplanet.nl",
        "planet.nl",
        "xs4all.nl",
        "home.nl",
        "hetnet.nl",
        "telfort.nl",
        "upcmail.nl",
        "casema.nl",
        "chello.nl",
        "icloud.com",
        "me.com",
        "mac.com",
        "yahoo.com",
        "yahoo.nl",
        "online.nl",
        "tele2.nl",
        "solcon.nl",
        "zeelandnet.nl",
        "quicknet.nl",
        "zonnet.nl",
        "protonmail.com",
        "proton.me",
        "aol.com",
        "gmx.net",
        "gmx.de",
        "web.de",
        "t-online.de",
        "caiway.nl",
        "delta.nl",
        "freedom.nl",
        "tiscali.nl",
        "wxs.nl",
        "onsbrabantnet.nl",
        "kabelfoon.nl",
        "multiweb.nl",
        "versatel.nl",
        "orange.nl",
        "wanadoo.nl",
        "skynet.be",
        "telenet.be",
    ]
)
"""Domains that anybody may have an address at: they say nothing of an initiative."""


def mail(text: str | None) -> tuple[str, str]:
    """The address in comparing form and its domain when that is the owner's own; ("", "") for what is no address."""
    local, at, domain = fold(text or "").strip().rpartition("@")
    if not at or not local or "." not in domain or " " in local:
        return "", ""
    local = local.split("+", 1)[0]
    if domain in {"gmail.com", "googlemail.com"}:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}", "" if domain in FREE_MAIL else host(domain)


_SECOND_LEVEL = frozenset(["co", "com", "org", "net", "gov", "ac", "edu"])
_SHARED_BY_PATH = frozenset(
    [
        "facebook.com",
        "fb.com",
        "instagram.com",
        "linkedin.com",
        "twitter.com",
        "x.com",
        "youtube.com",
        "meetup.com",
        "linktr.ee",
        "nextdoor.nl",
        "nextdoor.com",
        "hoplr.com",
        "google.com",
        "mijnbuurtje.nl",
        "voorelkaar.nl",
        "dorpen.nl",
        "issuu.com",
        "eventbrite.nl",
        "whatsapp.com",
        "bit.ly",
        "t.me",
    ]
)
_SHARED_BY_NAME = frozenset(
    [
        "wordpress.com",
        "wixsite.com",
        "jimdofree.com",
        "jimdosite.com",
        "jimdo.com",
        "weebly.com",
        "blogspot.com",
        "blogspot.nl",
        "webnode.nl",
        "webnode.com",
        "jouwweb.nl",
        "yolasite.com",
        "squarespace.com",
        "github.io",
        "mijnbuurtje.nl",
        "dorpsplein.nl",
        "e-captain.nl",
        "clubs.nl",
        "site123.me",
        "simpsite.nl",
        "weebly.nl",
        "webflow.io",
    ]
)


def host(name: str) -> str:
    """The registrable part of a host name (without www); the whole of it where each name has another owner."""
    name = name.rstrip(".").split(":", 1)[0]
    labels = name.removeprefix("www.").split(".")
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    registrable = ".".join(labels[-keep:])
    if registrable in _SHARED_BY_NAME and len(labels) > keep:
        return ".".join(labels[-keep - 1 :])
    return registrable


def website(text: str | None) -> tuple[str, str]:
    """(site, page): the site that is the owner's own, or ("", …) where many share it and no page tells whose it is."""
    bare = re.sub(r"^[a-z]+://", "", fold(text or "").strip())
    name, _, path = re.sub(r"[?#].*$", "", bare).partition("/")
    if "." not in name or " " in name:
        return "", ""
    site = host(name)
    parts = [p for p in path.split("/") if p and not re.fullmatch(r"(index|home|default|welkom)(\.\w+)?|nl|en", p)]
    if site in _SHARED_BY_PATH:
        owner = next((p for p in parts if p not in {"groups", "pages", "company", "in", "view", "p", "site"}), "")
        return (f"{site}/{owner}", "") if owner else ("", "")
    if site in _SHARED_BY_NAME:
        return "", ""
    return site, "/".join(parts)


def person(text: str | None) -> tuple[str, ...]:
    """The words of a person's name without titles and small words."""
    titles = {
        "dhr",
        "mevr",
        "mw",
        "mr",
        "mrs",
        "ms",
        "dr",
        "drs",
        "ing",
        "ir",
        "prof",
        "de",
        "heer",
        "mevrouw",
        "fam",
        "familie",
    }
    return tuple(w for w in words(text or "") if w not in titles and w not in SMALL_WORDS)


def kvk(text: str | None) -> str:
    """Eight digits, or empty; a number of one repeated digit is a placeholder."""
    digits = re.sub(r"\D", "", text or "")
    return digits if len(digits) == 8 and len(set(digits)) > 1 else ""


# --- streets -------------------------------------------------------------------------------------------------------

_STREET_WORDS = {
    "straat": "str", "street": "str", "st": "str", "strt": "str", "avenue": "av", "ave": "av", "aven": "av",
    "boulevard": "blv", "blvd": "blv", "blv": "blv", "road": "rd", "drive": "dr", "lane": "ln", "place": "pl",
    "court": "ct", "crescent": "cr", "cres": "cr", "circuit": "cct", "close": "cl", "highway": "hwy", "parkway": "pkwy",
    "pky": "pkwy", "square": "sq", "terrace": "ter", "north": "n", "south": "s", "east": "e", "west": "w",
    "noord": "n", "zuid": "z", "oost": "o", "plein": "pln", "laan": "ln", "first": "1st", "second": "2nd",
    "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th",
    "eerste": "1e", "tweede": "2e", "derde": "3e", "burgemeester": "burg", "burgem": "burg", "doctor": "dr",
    "dokter": "dr", "professor": "prof", "sint": "st", "saint": "st",
}  # fmt: skip
_STREET_ENDING = re.compile(r"(?<=\w{3})(straat|str|laan|weg|plein|gracht|kade|steeg|hof|singel|dijk)$")
_ENDINGS = {"straat": "str", "laan": "ln", "plein": "pln"}
_HOUSE_NUMBER = re.compile(r"^\d{1,5}(?!e$)[a-z]?$")


def address(text: str | None) -> tuple[str, str]:
    """(street, house number) of `Dorpsstraat 12-a` as of `435 S. La Cienega Blvd.`; what follows a comma is left out."""
    if not text:
        return "", ""
    found = list(words(text.split(",", 1)[0]))
    numbers = [i for i, w in enumerate(found) if _HOUSE_NUMBER.match(w)]
    number = ""
    if numbers:
        at = 0 if numbers[0] == 0 and len(found) > 1 else numbers[-1]
        number = re.sub(r"[a-z]$", "", found[at])
        # What stands behind a number that follows its street is an addition: 12 a, 12 hs, 12 III.
        found = found[at + 1 :] if at == 0 else found[:at]
    street = [_STREET_WORDS.get(w) or _STREET_ENDING.sub(lambda m: _ENDINGS.get(m[1], m[1]), w) for w in found]
    return " ".join(street), number


def postcode(text: str | None) -> tuple[str, str]:
    """(four digits, complete postcode): `3705 xx` and `3705` give no complete one, because the letters are masked."""
    bare = re.sub(r"\s", "", text or "").upper()
    if not (match := re.fullmatch(r"([1-9][0-9]{3})([A-Z]{2})?", bare)):
        return "", ""
    return match[1], "" if match[2] in {None, "XX"} else bare
