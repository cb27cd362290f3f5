"""How one name comes to stand in several lists under several spellings."""

import random
import re
import unicodedata
from collections.abc import Callable

_LEGAL = {
    "stichting": ["Stichting {}", "Stichting {}", "St. {}", "{} (stichting)", "Stg. {}"],
    "vereniging": ["Vereniging {}", "{} (vereniging)", "Ver. {}"],
    "cooperatie": ["Coöperatie {} U.A.", "{} U.A.", "{} UA", "Coöperatieve vereniging {} U.A."],
}
_MOTTOS = ["samen voor elkaar", "zorg dichtbij", "omzien naar elkaar", "ontmoeten en meedoen", "voor en door bewoners"]
_DIALECT = [
    (r"\b([Nn])oaber", r"\1aober"),
    (r"\b([Nn])aober", r"\1oaber"),
    (r"\bDorps", "Dörps"),
    (r"\bDoarps", "Dorps"),
    (r"\bFoar Elkoar\b", "Voor Elkaar"),
    (r"\bMienskip\b", "Gemeenschap"),
    (r"\b([Ee])lkaar\b", r"\1lkander"),
]
_SHORTER = [
    (r"\bZorgcoöperatie\b", "Zorgcoöp."),
    (r"\bDorpscoöperatie\b", "Dorpscoöp"),
    (r"\bBuurtcoöperatie\b", "Buurtcoop"),
    (r"\bCoöperatie\b", "Coöp."),
    (r"\bStadsdorp\b", "SD"),
    (r"\bVoor Elkaar\b", "v. Elkaar"),
    (r"\bPlaatselijk Belang\b", "PB"),
    (r"\bOntmoetingscentrum\b", "OC"),
    (r"\bBuurthuiskamer\b", "BHK"),
    (r"\ben omstreken\b", "e.o."),
    (r"& Omstreken\b", "e.o."),
]
_REWORDED = [
    (r"^Zorgzaam (?!Dorp)(.+)$", r"Zorgzaam Dorp \1"),
    (r"^Zorgzaam Dorp (.+)$", r"Zorgzaam \1"),
    (r"^Huiskamer van (.+)$", r"Huiskamer \1"),
    (r"^Buurthuis (.+)$", r"Wijkgebouw \1"),
    (r"^Dorpshuis (.+)$", r"\1"),
    (r"^Buurthuiskamer (.+)$", r"\1"),
    (r"^Zorg Coöperatie (.+)$", r"Zorgcoöperatie \1"),
    (r"^Zorgcoöperatie (.+)$", r"\1 Zorgcoöperatie"),
    (r"^Burenhulp (.+)$", r"Burenhulpdienst \1"),
    (r"^Repair Café (.+)$", r"Repaircafé \1"),
    (r"^Wijkraad (.+)$", r"Wijkraad van \1"),
]


def replaced(rng: random.Random, name: str, rules: list[tuple[str, str]]) -> str:
    """The name after one of the rules that change it, if any does."""
    changed = [new for pattern, by in rules if (new := re.sub(pattern, by, name)) != name]
    return rng.choice(changed) if changed else name


def with_legal_form(rng: random.Random, name: str, legal_form: str | None) -> str:
    """Before or behind it, or hidden in brackets."""
    forms = _LEGAL.get(legal_form or "")
    if not forms or ("oöperatie" in name and legal_form == "cooperatie"):
        return f"{name} U.A." if legal_form == "cooperatie" else name
    return rng.choice(forms).format(name)


def with_motto(rng: random.Random, name: str) -> str:
    """With what the website has under its name."""
    return f"{name}{rng.choice([' - ', ': ', ' | ', ', '])}{rng.choice(_MOTTOS)}"


def dialect(rng: random.Random, name: str) -> str:
    return replaced(rng, name, _DIALECT)


def shortened(rng: random.Random, name: str) -> str:
    return replaced(rng, name, _SHORTER)


