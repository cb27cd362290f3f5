"""One answer in its one form, or why it does not fit."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.events.base import Line, Prose
from shared.events.problems import CODES, LIST, NUMBER, TEXT, YES_OR_NO, kind_of
from shared.events.values import Postcode, Year

from .model import DO_NOT_KNOW, Field, Kind, Questionnaire

FindMunicipality = Callable[[str, str | None], str | None]
MOST_PEOPLE = 10_000_000
"""The largest number that is believed."""

WHOLE = re.compile(r"^[0-9]{1,9}$")
DECIMAL = re.compile(r"^[0-9]{1,9}([.,][0-9]{1,4})?$")
ADAPTERS: Mapping[Kind, TypeAdapter[Any]] = {
    Kind.TEXT: TypeAdapter(Line),
    Kind.PROSE: TypeAdapter(Prose),
    Kind.POSTCODE: TypeAdapter(Postcode),
    Kind.MUNICIPALITY: TypeAdapter(Line),
    Kind.YEAR: TypeAdapter(Year),
}
_PARTNER = re.compile(r"^[a-z0-9-]{2,30}$")
_UNKNOWN = (DO_NOT_KNOW, [DO_NOT_KNOW])
_PYDANTIC = {
    "string_too_short": "too-short",
    "string_too_long": "too-long",
    "greater_than_equal": "too-small",
    "less_than_equal": "too-big",
}


class Fault(Exception):
    """One answer that does not fit. `at` says where in the answer."""

    def __init__(self, code: str, value: Any = None, at: str = "", **details: Any) -> None:
        self.code, self.value, self.at, self.details = code, value, at, details


def is_empty(value: Any) -> bool:
    """Whether this stands for no answer."""
    return not value.strip() if isinstance(value, str) else value == []


def read(at: Field, value: Any, partners: Collection[str] | None) -> Any:  # noqa: PLR0911 - one return per kind of answer
    """The answer in its one form; raises Fault. A municipality is `read_municipality`'s."""
    if at.may_be_unknown and value in _UNKNOWN:
        return DO_NOT_KNOW
    kind = at.kind
    if kind is Kind.ONE:
        return _one(value, at.codes)
    if kind is Kind.MANY:
        return _many(at, value, at.codes)
    if kind is Kind.NUMBER:
        return _number(at, value)
    if kind is Kind.CONSENT:
        return _consent(value)
    if kind is Kind.PARTNERS:
        return _many(at, value, partners)
    if kind is Kind.MARK:
        return _mark(at, value)
    if kind is Kind.POSTCODE:
        return _adapted(at, str(value) if _is_int(value) else value)[:4]
    return _adapted(at, value)


def read_municipality(at: Field, value: Any, find: FindMunicipality | None, postcode: str | None) -> str:
    """The code of the municipality that is meant; raises Fault."""
    said = str(_adapted(at, value))
    found = find(said, postcode) if find else said
    if found is None:
        raise Fault("municipality", value)
    return found


def postcode_beside(asked: Questionnaire, at: Field, kept: Mapping[str, Any]) -> str | None:
    """The postcode that was answered in the same question."""
    beside = asked.questions[at.question].fields
    return next((kept[f.code] for f in beside if f.kind is Kind.POSTCODE and f.code in kept), None)


def _adapted(at: Field, value: Any) -> Any:
    """What pydantic makes of it, with our code for what is wrong."""
    try:
        return ADAPTERS[at.kind].validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        kind, context = first["type"], first.get("ctx", {})
        if kind in CODES:
            raise Fault(kind, value, **context) from error
        if kind in _PYDANTIC:
            limit = next(v for k, v in context.items() if k in ("min_length", "max_length", "ge", "le"))
            raise Fault(_PYDANTIC[kind], value, limit=limit) from error
        raise Fault("type", expected=TEXT, got=kind_of(value)) from error


def _one(value: Any, known: Collection[str], at: str = "") -> str:
    if not isinstance(value, str):
        raise Fault("type", at=at, expected=TEXT, got=kind_of(value))
    code = value.strip()
    if code not in known:
        raise Fault("not-in-list", value, at=at, known=known)
    return code


def _many(at: Field, value: Any, known: Collection[str] | None) -> list[str]:
    if not isinstance(value, list | tuple):
        raise Fault("type", expected=LIST, got=kind_of(value))
    chosen: list[str] = []
    for i, item in enumerate(value):
        where = f"/{i}"
        if item == DO_NOT_KNOW:
            raise _only(DO_NOT_KNOW, where)
        if known is None:
            if not isinstance(item, str) or not _PARTNER.match(item):
                raise Fault("format", item, at=where, expected="[a-z0-9-]{2,30}")
            code = item
        else:
            code = _one(item, known, where)
        if code in chosen:
            raise Fault("repeated", code, at=where)
        chosen.append(code)
    alone = [o.code for o in at.options if o.exclusive and o.code in chosen]
    if alone and len(chosen) > 1:
        raise _only(alone[0], f"/{chosen.index(alone[0])}")
    return chosen


def _only(code: str, at: str) -> Fault:
    return Fault(
        "inconsistent",
        at=at,
        detail_nl=f"{code} kan niet samen met een ander antwoord.",
        detail_en=f"{code} cannot be combined with another answer.",
    )


def _number(at: Field, value: Any) -> float | str:
    """A number, or a class; text that holds a number counts as that number (spreadsheets)."""
    if isinstance(value, str):
        text = value.strip()
        if not (DECIMAL if at.decimals else WHOLE).match(text):
            if text in at.codes:
                return text
            raise Fault("number", value)
        value = float(text.replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault("type", expected=NUMBER, got=kind_of(value))
    if not math.isfinite(value) or (not at.decimals and value != int(value)):
        raise Fault("number", value)
    if value < 0:
        raise Fault("too-small", value, limit=0)
    if value > MOST_PEOPLE:
        raise Fault("too-big", value, limit=MOST_PEOPLE)
    return int(value) if value == int(value) else float(value)


def _mark(at: Field, value: Any) -> int:
    assert at.low is not None
    assert at.high is not None
    if isinstance(value, str) and WHOLE.match(value.strip()):
        value = int(value)
    if not _is_int(value):
        raise Fault("number", value if isinstance(value, str | float) else None)
    if value < at.low:
        raise Fault("too-small", value, limit=at.low)
    if value > at.high:
        raise Fault("too-big", value, limit=at.high)
    return int(value)


def _consent(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Fault("type", expected=YES_OR_NO, got=kind_of(value))
    return value


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
