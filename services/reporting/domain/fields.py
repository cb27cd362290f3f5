"""What of a questionnaire is counted: which fields, with which options, and which items an answer adds one to.

An item is `A4=stadsdorp`; where several answers may be given, `C` alone counts who answered at all. Open text, places,
networks and consents are not counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.events.questionnaire import DO_NOT_KNOW, Condition, Field, Kind, Questionnaire, questionnaire

RESPONDED = "responded"
"""The item of every response that counts."""

_YEARS = (
    ("voor-1990", "voor 1990", 1989),
    ("1990-1999", "1990 tot en met 1999", 1999),
    ("2000-2009", "2000 tot en met 2009", 2009),
    ("2010-2014", "2010 tot en met 2014", 2014),
    ("2015-2019", "2015 tot en met 2019", 2019),
    ("vanaf-2020", "2020 of later", None),
)
_UNKNOWN = (DO_NOT_KNOW, "weet niet of wil niet zeggen")


@dataclass(frozen=True, slots=True)
class Counted:
    """A field that is counted. `several`: more than one option may be chosen, so that they do not add up to the base."""

    code: str
    label: str
    options: tuple[tuple[str, str], ...]
    several: bool
    condition: Condition | None

    def item(self, option: str) -> str:
        return f"{self.code}={option}"


@dataclass(frozen=True, slots=True)
class Block:
    """What stands together under one heading: one table, or the rows of a matrix with the same options."""

    code: str
    title: str
    section: str
    fields: tuple[Counted, ...]

    @property
    def matrix(self) -> bool:
        return len(self.fields) > 1


def counted(field: Field) -> Counted | None:
    """How a field is counted; None if it is not."""
    match field.kind:
        case Kind.ONE | Kind.MANY | Kind.NUMBER:
            options = tuple((o.code, o.nl) for o in field.options)
        case Kind.MARK:
            assert field.low is not None
            assert field.high is not None
            options = tuple((str(mark), str(mark)) for mark in range(field.low, field.high + 1))
        case Kind.YEAR:
            options = tuple((code, label) for code, label, _ in _YEARS)
        case _:
            return None
    return Counted(field.code, field.nl, (*options, _UNKNOWN), field.kind is Kind.MANY, field.condition)


@cache
def blocks(version: str) -> tuple[Block, ...]:
    """All that is counted of a questionnaire, in its order. Raises KeyError for an unknown version."""
    asked = questionnaire(version)
    found = []
    for section in asked.sections:
        for question in section.questions:
            rows: dict[tuple[Kind, tuple[str, ...]], list[Field]] = {}
            for field in question.fields:
                if counted(field) is None:
                    continue
                alone = (field.code,) if field.code == question.code or field.among else ()
                rows.setdefault((field.kind, alone or tuple(o.code for o in field.options)), []).append(field)
            found += [_block(asked, question.nl, section.nl, fields) for fields in rows.values()]
    return tuple(found)


def _block(asked: Questionnaire, title: str, section: str, fields: list[Field]) -> Block:
    made = [c for f in fields if (c := counted(f))]
    if len(fields) == 1:
        return Block(made[0].code, fields[0].nl, section, tuple(made))
    labels = [_row_label(asked, f) for f in fields]
    lead = fields[0].nl.removesuffix(")").removesuffix(labels[0]).rstrip(" (:")
    first, last = fields[0].code.split("."), fields[-1].code.split(".")
    code = ".".join(a for a, b in zip(first, last, strict=True) if a == b)
    rows = tuple(
        Counted(c.code, label, c.options, c.several, c.condition) for c, label in zip(made, labels, strict=True)
    )
    return Block(code, lead or title, section, rows)


def _row_label(asked: Questionnaire, field: Field) -> str:
    """What tells a row from the others: the choice it is about, or its own words."""
    on = field.condition
    if on is None:
        return field.nl
    if len(on.values) == 1:
        return next(o.nl for o in asked.fields[on.field].options if o.code == on.values[0])
    return asked.fields[on.field].nl


def items(version: str, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """What one response adds one to, sorted. Answers that the questionnaire does not know add nothing."""
    return tuple(sorted({RESPONDED, *_items(questionnaire(version), answers)}))


def _items(asked: Questionnaire, answers: Mapping[str, Any]) -> Iterator[str]:
    for code, answer in answers.items():
        field = asked.fields.get(code)
        how = counted(field) if field else None
        if field is None or how is None:
            continue
        known = {option for option, _ in how.options}
        if how.several:
            chosen = known.intersection(answer if isinstance(answer, list) else [answer])
            if chosen:
                yield code
                yield from (how.item(option) for option in chosen)
        elif (option := _option(field, answer)) in known:
            yield how.item(option)


def _option(field: Field, answer: Any) -> str:
    if isinstance(answer, str) or field.kind is Kind.ONE:
        return str(answer)
    if field.kind is Kind.NUMBER:
        return field.class_of(answer)
    if field.kind is Kind.YEAR:
        return next(code for code, _, to in _YEARS if to is None or answer <= to)
    return str(answer)