def reworded(rng: random.Random, name: str) -> str:
    return replaced(rng, name, _REWORDED)


def initials(_: random.Random, name: str) -> str:
    """ZCH for Zorg Coöperatie Hoogeloon: only where three words or more make it."""
    words = re.findall(r"\w+", re.sub(r"([zZ]org|[dD]orps|[bB]uurt)co", r"\1 co", name))
    return "".join(w[0] for w in words).upper() if len(words) >= 3 else name


def undiacritical(_: random.Random, name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def ampersand(rng: random.Random, name: str) -> str:
    if "&" in name:
        return re.sub(r"\s*&\s*", rng.choice([" en ", "&", " + "]), name)
    return name.replace(" en ", rng.choice([" & ", " + "]))


def cased(rng: random.Random, name: str) -> str:
    return rng.choice([str.lower, str.upper, str.title, str.capitalize])(name)


def articled(rng: random.Random, name: str) -> str:
    """`De Schakel` as `Schakel` or `Schakel, De`; `'t Heem` as `Het Heem`."""
    name = re.sub(r"(^|\s)'t ", r"\1Het ", name)
    match = re.match(r"^(De|Het) (.+)$", name)
    return rng.choice([f"{match[2]}, {match[1]}", match[2]]) if match else re.sub(r"\b(De|Het) ", "", name)


def spaced(rng: random.Random, name: str) -> str:
    """Joined or split where one may doubt: zorg coöperatie, stads dorp, repaircafé; a stray double space."""
    joined = re.sub(r"\b(Zorg|Dorps|Buurt|Stads)(co|dorp|kamer|huis)", r"\1 \2", name)
    return joined if joined != name else name.replace(" ", rng.choice(["  ", "-", " - "]), 1)


def typo(rng: random.Random, name: str) -> str:
    """One slip of the finger: a letter missing, doubled, changed or swapped with its neighbour."""
    spots = [i for i in range(1, len(name) - 1) if name[i].isalpha() and name[i + 1].isalpha()]
    if not spots:
        return name
    i = rng.choice(spots)
    slips = [
        name[:i] + name[i + 1 :],
        name[:i] + name[i] + name[i:],
        name[:i] + rng.choice("aeiorntsdlk") + name[i + 1 :],
        name[:i] + name[i + 1] + name[i] + name[i + 2 :],
    ]
    return rng.choice(slips)


Change = Callable[[random.Random, str], str]


def phone(rng: random.Random, number: str, style: str) -> str:
    """The same number as this list writes it; `number` is `area-subscriber`."""
    area, _, rest = number.partition("-")
    pairs = " ".join(rest[i : i + 2] for i in range(0, len(rest), 2))
    return {
        "dash": number,
        "international": f"+31 {area[1:]} {rest}",
        "international-strict": f"+31{area[1:]}{rest}",
        "spaces": f"{area} {pairs}",
        "plain": area + rest,
        "any": rng.choice([number, area + rest, f"({area}) {rest}", f"{area} - {pairs}", f"0031{area[1:]}{rest}"]),
    }[style]


def website(rng: random.Random, site: str, style: str) -> str:
    """The same site as this list writes it."""
    host = site if "/" in site or rng.random() < 0.4 else f"www.{site}"
    return {
        "full": f"https://{host}",
        "old": f"http://{host}/",
        "bare": host,
        "any": rng.choice([host, f"http://{host}", f"https://{host}/", f"https://{host}/contact", host.title()]),
    }[style]


def postcode(rng: random.Random, code: str, style: str) -> str:
    """`3705 AB` as this list writes it."""
    digits, _, letters = code.partition(" ")
    return {
        "full": code,
        "joined": digits + letters,
        "digits": digits,
        "masked": rng.choice([f"{digits} xx", f"{digits}xx", f"{digits} XX"]),
        "any": rng.choice([code, digits + letters.lower(), digits, f"{digits} xx"]),
    }[style]
