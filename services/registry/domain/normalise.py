"""One comparing form for the many ways in which people write the same name, number or address.

Nothing here raises: what cannot be read becomes empty, which means "not known". The forms are for comparing only;
claims are kept and shown as said.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

from services.registry.domain.linkage.vocabulary import (
    FREE_MAIL,
    LEGAL_FORMS,
    NO_PERSON,
    SHARED_BY_NAME,
    SHARED_BY_PATH,
    SMALL_WORDS,
    SPELLINGS,
    STREET_WORDS,
)

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "ł": "l", "þ": "th", "ĳ": "ij"})
_APOSTROPHES = re.compile(r"['`´‘’ʼ]")
_ABBREVIATION = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Lower case without diacritics or apostrophes: DörpsZörg → dorpszorg, Súdwest-Fryslân → sudwest-fryslan."""
    if text.isascii():
        return _APOSTROPHES.sub("", text.lower())
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
    spelled = [SPELLINGS.get(w, w) for w in words(name)]
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


@lru_cache(maxsize=65_536)
def whole_name(name: str) -> str:
    """A name's telling words in alphabetical order: equal for names that differ in order and small words only."""
    return " ".join(sorted(tokens(name)))


# --- telephone, mail, website, Chamber of Commerce ---------------------------------------------------------------


@lru_cache(maxsize=16_384)
def phone(text: str | None) -> str:
    """The number in E.164; what is no possible number, as bare digits. With fewer than seven digits it is none."""
    digits = re.sub(r"\D", "", (text or "").replace("(0)", ""))
    if text is None or len(digits) < 7:
        return ""
    if re.fullmatch(r"0[1-9][0-9]{8}", digits):
        return "+31" + digits[1:]
    try:
        number = phonenumbers.parse(text, "NL")
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_possible_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return digits


def mail(text: str | None) -> tuple[str, str]:
    """The address in comparing form and its domain when that is the owner's own; ("", "") for what is no address."""
    local, at, domain = fold(text or "").strip().rpartition("@")
    if not at or not local or "." not in domain or " " in local:
        return "", ""
    local = local.split("+", 1)[0]
    if domain in {"gmail.com", "googlemail.com"}:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}", "" if domain in FREE_MAIL else host(domain)


def host(name: str) -> str:
    """The registrable part of a host name (without www); the whole of it where each name has another owner."""
    name = name.rstrip(".").split(":", 1)[0]
    labels = name.removeprefix("www.").split(".")
    keep = (
        3
        if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in {"co", "com", "org", "net", "gov", "ac", "edu"}
        else 2
    )
    registrable = ".".join(labels[-keep:])
    if registrable in SHARED_BY_NAME and len(labels) > keep:
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
    if site in SHARED_BY_PATH:
        owner = next((p for p in parts if p not in {"groups", "pages", "company", "in", "view", "p", "site"}), "")
        return (f"{site}/{owner}", "") if owner else ("", "")
    if site in SHARED_BY_NAME:
        return "", ""
    return site, "/".join(parts)


def person(text: str | None) -> tuple[str, ...]:
    """The words of a person's name without titles and small words."""
    return tuple(w for w in words(text or "") if w not in NO_PERSON and (w not in SMALL_WORDS or len(w) == 1))


def kvk(text: str | None) -> str:
    """Eight digits, or empty; a number of one repeated digit is a placeholder."""
    digits = re.sub(r"\D", "", text or "")
    return digits if len(digits) == 8 and len(set(digits)) > 1 else ""


# --- streets -------------------------------------------------------------------------------------------------------

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
    street = [STREET_WORDS.get(w) or _STREET_ENDING.sub(lambda m: _ENDINGS.get(m[1], m[1]), w) for w in found]
    return " ".join(street), number


def postcode(text: str | None) -> tuple[str, str]:
    """(four digits, complete postcode): `3705 xx` and `3705` give no complete one, because the letters are masked."""
    bare = re.sub(r"\s", "", text or "").upper()
    if not (match := re.fullmatch(r"([1-9][0-9]{3})([A-Z]{2})?", bare)):
        return "", ""
    return match[1], "" if match[2] in {None, "XX"} else bare
