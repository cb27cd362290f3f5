"""What the pages show of claims, initiatives and questions, in Dutch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.domain.claims import Claim
from services.registry.store.initiatives import Initiative
from services.registry.store.matches import Match
from shared import geo
from shared.events.codelists import label

_ANSWERS = {"zelfde": "hetzelfde", "verschillend": "verschillend", "onzeker": "weet het niet"}
_STRONG_BITS, _CLEAR_BITS = 5.0, 2.0

_FIELDS: Sequence[tuple[str, str, str | None]] = (
    ("name", "Naam", None),
    ("otherNames", "Andere namen", None),
    ("kind", "Soort", "kind"),
    ("phase", "Fase", "phase"),
    ("legalForm", "Rechtsvorm", "legal-form"),
    ("founded", "Startjaar", None),
    ("place", "Plaats", None),
    ("pc4", "Postcode", None),
    ("municipality", "Gemeente", None),
    ("province", "Provincie", None),
    ("website", "Website", None),
    ("themes", "Thema's", "theme"),
    ("targetGroups", "Doelgroepen", "target-group"),
    ("activities", "Activiteiten", "activity"),
    ("memberships", "Aangesloten bij", None),
    ("listed", "Op de kaart", None),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of two that are compared."""

    label: str
    one: str
    other: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for or against, and how much it weighs."""

    text: str
    weight: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a golden record, and whose word it is."""

    label: str
    value: str
    source: str


def who(by: str | None, titles: Mapping[str, str]) -> str:
    """Who decided: people by their address, the rest in words."""
    return {"partners": "de gevraagde netwerken", "matching": "automatisch"}.get(
        by or "", titles.get(by or "", by or "")
    )


def value(field: str, held: Any, codelist: str | None, titles: Mapping[str, str]) -> str:
    """One value as people read it; nothing for what is not known."""
    if held in (None, "", [], ()):
        return ""
    if isinstance(held, list | tuple):
        return ", ".join(value(field, item, codelist, titles) for item in held)
    if field in ("municipality", "province"):
        region = geo.region(str(held))
        return region.name if region else str(held)
    if field == "activities":
        degree = held.get("degree")
        return label("activity", held["activity"]) + (f" ({label('degree', degree)})" if degree else "")
    others = {"listed": {"True": "ja", "False": "nee"}, "memberships": titles}.get(field, {})
    return label(codelist, str(held)) if codelist else others.get(str(held), str(held))


def side_by_side(one: Mapping[str, Any], other: Mapping[str, Any], titles: Mapping[str, str]) -> list[Row]:
    """The fields that either has, with the values of both."""
    rows = []
    for field, name, codelist in _FIELDS:
        if field == "listed":
            continue
        a, b = (value(field, state.get(field), codelist, titles) for state in (one, other))
        if a or b:
            differs = bool(a and b) and field != "memberships" and a.casefold() != b.casefold()
            rows.append(Row(name, a, b, differs))
    return rows


def reasons(match: Match) -> tuple[list[Reason], list[Reason]]:
    """What speaks for and what against, strongest first."""
    ordered = sorted(match.evidence, key=lambda e: -abs(e["weight"]))
    told = [(e["weight"], Reason(_sentence(e["nl"]), _weight(e["weight"]))) for e in ordered]
    return [r for bits, r in told if bits > 0], [r for bits, r in told if bits < 0]


def listed_apart(match: Match, one: Sequence[Claim], other: Sequence[Claim], titles: Mapping[str, str]) -> list[Reason]:
    """Against, besides the evidence of the pair that was compared: partners that have both in their list, as two.

    Where the pair itself is of one partner, the evidence says so already.
    """
    both = {c.partner for c in one if c.live} & {c.partner for c in other if c.live}
    if match.one[0] == match.other[0]:
        both -= {match.one[0]}
    return [
        Reason(f"{titles.get(p, p)} heeft ze allebei in de lijst, als twee initiatieven", "niet meegerekend in de kans")
        for p in sorted(both)
    ]


def record(initiative: Initiative, titles: Mapping[str, str]) -> list[Field]:
    """A golden record, field by field."""
    found = []
    for field, name, codelist in _FIELDS:
        text = value(field, initiative.state.get(field), codelist, titles)
        if text:
            found.append(Field(name, text, _source(initiative.sources.get(field), titles)))
    return found


def name_and_place(initiative: Initiative) -> str:
    """What an initiative is called and where, as far as that is known."""
    return ", ".join(filter(None, (initiative.state["name"], initiative.state.get("place"))))


def claim_line(claim: Claim, titles: Mapping[str, str]) -> str:
    """A claim in one line: who says it, under which number, how it calls the initiative and where."""
    said = (value(f, claim.fields.get(f), None, titles) for f in ("place", "municipality"))
    where = ", ".join(dict.fromkeys(text for text in said if text))
    gone = " (niet meer in de lijst)" if not claim.live else ""
    title = titles.get(claim.partner, claim.partner)
    return f"{title}, nummer {claim.external_id}: {claim.fields['name']}{f' – {where}' if where else ''}{gone}"


def given_answers(match: Match, answers: Mapping[str, str], titles: Mapping[str, str]) -> list[tuple[str, str]]:
    """What each partner that was asked has answered so far."""
    return [(titles.get(p, p), _ANSWERS.get(answers.get(p, ""), "nog geen antwoord")) for p in match.asked]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _weight(bits: float) -> str:
    return (
        "weegt zwaar"
        if abs(bits) >= _STRONG_BITS
        else "telt mee"
        if abs(bits) >= _CLEAR_BITS
        else "telt een beetje mee"
    )


def _source(source: str | None, titles: Mapping[str, str]) -> str:
    kind, _, name = (source or "").partition(":")
    if kind == "initiative":
        return "het initiatief zelf"
    partner = name.partition("/")[0]
    return titles.get(partner, partner)
