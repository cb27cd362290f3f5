"""One form for the many spellings of a place name."""

import re
import unicodedata
from functools import lru_cache

_SEPARATORS = re.compile(r"[^a-z0-9]+")
_ABBREVIATED = re.compile(r"\b(?:a\s*/\s*d|a\.\s*d\.?|aan\s+de[nr]?)(?=[\s.]|$)")
_SAINT = re.compile(r"\bst\b\.?")


@lru_cache(maxsize=65_536)
def fold(name: str) -> str:
    """Without case, diacritics, hyphens or apostrophes: 's-Gravenhage and ´s Gravenhage are one; so are a/d and aan den."""
    text = unicodedata.normalize("NFKD", name.casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = _SAINT.sub("sint", _ABBREVIATED.sub("ad", text)).replace("&", " en ")
    return _SEPARATORS.sub(" ", text).strip()


def split_qualifier(name: str) -> tuple[str, str | None]:
    """A name and what stands behind it in brackets, after a comma, or as a lone province letter: Bergen (NH), Hengelo Gld."""
    match = re.match(
        r"^\s*(.+?)\s*(?:\(([^)]*)\)|,\s*(.+)|\s(nh|zh|nb|lb|l|gld|gd|ov|o|z|gr|dr|fr|u|ut|fl|zl))\.?\s*$",
        name,
        re.IGNORECASE,
    )
    if not match:
        return name.strip(), None
    return match[1], next((g for g in match.groups()[1:] if g), None)


_PROVINCES = {
    "gr": "PV20", "gn": "PV20", "groningen": "PV20",
    "fr": "PV21", "fryslan": "PV21", "friesland": "PV21",
    "dr": "PV22", "drenthe": "PV22",
    "ov": "PV23", "o": "PV23", "overijssel": "PV23",
    "fl": "PV24", "flevoland": "PV24",
    "gld": "PV25", "gd": "PV25", "gelderland": "PV25",
    "u": "PV26", "ut": "PV26", "utrecht": "PV26",
    "nh": "PV27", "noord holland": "PV27", "n h": "PV27",
    "zh": "PV28", "zuid holland": "PV28", "z h": "PV28",
    "z": "PV29", "zl": "PV29", "ze": "PV29", "zld": "PV29", "zeeland": "PV29",
    "nb": "PV30", "n b": "PV30", "noord brabant": "PV30", "brabant": "PV30", "br": "PV30",
    "l": "PV31", "lb": "PV31", "li": "PV31", "limb": "PV31", "limburg": "PV31",
}  # fmt: skip


def province_code(text: str | None) -> str | None:
    """The province that an abbreviation or name stands for: NH., Gld, Friesland."""
    return None if text is None else _PROVINCES.get(fold(text))
